// A command-queue: the order between commands, as edges of the event graph.
// In order: each command starts the one behind it (Event::next), and no lock is taken. Out of order: each
// waits for the last barrier. Threads: any. mutex_ comes before Event's.
#pragma once

#include <CL/cl_ext.h>

#include <atomic>
#include <mutex>
#include <vector>

#include "runtime/core/context.hpp"
#include "runtime/core/device.hpp"
#include "runtime/core/event.hpp"
#include "runtime/core/object.hpp"

namespace kiesel::runtime {

class CommandQueue final : public Object {
 public:
  static constexpr Kind kKind = Kind::kCommandQueue;
  static constexpr cl_int kInvalid = CL_INVALID_COMMAND_QUEUE;
  using ClType = cl_command_queue;

  // `given`: the application's property list with its final zero, or empty.
  CommandQueue(Context& context, Device& device, cl_command_queue_properties properties,
               std::vector<cl_queue_properties> given, device::Priority priority = device::Priority::kMedium);

  Object* parent() override { return context_.get(); }
  Context& context() const { return *context_; }
  Device& device() const { return *device_; }
  cl_command_queue_properties properties() const { return properties_; }
  const std::vector<cl_queue_properties>& given_properties() const { return given_; }
  device::Priority priority() const { return priority_; }  // of its launches
  bool profiling() const { return properties_ & CL_QUEUE_PROFILING_ENABLE; }
  bool out_of_order() const { return properties_ & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE; }

  enum class Order {
    kCommand,
    kMarker,   // with an empty wait list it waits for all that was enqueued before
    kBarrier,  // and what comes after waits for it
  };
  // What the caller does with the event: lets the queue have it, and gets null; keeps it; calls wait() on it
  // next.
  enum class Use { kNone, kKeep, kWait };
  Ref<Event> enqueue(cl_command_type type, const std::vector<Ref<Event>>& waits, Event::Work work,
                     Order order = Order::kCommand, Use use = Use::kKeep);
  // Blocks until all that was enqueued before is done. False when a command failed by itself (a fault, no
  // memory) since the last finish(): an application that looks at no event must learn of it somewhere.
  bool finish();
  // The same, of commands of one type or of all, and failures stay to be told.
  void wait_for_all(cl_command_type type = 0);
  void note_failure() { failed_.store(true, std::memory_order_relaxed); }
  void failure_was_told() { failed_.store(false, std::memory_order_relaxed); }
  void forget(Event& event);  // it is done

 private:
  ~CommandQueue() override;
  // Whether a command is in the list of those that other commands or threads look for.
  bool lists(cl_command_type type) const { return out_of_order() || type == CL_COMMAND_COMMAND_BUFFER_KHR; }
  void list(Event& event, bool waits_for_none, Order order);
  void unlist(Event& event);
  void follow(Event& event);

  Ref<Context> context_;
  Ref<Device> device_;
  const cl_command_queue_properties properties_;
  const std::vector<cl_queue_properties> given_;
  const device::Priority priority_;
  std::atomic<bool> failed_{false};
  ShortMutex mutex_;  // guards what follows
  // Not yet done, in order of enqueue.
  Event *first_ = nullptr, *last_ = nullptr;
  Event* barrier_ = nullptr;  // the last one, while it is not done

  // In order: the last command unless it is done. While there is one it keeps the queue, so that commands
  // that only the queue knows need not. Apart from what all threads read.
  [[maybe_unused]] std::byte apart_[64];
  std::atomic<Event*> end_{nullptr};
};

}  // namespace kiesel::runtime
