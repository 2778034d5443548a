#include "device/model/dispatcher.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "device/model/host_float.hpp"
#include "support/clock.hpp"
#include "support/fast_thread_local.hpp"
#include "support/futex.hpp"
#include "support/relax.hpp"

namespace kiesel::model {
namespace {

// A job that has run this long is worth another thread: waking one costs about as much.
constexpr std::uint64_t kWorthWaking = 20'000;  // nanoseconds
// That a thread takes at a time; as many as it can run in about that time, one at first.
constexpr std::uint64_t kMostPieces = 64;

constexpr std::uint64_t CoreCounters::*kCounters[] = {
    &CoreCounters::instructions, &CoreCounters::lane_instructions, &CoreCounters::groups,
    &CoreCounters::warps,        &CoreCounters::barriers,          &CoreCounters::translated_warps,
    &CoreCounters::steps,        &CoreCounters::given_back};

// Looks for work before a thread sleeps, some tens of microseconds: a command that comes meanwhile costs no
// system call.
constexpr unsigned kSpins = 2000;

// What this thread runs: it will look for more work by itself, and a job that follows from the one that it
// completes it takes next without the queue.
struct Running {
  const Dispatcher* dispatcher = nullptr;
  Dispatcher::Body* body = nullptr;  // null once given up
  Job* next = nullptr;
};
KIESEL_FAST_THREAD_LOCAL Running running{};

}  // namespace

CoreCounters& operator+=(CoreCounters& a, const CoreCounters& b) {
  for (const auto counter : kCounters) a.*counter += b.*counter;
  return a;
}

struct alignas(64) Dispatcher::Body {
  explicit Body(std::unique_ptr<Core> own) : core(std::move(own)) {}

  void add(const CoreCounters& counters) {  // by its thread only
    for (std::size_t i = 0; i < std::size(kCounters); ++i)
      totals[i].store(totals[i].load(std::memory_order_relaxed) + counters.*kCounters[i],
                      std::memory_order_relaxed);
  }

  std::uint32_t number = 0;  // of the device's core, while this is taken
  const std::unique_ptr<Core> core;
  std::array<std::atomic<std::uint64_t>, std::size(kCounters)> totals{};
};

namespace {

std::vector<std::unique_ptr<Dispatcher::Body>> bodies_of(std::vector<std::unique_ptr<Core>> cores) {
  std::vector<std::unique_ptr<Dispatcher::Body>> out;
  for (auto& core : cores) out.push_back(std::make_unique<Dispatcher::Body>(std::move(core)));
  return out;
}

}  // namespace

Dispatcher::Dispatcher(std::vector<std::unique_ptr<Core>> cores, std::uint32_t device_cores)
    : bodies_(bodies_of(std::move(cores))), busy_(device_cores), owner_(getpid()) {}

Dispatcher::~Dispatcher() {
  if (getpid() != owner_) {  // forked: the threads are not here, and the mutex may be held by one of them
    (void)threads_.release();
    return;
  }
  std::deque<Job*> left;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    left = std::exchange(queue_, {});
    std::erase_if(left, [](Job* job) {
      job->queued_ = false;
      return job->runners_ != 0;  // its last runner completes it
    });
  }
  signal_.fetch_add(1);
  wake_all(signal_);
  if (threads_)
    for (std::thread& thread : *threads_) thread.join();
  for (Job* job : left) complete(job, Error{Errc::kCrashed, "the device was shut down"});
}

void Dispatcher::start_threads() {
  threads_ = std::make_unique<std::vector<std::thread>>();
  for (std::size_t i = 0; i < bodies_.size(); ++i) threads_->emplace_back([this] { work(); });
}

void Dispatcher::wake_one() {
  signal_.fetch_add(1);
  if (sleeping_.load() > 0 && !spinning_.load()) kiesel::wake_one(signal_);
}

// A job of one piece that nobody waits before, submitted by the thread that has just completed one on a core
// where it may run: in-order queues of small commands go from one to the next like this.
bool Dispatcher::keep(std::unique_ptr<Job>& job) const {
  const auto& cores = job->cores;
  if (running.dispatcher != this || !running.body || running.next || job->pieces > 1 ||
      waiting_jobs_.load() || stopping_ || (cores.count && running.body->number - cores.first >= cores.count))
    return false;
  running.next = job.release();
  return true;
}

void Dispatcher::enqueue(std::unique_ptr<Job> job) {
  job->queued_ = true;
  auto place = queue_.end();
  while (place != queue_.begin() && place[-1]->priority < job->priority) --place;
  queue_.insert(place, job.release());
  waiting_jobs_.store(queue_.size());
}

