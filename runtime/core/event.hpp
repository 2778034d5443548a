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

  Event(Context& context, CommandQueue* queue, cl_command_type type, Work work);
  // A command within another one: its end is told to `ended`, and the queue does not know it.
  using Ended = std::function<void(Event&)>;
  Event(CommandQueue& queue, cl_command_type type, Work work, Ended ended);

  Object* parent() override;
  Context& context() const { return *context_; }
  CommandQueue* queue() const { return queue_; }  // null: user event
  cl_command_type type() const { return type_; }
  cl_int status() const { return status_.load(std::memory_order_acquire); }
  bool done() const { return status() <= CL_COMPLETE; }
  Times times() const;  // of a queue with profiling, valid once done

  // Building the graph, before launch(): this waits for `other`. An error of `other` fails this command only
  // where the application asked for the order (a wait list), not along the queue.
  void wait_for(Event& other, bool pass_errors);
  // The same for the command before it in an in-order queue, which tells of its end by predecessor_done().
  void wait_for_predecessor() { pending_.fetch_add(1, std::memory_order_relaxed); }
  void predecessor_done() { dependency_done(false); }
  void prefetch_work() const { work_.prefetch(); }
  // All dependencies are known; the command may start inside this call. `waited_for`: this thread will call
  // wait() next.
  void launch(bool waited_for = false);

  // For the work. submit() hands the command to the queue's device, then runs `then` (or finish()).
  using Then = std::function<void(Event&, const device::Completion&)>;
  void submit(device::Command command, Then then = nullptr);
  // The same for commands that may run at the same time; the first error is told.
  void submit_all(std::vector<device::Command> commands, Then then = nullptr);
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

  // Blocks until done, lending this thread to the device meanwhile. Returns the final status.
  cl_int wait();
  void add_callback(cl_int type, Callback callback, void* user_data);

  Event *before = nullptr, *after = nullptr;  // in CommandQueue's list, under its lock

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
  void watch();
  void sleep_until_done();
  void complete(cl_int status);
  void tell_of_end(cl_int status);
  void post(const Registered& callback, cl_int status);

  Context* const context_;
  const Ref<Object> owner_;  // the queue, which keeps the context; a user event's context
  CommandQueue* const queue_;
  const cl_command_type type_;
  Work work_;
  Ended ended_;
  std::atomic<cl_int> status_;
  std::atomic<std::uint32_t> pending_{1};  // dependencies, and one for launch()
  std::atomic<bool> dependency_failed_{false};
  Times times_;
  // Set, before it looks at the status, by whoever wants to hear of a change of it: one of the two sees what
  // the other has written.
  std::atomic<bool> watched_{false};
  std::atomic<bool> slept_on_{false};  // likewise, by who sleeps until it is done
  mutable ShortMutex mutex_;           // guards what follows
  std::vector<Dependant> dependants_;
  std::vector<Registered> callbacks_;
};

Ref<Event> create_user_event(Context& context);

}  // namespace kiesel::runtime
