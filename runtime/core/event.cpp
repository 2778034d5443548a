#include "runtime/core/event.hpp"

#include <algorithm>
#include <thread>

#include "runtime/core/callbacks.hpp"
#include "runtime/core/command_queue.hpp"
#include "runtime/core/context.hpp"
#include "runtime/core/handle.hpp"
#include "runtime/core/svm_table.hpp"
#include "support/clock.hpp"
#include "support/fast_thread_local.hpp"
#include "support/fork.hpp"
#include "support/futex.hpp"
#include "support/log.hpp"
#include "support/relax.hpp"
#include "support/uncancelled.hpp"

namespace kiesel::runtime {
namespace {

// Commands that became ready while this thread already starts or completes one: taken in a loop, so that a
// chain of any length needs no deep stack.
KIESEL_FAST_THREAD_LOCAL std::vector<Ref<Event>>* ready_commands = nullptr;

// This thread will wait for what it launches.
KIESEL_FAST_THREAD_LOCAL bool will_wait = false;

// How many commands it may run inside of the call that launches one: brief ones, its own and those that
// follow from it. Not without end while other threads enqueue.
constexpr unsigned kMostRunHere = 32;
KIESEL_FAST_THREAD_LOCAL unsigned may_run_here = 0;

// Looks for work instead of sleeping, for some tens of microseconds. Not too many threads of the process at a
// time: more would take processors from those that they wait for.
class Spinner {
 public:
  Spinner() = default;
  Spinner(const Spinner&) = delete;
  ~Spinner() { give_up(); }

  void start_again() { left_ = kRounds; }
  // False when it is time to sleep.
  bool spin() {
    if (left_ == 0 || (!spins_ && !take_place())) return false;
    if (--left_ == 0) give_up();
    relax();
    return true;
  }

 private:
  static constexpr unsigned kRounds = 2000;

  bool take_place() {
    int places = places_.load(std::memory_order_relaxed);
    if (!places) places_ = places = std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / 2);
    spins_ = taken_.fetch_add(1, std::memory_order_relaxed) < places;
    if (!spins_) taken_.fetch_sub(1, std::memory_order_relaxed);
    return spins_;
  }
  void give_up() {
    if (std::exchange(spins_, false)) taken_.fetch_sub(1, std::memory_order_relaxed);
  }

  static inline std::atomic<int> places_{0}, taken_{0};
  static inline const InForkedChild renews_{[] { taken_ = 0; }};  // the threads that spun are not there
  unsigned left_ = kRounds;
  bool spins_ = false;
};

}  // namespace

Event::Event(CommandQueue& queue, cl_command_type type, Work work, bool known)
    : context_(&queue.context()),
      owner_(known ? &queue : nullptr),
      queue_(&queue),
      type_(type),
      known_(known),
      state_(only(CL_QUEUED)),
      work_(std::move(work)) {
  if (timed()) times_.queued = now_ns();
}

Event::Event(Context& context)
    : context_(&context), queue_(nullptr), type_(CL_COMMAND_USER), known_(true), state_(only(CL_SUBMITTED)) {}

Event::Event(CommandQueue& queue, cl_command_type type, Work work, Ended ended)
    : Event(queue, type, std::move(work)) {
  ended_ = std::move(ended);
}

// Nobody can ask for the times of other commands, and the clock costs a tenth of an empty launch.
bool Event::timed() const { return known_ && queue_ && queue_->profiling(); }

Object* Event::parent() {
  if (queue_) return queue_;
  return context_;
}

void Event::keep_parent() {
  if (!owner_) owner_ = Ref<Object>(parent());
}

Event::Times Event::times() const { return times_; }

void Event::wait_for(Event& other, bool pass_errors) {
  {
    std::lock_guard lock(other.mutex_);
    if (status_in(other.state_.fetch_or(kWatched)) > CL_COMPLETE) {
      pending_.fetch_add(1, std::memory_order_relaxed);
      other.dependants_.push_back({Ref<Event>(this), pass_errors});
      return;
    }
  }
  if (pass_errors && other.status() < 0) dependency_failed_.store(true);
}