// Who waits inside of a completion needs the core for what it waits for, perhaps the job that follows.
void Dispatcher::give_up() {
  if (running.dispatcher != this || !running.body) return;
  give_back(*std::exchange(running.body, nullptr));
  Job* const next = std::exchange(running.next, nullptr);
  if (!next) return;
  std::lock_guard lock(mutex_);
  enqueue(std::unique_ptr<Job>(next));
}

// A command that is over sooner than another thread could begin it, or that this thread would wait for.
bool Dispatcher::runs_here(const Job& job, device::Handling handling) const {
  const bool wanted = (job.brief && handling.may_run_here) || (job.pieces <= 1 && handling.caller_helps);
  return wanted && running.dispatcher != this && !waiting_jobs_.load(std::memory_order_relaxed) && !stopping_;
}

// False when there is no core for it.
bool Dispatcher::run_here(std::unique_ptr<Job>& job) {
  Body* const body = take_body(*job);
  if (!body) return false;
  const Running outer = std::exchange(running, {this, body, nullptr});
  if (job->timed) job->start_ns_.store(now_ns(), std::memory_order_relaxed);
  {
    const HostFloat environment;
    const MayUseFiles files;
    job->run(*body->core, 0, job->pieces);
  }
  if (job->counted) job->collect(*body->core);
  running = outer;
  job->counters_ = body->core->take_counters();
  body->add(job->counters_);
  give_back(*body);
  if (waiting_jobs_.load() > 0) wake_one();  // whoever looked for a core meanwhile found none
  Status status = job->finish();
  complete(job.release(), std::move(status));
  return true;
}

void Dispatcher::submit(std::unique_ptr<Job> job, device::Handling handling) {
  if (keep(job)) return;
  if (runs_here(*job, handling) && run_here(job)) return;
  const bool caller_helps = handling.caller_helps;
  const bool looks_itself = caller_helps || running.dispatcher == this;
  const bool others_help = job->pieces > 1;
  {
    std::lock_guard lock(mutex_);
    if (!threads_) start_threads();
    enqueue(std::move(job));
    unannounced_ |= looks_itself;
  }
  if (!looks_itself)
    wake_one();
  else if (others_help && caller_helps && spinning_.load())
    signal_.fetch_add(1);  // costs nothing
}

bool Dispatcher::help() {
  give_up();
  return waiting_jobs_.load() > 0 && run_some();
}

// The signal is read before the queue: whatever comes after that look changes it, so that no wake-up is lost.
void Dispatcher::work() {
  while (!stopping_) {
    const std::uint32_t seen = signal_.load();
    if (help()) continue;
    if (stopping_) return;
    if (spin(seen)) {
      if (waiting_jobs_.load() > 1) wake_one();  // more came than this thread was spared to be woken for
      continue;
    }
    ++sleeping_;
    sleep_while(signal_, seen);
    --sleeping_;
  }
}

// One thread at a time; true when there may be something to do.
bool Dispatcher::spin(std::uint32_t seen) {
  if (spinning_.exchange(true)) return false;
  bool changed = false;
  for (unsigned i = 0; i < kSpins && !changed; ++i) {
    relax();
    changed = signal_.load() != seen;
  }
  spinning_.store(false);
  return changed;
}

// A free core of the device that the job may run on and a body for it, or null. First the one whose state is
// likely in this processor's cache.
Dispatcher::Body* Dispatcher::take_body(const Job& job) {
  const int processor = sched_getcpu();
  std::size_t at = processor < 0 ? 0 : static_cast<std::size_t>(processor) % bodies_.size();
  for (std::size_t looked = 0; looked < bodies_.size();
       ++looked, at = at + 1 == bodies_.size() ? 0 : at + 1) {
    Body& body = *bodies_[at];
    if (!body.core->holder().take()) continue;
    if (take_core(body, job.cores)) return &body;
    body.core->holder().leave();
    return nullptr;
  }
  return nullptr;
}

// From the last one on, so that what may run anywhere leaves the first cores to partitions; each body has
// another last one.
bool Dispatcher::take_core(Body& body, device::Cores range) {
  const auto all = static_cast<std::uint32_t>(busy_.size());
  const std::uint32_t begin = range.count ? range.first : 0;
  const std::uint32_t end = range.count ? std::min(all, begin + range.count) : all;
  std::uint32_t core = end - 1 - (range.count ? 0 : body.core->index() % all);
  for (std::uint32_t looked = begin; looked < end; ++looked, core = core == begin ? end - 1 : core - 1) {
    if (busy_[core].value.load() || busy_[core].value.exchange(true)) continue;
    body.number = core;
    body.core->stand_for(core);
    return true;
  }
  return false;
}

