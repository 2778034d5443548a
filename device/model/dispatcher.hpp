// Runs commands on the cores: a queue of jobs, the threads that take from it, and callers that help.
// A job is a number of pieces that may run at the same time (work-groups), or one (a copy).
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "device/device.hpp"
#include "device/model/core.hpp"
#include "support/recycled.hpp"
#include "support/short_mutex.hpp"

namespace kiesel::model {

// One command under way. Derived classes run its pieces.
class Job : public Recycled {
 public:
  virtual ~Job() = default;
  // Runs the pieces from number `first` to the one before `end` on the core; false ends the job: no further
  // piece starts.
  virtual bool run(Core& core, std::uint64_t first, std::uint64_t end) = 0;
  // Of a job that is `counted`: a thread that has run pieces on the core runs no more.
  virtual void collect(Core&) {}
  // How it ended; called once, after the last piece.
  virtual Status finish() = 0;

  std::uint64_t pieces = 1;
  device::Cores cores;  // of the device: its pieces run on no others
  device::Priority priority = device::Priority::kMedium;
  bool timed = true, counted = false;
  bool brief = false;           // certain to take no more than some microseconds, whichever thread runs it
  std::uint64_t device_ns = 0;  // that it took on the design, if its times are to be those
  device::CompletionHandler done;

 protected:
  friend class Dispatcher;
  // Complete when finish() is called.
  CoreCounters counters_;
  std::shared_ptr<device::LaunchCounts> counts_;

 private:
  std::atomic<std::uint64_t> next_{0};
  std::atomic<std::uint64_t> start_ns_{0};
  unsigned runners_ = 0;  // guarded by the dispatcher's mutex
  bool queued_ = false;   // likewise
};

class Dispatcher {
 public:
  struct Body;  // a core that some thread runs, and what it has counted

  // Runs pieces on the device's cores with as many of them at a time as there are `bodies`: a body is the
  // state of whichever core it stands for while a thread runs a job on it.
  Dispatcher(std::vector<std::unique_ptr<Core>> bodies, std::uint32_t device_cores);
  // Pieces that run are told to stop (`cancelled`), waiting jobs end with an error.
  ~Dispatcher();

  void submit(std::unique_ptr<Job> job, device::Handling handling = {});
  bool help();
  const std::atomic<bool>& cancelled() const { return stopping_; }
  static bool is_running_here();  // this thread is inside of a job, or of its completion
  CoreCounters counters() const;  // sums over the cores as of their last finished piece

 private:
  void work();
  bool run_some();
  bool keep(std::unique_ptr<Job>& job) const;
  void give_up();
  bool runs_here(const Job& job, device::Handling handling) const;
  bool run_here(std::unique_ptr<Job>& job);
  Body* take_body(const Job& job);
  bool take_core(Body& body, device::Cores range);
  void give_back(Body& body);
  void enqueue(std::unique_ptr<Job> job);
  void run_job(Job& job, Body& body);
  void remove(Job& job);
  void run_pieces(Job& job, Core& core);
  void complete(Job* job, Status status);
  void wake_one();
  void start_threads();
  bool spin(std::uint32_t seen);

  // Whoever takes bodies and cores of the device does it without the mutex, and mostly finds those in its
  // processor's cache that it gave back before.
  const std::vector<std::unique_ptr<Body>> bodies_;
  struct alignas(64) Busy {
    std::atomic<bool> value{false};
  };
  std::vector<Busy> busy_;    // for each core of the device
  mutable ShortMutex mutex_;  // guards what follows
  std::deque<Job*> queue_;    // by priority, then by age
  bool unannounced_ = false;  // a job is in the queue that nobody was woken for
  std::unique_ptr<std::vector<std::thread>> threads_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> waiting_jobs_{0};  // for a glance without the mutex
  std::atomic<std::uint32_t> signal_{0};        // changes when there may be something to do
  std::atomic<unsigned> sleeping_{0};           // threads that wait for it to change
  std::atomic<bool> spinning_{false};           // a thread looks for it to change without sleeping
  pid_t owner_;                                 // a forked child has none of the threads
};

}  // namespace kiesel::model
