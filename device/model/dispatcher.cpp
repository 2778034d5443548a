#include "device/model/dispatcher.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "device/model/host_float.hpp"
#include "support/clock.hpp"

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

inline void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

thread_local const Dispatcher* running_for = nullptr;  // this thread will look for more work by itself

}  // namespace

Dispatcher::Dispatcher(std::vector<std::unique_ptr<Core>> bodies, std::uint32_t device_cores)
    : bodies_(std::move(bodies)), busy_(device_cores), owner_(getpid()) {
  for (auto body = bodies_.rbegin(); body != bodies_.rend(); ++body) free_bodies_.push_back(body->get());
}

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
  signal_.notify_all();
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
  if (sleeping_.load() > 0 && !spinning_.load()) signal_.notify_one();
}

// A thread that is running a job looks for the next one itself: no need to wake another.
void Dispatcher::submit(std::unique_ptr<Job> job) {
  {
    std::lock_guard lock(mutex_);
    if (!threads_) start_threads();
    job->queued_ = true;
    auto place = queue_.end();
    while (place != queue_.begin() && place[-1]->priority < job->priority) --place;
    queue_.insert(place, job.release());
    waiting_jobs_.store(queue_.size());
  }
  if (running_for != this) wake_one();
}

bool Dispatcher::help() {
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
    signal_.wait(seen);
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
Job* Dispatcher::first_with_free_core(std::uint32_t& core) {
  for (Job* job : queue_) {
    const auto all = static_cast<std::uint32_t>(busy_.size());
    const std::uint32_t begin = job->cores.count ? job->cores.first : 0;
    core = job->cores.count ? std::min(all, begin + job->cores.count) : all;
    while (core-- > begin)
      if (!busy_[core]) return job;
  }
  return nullptr;
}

// Takes part in the first job that has a core; false when there is none. The lock is released meanwhile.
bool Dispatcher::run_some(std::unique_lock<std::mutex>& lock) {
  if (queue_.empty() || free_bodies_.empty() || stopping_) return false;
  std::uint32_t number = 0;
  Job* const found = first_with_free_core(number);
  if (!found) return false;
  busy_[number] = true;
  Core& core = *free_bodies_.back();
  free_bodies_.pop_back();
  core.stand_for(number);
  Job& job = *found;
  if (job.runners_++ == 0 && job.start_ns_ == 0) job.start_ns_ = now_ns();
  if (job.pieces <= 1) remove(job);
  lock.unlock();
  const Dispatcher* outer = std::exchange(running_for, this);
  run_pieces(job, core);
  lock.lock();
  remove(job);
  const CoreCounters counters = core.take_counters();
  totals_ += counters;
  job.counters_ += counters;
  free_bodies_.push_back(&core);
  busy_[number] = false;
  const bool last = --job.runners_ == 0;
  if (last) {
    lock.unlock();
    complete(&job, job.finish());
    lock.lock();
  }
  running_for = outer;
  // Whoever cannot stay must not leave work behind that nobody was woken for.
  if (!outer && !queue_.empty()) wake_one();
  return true;
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
  const std::uint64_t now = now_ns();
  const device::Completion completion{std::move(status), job->start_ns_ ? job->start_ns_ : now, now};
  if (job->done) job->done(completion);
}

CoreCounters Dispatcher::counters() const {
  std::lock_guard lock(mutex_);
  return totals_;
}

}  // namespace kiesel::model