void Dispatcher::give_back(Body& body) {
  busy_[body.number].value.store(false);
  body.core->holder().leave();
}

// Takes part in the first job that has a core; false when there is none.
bool Dispatcher::run_some() {
  std::unique_lock lock(mutex_);
  Job* found = nullptr;
  Body* body = nullptr;
  for (auto at = queue_.begin(); !body && at != queue_.end() && !stopping_; ++at)
    body = take_body(*(found = *at));
  if (!body) return false;
  ++found->runners_;
  if (found->pieces <= 1) remove(*found);
  const bool others_wait = std::exchange(unannounced_, false) && !queue_.empty();
  lock.unlock();
  if (others_wait) wake_one();
  const Running outer = std::exchange(running, {this, body, nullptr});
  run_job(*found, *body);
  while (Job* const next = std::exchange(running.next, nullptr)) {
    if (waiting_jobs_.load() > 0) wake_one();  // more than one followed
    ++next->runners_;                          // nobody else knows it
    run_job(*next, *body);
  }
  if (std::exchange(running, outer).body) give_back(*body);
  // Whoever cannot stay must not leave work behind that nobody was woken for.
  if (!outer.dispatcher && waiting_jobs_.load() > 0) wake_one();
  return true;
}

// Takes part, and completes the job when it is the last.
void Dispatcher::run_job(Job& job, Body& body) {
  if (std::uint64_t never = 0; job.timed && job.start_ns_.load(std::memory_order_relaxed) == never)
    job.start_ns_.compare_exchange_strong(never, now_ns());
  run_pieces(job, *body.core);
  if (job.counted) job.collect(*body.core);
  const CoreCounters counters = body.core->take_counters();
  body.add(counters);
  bool last = true;
  if (job.pieces > 1) {
    std::lock_guard lock(mutex_);
    remove(job);
    job.counters_ += counters;
    last = --job.runners_ == 0;
  } else {
    job.counters_ = counters;  // nobody else runs it
  }
  if (last) complete(&job, job.finish());
}

void Dispatcher::remove(Job& job) {
  if (!job.queued_) return;
  job.queued_ = false;
  queue_.erase(std::find(queue_.begin(), queue_.end(), &job));
  waiting_jobs_.store(queue_.size());
}

void Dispatcher::run_pieces(Job& job, Core& core) {
  const HostFloat environment;
  const MayUseFiles files;
  const std::uint64_t most = std::clamp<std::uint64_t>(job.pieces / (bodies_.size() * 8), 1, kMostPieces);
  std::uint64_t chunk = 1;
  const std::uint64_t start = job.pieces > 1 ? now_ns() : 0;
  bool woke = job.pieces <= 1;
  for (;;) {
    const std::uint64_t first = job.next_.fetch_add(chunk, std::memory_order_relaxed);
    if (first >= job.pieces) return;
    if (!job.run(core, first, std::min(first + chunk, job.pieces))) {
      job.next_.store(job.pieces, std::memory_order_relaxed);
      return;
    }
    if (woke && chunk == most) continue;
    const std::uint64_t elapsed = now_ns() - start;
    if (!woke && elapsed > kWorthWaking) {
      woke = true;
      wake_one();
    }
    if (elapsed < kWorthWaking) chunk = std::min(2 * chunk, most);
  }
}

void Dispatcher::complete(Job* job, Status status) {
  const std::unique_ptr<Job> owned(job);
  const std::uint64_t now = owned->timed ? now_ns() : 0;
  const std::uint64_t start = job->start_ns_.load(std::memory_order_relaxed);
  const std::uint64_t begin = start ? start : now,
                      end = owned->device_ns && now ? begin + owned->device_ns : now;
  const device::Completion completion{std::move(status), begin, end, std::move(owned->counts_)};
  if (job->done) job->done(completion);
}

bool Dispatcher::is_running_here() { return running.dispatcher != nullptr; }

CoreCounters Dispatcher::counters() const {
  CoreCounters sums;
  for (const auto& body : bodies_)
    for (std::size_t i = 0; i < std::size(kCounters); ++i)
      sums.*kCounters[i] += body->totals[i].load(std::memory_order_relaxed);
  return sums;
}

}  // namespace kiesel::model
