#include "runtime/core/event.hpp"

#include <algorithm>

#include "runtime/core/callbacks.hpp"
#include "runtime/core/command_queue.hpp"
#include "runtime/core/context.hpp"
#include "runtime/core/handle.hpp"
#include "support/clock.hpp"
#include "support/log.hpp"

namespace kiesel::runtime {
namespace {

// Commands that became ready while this thread already starts or completes one: taken in a loop, so that a
// chain of any length needs no deep stack.
thread_local std::vector<Ref<Event>>* ready_commands = nullptr;

// Rounds of looking for work before a waiting thread goes to sleep; some tens of microseconds.
constexpr unsigned kSpins = 2000;

inline void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

Event::Event(Context& context, CommandQueue* queue, cl_command_type type, Work work)
    : context_(&context),
      queue_(queue),
      type_(type),
      work_(std::move(work)),
      status_(queue ? CL_QUEUED : CL_SUBMITTED) {
  if (timed()) times_.queued = now_ns();
}

Event::Event(CommandQueue& queue, cl_command_type type, Work work, Ended ended)
    : Event(queue.context(), &queue, type, std::move(work)) {
  ended_ = std::move(ended);
}

// Nobody can ask for the times of other commands, and the clock costs a tenth of an empty launch.
bool Event::timed() const { return queue_ && queue_->profiling(); }

Object* Event::parent() {
  if (queue_) return queue_.get();
  return context_.get();
}

Event::Times Event::times() const { return times_; }

void Event::wait_for(Event& other, bool pass_errors) {
  {
    std::lock_guard lock(other.mutex_);
    if (!other.closed_) {
      pending_.fetch_add(1, std::memory_order_relaxed);
      other.dependants_.push_back({Ref<Event>(this), pass_errors});
      return;
    }
  }
  if (pass_errors && other.status() < 0) dependency_failed_.store(true);
}

void Event::launch() { dependency_done(false); }

void Event::dependency_done(bool failed) {
  if (failed) dependency_failed_.store(true);
  if (pending_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  if (ready_commands) {
    ready_commands->emplace_back(this);
    return;
  }
  std::vector<Ref<Event>> ready;  // allocates nothing where one command makes no other one ready
  ready_commands = &ready;
  const Ref<Event> keep(this);
  start();
  for (std::size_t next = 0; next < ready.size();) {
    const auto event = std::move(ready[next++]);
    if (next == ready.size()) ready.clear(), next = 0;
    event->start();
  }
  ready_commands = nullptr;
}

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
  queue_->device().implementation().submit(std::move(command), std::move(done));
}

void Event::submit(device::Command command, Then then) {
  advance(CL_RUNNING);
  hand_over(std::move(command), [self = Ref<Event>(this), then = std::move(then)](
                                    const device::Completion& c) { self->device_done(c, then); });
}

void Event::submit_all(std::vector<device::Command> commands, Then then) {
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
  if (user_status_set_.exchange(true)) return false;
  complete(status);
  return true;
}

void Event::abandoned() {
  if (!queue_) set_user_status(CL_INVALID_EVENT);
}

void Event::advance(cl_int status) {
  std::vector<Registered> due;
  {
    std::lock_guard lock(mutex_);
    status_.store(status, std::memory_order_release);
    for (const auto& callback : callbacks_)
      if (callback.type == status) due.push_back(callback);
    std::erase_if(callbacks_, [&](const auto& callback) { return callback.type == status; });
  }
  for (const auto& callback : due) post(callback, status);
}

void Event::complete(cl_int status) {
  Ref<Event> keep(this);
  work_ = nullptr;  // lets go of memory objects and kernels before anybody learns that the command is done
  std::vector<Dependant> dependants;
  std::vector<Registered> callbacks;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    status_.store(status, std::memory_order_release);
    dependants.swap(dependants_);
    callbacks.swap(callbacks_);
  }
  for (const auto& callback : callbacks) post(callback, status < 0 ? status : callback.type);
  for (const auto& dependant : dependants)
    dependant.event->dependency_done(status < 0 && dependant.pass_errors);
  if (ended_)
    ended_(*this);
  else if (queue_)
    queue_->forget(*this);
  status_.notify_all();
}

void Event::post(const Registered& callback, cl_int status) {
  post_callback([self = Ref<Event>(this), callback, status] {
    callback.function(cl_handle(*self), status, callback.user_data);
    let_go_handle(*self->handle());
  });
}

cl_int Event::wait() {
  auto* device = queue_ ? &queue_->device().implementation() : nullptr;
  unsigned spins = 0;
  for (;;) {
    const cl_int now = status();
    if (now <= CL_COMPLETE) return now;
    if (device && device->help()) {
      spins = 0;
    } else if (spins < kSpins) {
      ++spins;
      relax();
    } else {
      status_.wait(now, std::memory_order_acquire);
    }
  }
}

void Event::add_callback(cl_int type, Callback callback, void* user_data) {
  keep_handle(*handle());  // until it was called: the application may release the event before
  const Registered entry{type, callback, user_data};
  cl_int now = 0;
  {
    std::lock_guard lock(mutex_);
    now = status();
    if (now > type && !closed_) {
      callbacks_.push_back(entry);
      return;
    }
  }
  post(entry, now < 0 ? now : type);
}

Ref<Event> create_user_event(Context& context) {
  return make_ref<Event>(context, nullptr, CL_COMMAND_USER, nullptr);
}

}  // namespace kiesel::runtime