void Event::launch(bool waited_for) {
  const bool outer = std::exchange(will_wait, waited_for);
  const unsigned outer_share = std::exchange(may_run_here, kMostRunHere);
  dependency_done(false);
  will_wait = outer;
  may_run_here = outer_share;
}

void Event::dependency_done(bool failed) {
  if (failed) dependency_failed_.store(true);
  // What only this one is left of nobody else changes.
  if (pending_.load(std::memory_order_acquire) != 1 && pending_.fetch_sub(1, std::memory_order_acq_rel) != 1)
    return;
  if (ready_commands) {
    ready_commands->emplace_back(this);
    return;
  }
  std::vector<Ref<Event>> ready;  // allocates nothing where one command makes no other one ready
  ready_commands = &ready;
  start();
  for (std::size_t next = 0; next < ready.size();) {
    const auto event = std::move(ready[next++]);
    if (next == ready.size()) ready.clear(), next = 0;
    event->start();
  }
  ready_commands = nullptr;
}

// May be the end of this.
void Event::start() {
  if (timed()) times_.submitted = now_ns();
  if (dependency_failed_.load()) {
    times_.started = times_.ended = times_.submitted;
    complete(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
    return;
  }
  advance(CL_SUBMITTED);
  try {
    // A copy: the device may complete the command, which drops work_, before this call returns.
    const Work work = work_;
    work(*this);
  } catch (const std::exception& error) {
    fail(CL_OUT_OF_HOST_MEMORY, error.what());
  }
}

void Event::hand_over(device::Command command, device::CompletionHandler done) {
  if (auto* launch = std::get_if<device::Launch>(&command)) launch->priority = queue_->priority();
  const bool runs_here = may_run_here > 0;
  if (runs_here) --may_run_here;
  queue_->device().implementation().submit(
      std::move(command), std::move(done),
      {.caller_helps = will_wait, .may_run_here = runs_here, .timed = timed()});
}

void Event::submit(device::Command command, Then then) {
  advance(CL_RUNNING);
  if (then) {
    hand_over(std::move(command), [self = Ref<Event>(this), then = std::move(then)](
                                      const device::Completion& c) { self->device_done(c, then); });
    return;
  }
  // No more than a pointer, so that the handler needs no memory.
  retain();
  hand_over(std::move(command), [this](const device::Completion& c) {
    const auto self = Ref<Event>::adopt(this);
    device_done(c, nullptr);
  });
}

void Event::submit_all(std::vector<device::Command> commands, const Then& then) {
  struct Joined {
    std::mutex mutex;
    std::size_t left;
    device::Completion all;
  };
  advance(CL_RUNNING);
  auto joined = std::make_shared<Joined>();
  joined->left = commands.size();
  for (auto& command : commands)
    hand_over(std::move(command), [self = Ref<Event>(this), joined, then](const device::Completion& c) {
      {
        std::lock_guard lock(joined->mutex);
        auto& all = joined->all;
        if (all.status.ok()) all.status = c.status;
        all.start_ns = all.start_ns ? std::min(all.start_ns, c.start_ns) : c.start_ns;
        all.end_ns = std::max(all.end_ns, c.end_ns);
        if (--joined->left) return;
      }
      self->device_done(joined->all, then);
    });
}

void Event::device_done(const device::Completion& completion, const Then& then) {
  OnDeviceThread scope;
  try {
    if (then && completion.status.ok())
      then(*this, completion);
    else
      finish(completion);
  } catch (const std::exception& error) {
    fail(CL_OUT_OF_HOST_MEMORY, error.what());
  }
}

void Event::finish(const device::Completion& completion) {
  if (!completion.status.ok()) {
    const auto& error = completion.status.error();
    fail(to_cl(error.code), error.reason);
    return;
  }
  if (timed()) {
    // Commands that no device runs report no times of their own.
    times_.started = std::max(completion.start_ns ? completion.start_ns : now_ns(), times_.submitted);
    times_.ended = std::max(completion.end_ns ? completion.end_ns : times_.started, times_.started);
  }
  complete(CL_COMPLETE);
}

void Event::end_parts(cl_int status, std::uint64_t started, std::uint64_t ended) {
  times_.started = std::max(started, times_.submitted);
  times_.ended = std::max(ended, times_.started);
  complete(status);
}

void Event::fail(cl_int code, std::string reason) {
  KIESEL_LOG(kEvent, kError, "command {:#x} failed with {}: {}", type_, code, reason);
  context_->notify(std::move(reason));
  if (queue_) queue_->note_failure();
  times_.started = times_.ended = std::max(now_ns(), times_.submitted);
  complete(code);
}

bool Event::set_user_status(cl_int status) {
  if (Handle* own = handle()) own->minds_abandoning.store(false, std::memory_order_relaxed);
  Ref<Event> keep;  // who waits for it may release it before this returns
  auto state = state_.load();
  do {
    if (status_in(state) != CL_SUBMITTED) return false;
    if (state != only(CL_SUBMITTED) && !keep) keep = Ref<Event>(this);
  } while (!state_.compare_exchange_weak(state, only(status)));
  if (keep) tell_of_end(state, status);
  return true;
}

void Event::abandoned() {
  if (!queue_) set_user_status(CL_INVALID_EVENT);
}

void Event::advance(cl_int status) {
  if (!known_) return;
  const cl_int before = status_in(state_.load(std::memory_order_relaxed));
  if (!(state_.fetch_sub(static_cast<std::uint64_t>(before - status)) & kWatched)) return;
  std::vector<Registered> due;
  {
    std::lock_guard lock(mutex_);
    for (const auto& callback : callbacks_)
      if (callback.type == status) due.push_back(callback);
    std::erase_if(callbacks_, [&](const auto& callback) { return callback.type == status; });
  }
  for (const auto& callback : due) post(callback, status);
}

// The last use of this: whoever calls holds a reference, or it is the queue's, which forget() drops.
void Event::complete(cl_int status) {
  // Memory objects and kernels are let go before anybody learns that the command is done.
  if (known_) {
    std::uint64_t state = 0;
    {
      const SvmUse::Postponed until_status;
      work_ = nullptr;
      state = state_.exchange(only(status));
    }
    tell_of_end(state, status);
  } else {
    work_ = nullptr;
  }
  if (ended_)
    ended_(*this);
  else
    queue_->forget(*this);
}

// After the status got its last value in place of `state`.
void Event::tell_of_end(std::uint64_t state, cl_int status) {
  if (state & kSleptOn) {
    woken_.store(1);
    wake_all(woken_);
  }
  if (!(state & kWatched)) return;
  std::vector<Dependant> dependants;
  std::vector<Registered> callbacks;
  {
    std::lock_guard lock(mutex_);
    dependants.swap(dependants_);
    callbacks.swap(callbacks_);
  }
  for (const auto& callback : callbacks) post(callback, status < 0 ? status : callback.type);
  for (const auto& dependant : dependants)
    dependant.event->dependency_done(status < 0 && dependant.pass_errors);
}

void Event::post(const Registered& callback, cl_int status) {
  post_callback([self = Ref<Event>(this), callback, status] {
    callback.function(cl_handle(*self), status, callback.user_data);
    let_go_handle(*self->handle());
  });
}

cl_int Event::wait() {
  if (const cl_int now = status(); now <= CL_COMPLETE) return now;
  const Uncancelled until_done;  // it runs commands of others meanwhile
  auto* device = queue_ ? &queue_->device().implementation() : nullptr;
  Spinner spinner;
  for (;;) {
    const cl_int now = status();
    if (now <= CL_COMPLETE) return now;
    if (device && device->help())
      spinner.start_again();
    else if (!spinner.spin())
      sleep_until_done();
  }
}

void Event::sleep_until_done() {
  if (status_in(state_.fetch_or(kSleptOn)) > CL_COMPLETE) sleep_while(woken_, 0);
}

void Event::add_callback(cl_int type, Callback callback, void* user_data) {
  keep_handle(*handle());  // until it was called: the application may release the event before
  const Registered entry{type, callback, user_data};
  cl_int now = 0;
  {
    std::lock_guard lock(mutex_);
    now = status_in(state_.fetch_or(kWatched));
    if (now > type) {
      callbacks_.push_back(entry);
      return;
    }
  }
  post(entry, now < 0 ? now : type);
}

Ref<Event> create_user_event(Context& context) {
  auto event = make_ref<Event>(context);
  event->keep_parent();
  return event;
}

}  // namespace kiesel::runtime
