// A command and its event: a node of the dependency graph (docs/runtime.md).
//
// Life: made by CommandQueue::enqueue (or create_user_event) -> dependencies counted down -> start() runs the
// work, which ends in finish() -> dependants counted down. The status moves one way, CL_QUEUED to CL_COMPLETE
// or an error. Threads: all members may be called from any thread. mutex_ is a leaf: nothing else is locked
// under it; an event that nobody watches ends without taking it.
#pragma once

#include <CL/cl.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "device/device.hpp"
#include "runtime/core/error.hpp"
#include "runtime/core/object.hpp"
#include "runtime/core/work.hpp"
#include "support/short_mutex.hpp"

namespace kiesel::runtime {

class Context;
class CommandQueue;

class Event final : public Object {
 public:
  static constexpr Kind kKind = Kind::kEvent;
  static constexpr cl_int kInvalid = CL_INVALID_EVENT;
  using ClType = cl_event;
  using Callback = void(CL_CALLBACK*)(cl_event event, cl_int status, void* user_data);
  // Does the command and ends in exactly one finish(), at once or later. Runs under no lock; must not block.
  using Work = runtime::Work;

  struct Times {
    std::uint64_t queued = 0, submitted = 0, started = 0, ended = 0;  // nanoseconds of support/clock.hpp
  };

  // A command of a queue. `known`: others than the queue may have it; else nobody asks for its status, and
  // the queue stays for it while it is not done.
  Event(CommandQueue& queue, cl_command_type type, Work work, bool known = true);
  // A user event.
  explicit Event(Context& context);
  // A command within another one: its end is told to `ended`, and the queue does not know it.
  using Ended = std::function<void(Event&)>;
  Event(CommandQueue& queue, cl_command_type type, Work work, Ended ended);

  Object* parent() override;
  Context& context() const { return *context_; }
  CommandQueue* queue() const { return queue_; }  // null: user event
  cl_command_type type() const { return type_; }
  cl_int status() const { return status_in(state_.load(std::memory_order_acquire)); }
  bool done() const { return status() <= CL_COMPLETE; }
  Times times() const;  // of a queue with profiling, valid once done

  // Building the graph, before launch(): this waits for `other`. An error of `other` fails this command only
  // where the application asked for the order (a wait list), not along the queue.
  void wait_for(Event& other, bool pass_errors);
  // The same for the command before it in an in-order queue, which tells of its end by predecessor_done().
  // Comes first of all.
  void set_has_predecessor(bool has) { pending_.store(has ? 2 : 1, std::memory_order_relaxed); }
  void predecessor_done() { dependency_done(false); }
  void prefetch_work() const { work_.prefetch(); }
  // All dependencies are known; the command may start inside this call. `waited_for`: this thread will call
  // wait() next.
  void launch(bool waited_for = false);

  // For the work. submit() hands the command to the queue's device, then runs `then` (or finish()).
  using Then = std::function<void(Event&, const device::Completion&)>;
  void submit(device::Command command, Then then = nullptr);
  // The same for commands that may run at the same time; the first error is told.
  void submit_all(std::vector<device::Command> commands, const Then& then = nullptr);
  void finish(const device::Completion& completion);
  void finish_now() { finish({}); }
  // For a command made of others: they begin; they are over, and what failed has been told.
  void begin_parts() { advance(CL_RUNNING); }
  void end_parts(cl_int status, std::uint64_t started, std::uint64_t ended);
  void fail(cl_int code, std::string reason);

  // clSetUserEventStatus: false when it was set before.
  bool set_user_status(cl_int status);
  // A user event whose status nobody can set any more: it ends with an error, so that what waits for it does
  // not wait for ever.
  bool minds_being_abandoned() const override { return !queue_; }
  void abandoned() override;
  void keep_parent() override;

  // Blocks until done, lending this thread to the device meanwhile. Returns the final status.
  cl_int wait();
  void add_callback(cl_int type, Callback callback, void* user_data);

  // CommandQueue's: its list, under its lock; the command behind this one in an in-order queue.
  Event *before = nullptr, *after = nullptr;
  std::atomic<Event*> next{nullptr};

 private:
  struct Dependant {
    Ref<Event> event;
    bool pass_errors;
  };
  struct Registered {
    cl_int type;
    Callback function;
    void* user_data;
  };

  ~Event() override = default;
  bool timed() const;
  void dependency_done(bool failed);
  void start();
  void hand_over(device::Command command, device::CompletionHandler done);
  void device_done(const device::Completion& completion, const Then& then);
  void advance(cl_int status);
  void sleep_until_done();
  void complete(cl_int status);
  void tell_of_end(std::uint64_t state, cl_int status);
  void post(const Registered& callback, cl_int status);

  // The status, and what others have asked to be told of, in one word: either they see a new status or
  // whoever sets it sees what they asked for, and needs to look at nothing else where they asked for nothing.
  static constexpr std::uint64_t kWatched = std::uint64_t{1} << 32, kSleptOn = std::uint64_t{1} << 33;
  static constexpr std::uint64_t only(cl_int status) { return static_cast<std::uint32_t>(status); }
  static constexpr cl_int status_in(std::uint64_t state) { return static_cast<cl_int>(state); }

  Context* const context_;
  Ref<Object> owner_;  // the queue or a user event's context; null where something else keeps that
  CommandQueue* const queue_;
  const cl_command_type type_;
  const bool known_;
  std::atomic<bool> dependency_failed_{false};
  std::atomic<std::uint32_t> pending_{1};  // dependencies, and one for launch()
  std::atomic<std::uint64_t> state_;
  Work work_;
  Ended ended_;
  Times times_;
  std::atomic<int> woken_{0};  // what threads sleep on
  mutable ShortMutex mutex_;   // guards what follows
  std::vector<Dependant> dependants_;
  std::vector<Registered> callbacks_;
};

// One that something else than a handle keeps.
Ref<Event> create_user_event(Context& context);

}  // namespace kiesel::runtime
