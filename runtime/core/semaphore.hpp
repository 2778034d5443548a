// Binary semaphores (cl_khr_semaphore). A wait is bound to its signal when the later of the two is enqueued,
// in the order of the enqueues, as an edge of the event graph: so a semaphore may be signalled again as soon
// as a wait is enqueued. Where the payload is shared with others, by a file descriptor
// (cl_khr_external_semaphore_opaque_fd), a wait takes whichever signal comes first. Threads: any; mutex_ is a
// leaf.
#pragma once

#include <CL/cl.h>
#include <CL/cl_ext.h>

#include <atomic>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "runtime/core/command_queue.hpp"
#include "runtime/core/context.hpp"
#include "runtime/core/event.hpp"
#include "runtime/core/shared_payload.hpp"

namespace kiesel::runtime {

// CL_SEMAPHORE_DEVICE_HANDLE_LIST_KHR of version 1.0, newer than the headers.
inline constexpr cl_semaphore_properties_khr kSemaphoreDeviceList = 0x2053;

// CL_SEMAPHORE_EXPORTABLE_KHR of cl_khr_external_semaphore 0.9.1.
inline constexpr cl_semaphore_info_khr kSemaphoreExportable = 0x2054;

class Semaphore final : public Object {
 public:
  static constexpr Kind kKind = Kind::kSemaphore;
  static constexpr cl_int kInvalid = CL_INVALID_SEMAPHORE_KHR;
  using ClType = cl_semaphore_khr;

  // `given`: the application's property list with its final zero. `payload`: others have it too.
  Semaphore(Context& context, std::vector<Ref<Device>> devices,
            std::vector<cl_semaphore_properties_khr> given, std::optional<SharedPayload> payload = {},
            bool exportable = false);

  Object* parent() override { return context_.get(); }
  Context& context() const { return *context_; }
  const std::vector<Ref<Device>>& devices() const { return devices_; }
  const std::vector<cl_semaphore_properties_khr>& given_properties() const { return given_; }
  bool is_for(const Device& device) const;
  bool signalled() const { return payload_ ? payload_->signalled() : balance_.load() > 0; }
  bool exportable() const { return exportable_; }
  // Of an exportable one: a descriptor for the application. CL_OUT_OF_RESOURCES.
  Outcome<int> export_payload() const { return payload_->duplicate(); }

  // What a wait that is enqueued now waits for: the last signal, or one to come.
  Ref<Event> next_signal();
  // A command that signals was enqueued.
  void add_signal(Event& signal);
  // A command that signals, or waits, was done.
  void signal_done() {
    if (payload_)
      payload_->signal();
    else
      balance_.fetch_add(1);
  }
  void wait_done() { balance_.fetch_sub(1); }

 private:
  ~Semaphore() override = default;

  Ref<Context> context_;
  const std::vector<Ref<Device>> devices_;
  const std::vector<cl_semaphore_properties_khr> given_;
  const std::optional<SharedPayload> payload_;
  const bool exportable_;
  // Without a shared payload:
  std::atomic<int> balance_{0};     // signals done less waits done
  std::mutex mutex_;                // guards what follows
  Ref<Event> signal_;               // enqueued, and no wait for it yet
  std::deque<Ref<Event>> waiting_;  // user events that stand for signals to come
};

}  // namespace kiesel::runtime
