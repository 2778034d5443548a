#include "device/model/dispatcher.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "device/model/host_float.hpp"
#include "support/clock.hpp"
#include "support/futex.hpp"
#include "support/relax.hpp"

namespace kiesel::model {
namespace {

// A job that has run this long is worth another thread: waking one costs about as much.
constexpr std::uint64_t kWorthWaking = 20'000;  // nanoseconds
// That a thread takes at a time; as many as it can run in about that time, one at first.
constexpr std::uint64_t kMostPieces = 64;

CoreCounters& operator+=(CoreCounters& a, const CoreCounters& b) {
  a.instructions += b.instructions;
  a.lane_instructions += b.lane_instructions;
  a.groups += b.groups;
  a.warps += b.warps;
  a.barriers += b.barriers;
  a.translated_warps += b.translated_warps;
  a.steps += b.steps;
  a.given_back += b.given_back;
  return a;
}

// Looks for work before a thread sleeps, some tens of microseconds: a command that comes meanwhile costs no
// system call.
constexpr unsigned kSpins = 2000;

// What this thread runs: it will look for more work by itself, and a job that follows from the one that it
// completes it takes next without the queue.
struct Running {
  const Dispatcher* dispatcher = nullptr;
  std::uint32_t number = 0;  // of the device's core
  Core* body = nullptr;      // null once given up
  Job* next = nullptr;
};
thread_local Running running;

}  // namespace

Dispatcher::Dispatcher(std::vector<std::unique_ptr<Core>> bodies, std::uint32_t device_cores)
    : bodies_(std::move(bodies)),
      body_is_free_(bodies_.size(), true),
      free_bodies_(bodies_.size()),
      busy_(device_cores),
      owner_(getpid()) {}

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
      waiting_jobs_.load() || stopping_ || (cores.count && running.number - cores.first >= cores.count))
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
  std::lock_guard lock(mutex_);
  give_back_body(*std::exchange(running.body, nullptr), running.number);
  if (Job* const next = std::exchange(running.next, nullptr)) enqueue(std::unique_ptr<Job>(next));
}

// A command that is over sooner than another thread could begin it, or that this thread would wait for.
bool Dispatcher::runs_here(const Job& job, device::Handling handling) const {
  const bool wanted = (job.brief && handling.may_run_here) || (job.pieces <= 1 && handling.caller_helps);
  return wanted && running.dispatcher != this && !waiting_jobs_.load(std::memory_order_relaxed);
}

// False when there is no core for it, or others wait.
bool Dispatcher::run_here(std::unique_ptr<Job>& job) {
  std::uint32_t number = 0;
  Core* body = nullptr;
  {
    std::lock_guard lock(mutex_);
    if (!queue_.empty() || !free_bodies_ || stopping_ || !find_free_core(*job, number)) return false;
    body = &take_body(number);
  }
  const Running outer = std::exchange(running, {this, number, body, nullptr});
  if (job->timed) job->start_ns_.store(now_ns(), std::memory_order_relaxed);
  {
    const HostFloat environment;
    job->run(*body, 0, job->pieces);
  }
  running = outer;
  job->counters_ = body->take_counters();
  bool others_wait = false;
  {
    std::lock_guard lock(mutex_);
    totals_ += job->counters_;
    give_back_body(*body, number);
    others_wait = !queue_.empty();
  }
  if (others_wait) wake_one();
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
  if (waiting_jobs_.load() == 0) return false;
  std::unique_lock lock(mutex_);
  return run_some(lock);
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

// The last free core of each job's, so that those that may run anywhere leave the first cores to partitions.
bool Dispatcher::find_free_core(const Job& job, std::uint32_t& core) const {
  const auto all = static_cast<std::uint32_t>(busy_.size());
  const std::uint32_t begin = job.cores.count ? job.cores.first : 0;
  core = job.cores.count ? std::min(all, begin + job.cores.count) : all;
  while (core-- > begin)
    if (!busy_[core]) return true;
  return false;
}

Job* Dispatcher::first_with_free_core(std::uint32_t& core) {
  for (Job* job : queue_)
    if (find_free_core(*job, core)) return job;
  return nullptr;
}

// The one whose state is likely in this processor's cache, else the next. The lock is held, here and below,
// and there is one.
Core& Dispatcher::take_body(std::uint32_t core) {
  const int processor = sched_getcpu();
  std::size_t index = processor < 0 ? 0 : static_cast<std::size_t>(processor) % bodies_.size();
  while (!body_is_free_[index]) index = index + 1 == bodies_.size() ? 0 : index + 1;
  body_is_free_[index] = false;
  --free_bodies_;
  busy_[core] = true;
  bodies_[index]->stand_for(core);
  return *bodies_[index];
}

void Dispatcher::give_back_body(Core& body, std::uint32_t core) {
  body_is_free_[body.index()] = true;
  ++free_bodies_;
  busy_[core] = false;
}

// Takes part in the first job that has a core; false when there is none. The lock is released meanwhile.
bool Dispatcher::run_some(std::unique_lock<ShortMutex>& lock) {
  if (queue_.empty() || !free_bodies_ || stopping_) return false;
  std::uint32_t number = 0;
  Job* const found = first_with_free_core(number);
  if (!found) return false;
  Core& core = take_body(number);
  ++found->runners_;
  if (found->pieces <= 1) remove(*found);
  const bool others_wait = std::exchange(unannounced_, false) && !queue_.empty();
  lock.unlock();
  if (others_wait) wake_one();
  const Running outer = std::exchange(running, {this, number, &core, nullptr});
  run_job(*found, core);
  while (Job* const next = std::exchange(running.next, nullptr)) {
    if (waiting_jobs_.load() > 0) wake_one();  // more than one followed
    ++next->runners_;                          // nobody else knows it
    run_job(*next, core);
  }
  const bool has_core = std::exchange(running, outer).body != nullptr;
  lock.lock();
  if (has_core) give_back_body(core, number);
  // Whoever cannot stay must not leave work behind that nobody was woken for.
  if (!outer.dispatcher && !queue_.empty()) wake_one();
  return true;
}

// Takes part, and completes the job when it is the last.
void Dispatcher::run_job(Job& job, Core& core) {
  if (std::uint64_t never = 0; job.timed && job.start_ns_.load(std::memory_order_relaxed) == never)
    job.start_ns_.compare_exchange_strong(never, now_ns());
  run_pieces(job, core);
  bool last = false;
  {
    std::lock_guard lock(mutex_);
    remove(job);
    const CoreCounters counters = core.take_counters();
    totals_ += counters;
    job.counters_ += counters;
    last = --job.runners_ == 0;
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
  const device::Completion completion{std::move(status), start ? start : now, now};
  if (job->done) job->done(completion);
}

CoreCounters Dispatcher::counters() const {
  std::lock_guard lock(mutex_);
  return totals_;
}

}  // namespace kiesel::model
