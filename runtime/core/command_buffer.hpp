// A command-buffer: commands recorded once and run as one command as often as it is enqueued
// (cl_khr_command_buffer, cl_khr_command_buffer_mutable_dispatch). Each enqueue takes the steps as they are
// then, so that updates and other enqueues do not disturb what runs. Threads: any; mutex_ is a leaf.
#pragma once

#include <CL/cl.h>
#include <CL/cl_ext.h>

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "runtime/core/command_queue.hpp"
#include "runtime/core/event.hpp"
#include "runtime/core/handle.hpp"
#include "runtime/core/kernel.hpp"

namespace kiesel::runtime {

// Of versions that are newer than the headers.
inline constexpr cl_version kCommandBufferVersion = CL_MAKE_VERSION(0, 9, 8);
inline constexpr cl_version kMutableDispatchVersion = CL_MAKE_VERSION(0, 9, 5);

inline constexpr cl_device_info kSupportedQueueProperties =
    0x129A;  // CL_DEVICE_COMMAND_BUFFER_SUPPORTED_QUEUE_PROPERTIES_KHR
inline constexpr cl_command_buffer_info_khr kCommandBufferContext = 0x1299;  // CL_COMMAND_BUFFER_CONTEXT_KHR
inline constexpr cl_command_buffer_state_khr kStateFinalized = 2;  // CL_COMMAND_BUFFER_STATE_FINALIZED_KHR
inline constexpr cl_command_buffer_flags_khr kDeviceSideSync =
    1 << 2;  // CL_COMMAND_BUFFER_DEVICE_SIDE_SYNC_KHR
inline constexpr cl_command_buffer_properties_khr kBufferAsserts =
    0x12B7;                                                // CL_COMMAND_BUFFER_MUTABLE_DISPATCH_ASSERTS_KHR
inline constexpr cl_properties kDispatchAsserts = 0x12B8;  // CL_MUTABLE_DISPATCH_ASSERTS_KHR
inline constexpr cl_bitfield kNoAdditionalWorkGroups =
    1;                                         // CL_MUTABLE_DISPATCH_ASSERT_NO_ADDITIONAL_WORK_GROUPS_KHR
inline constexpr cl_uint kUpdateDispatch = 0;  // CL_STRUCTURE_TYPE_MUTABLE_DISPATCH_CONFIG_KHR

inline constexpr cl_mutable_dispatch_fields_khr kAllDispatchFields =
    CL_MUTABLE_DISPATCH_GLOBAL_OFFSET_KHR | CL_MUTABLE_DISPATCH_GLOBAL_SIZE_KHR |
    CL_MUTABLE_DISPATCH_LOCAL_SIZE_KHR | CL_MUTABLE_DISPATCH_ARGUMENTS_KHR |
    CL_MUTABLE_DISPATCH_EXEC_INFO_KHR;

class MutableCommand;

class CommandBuffer final : public Object {
 public:
  static constexpr Kind kKind = Kind::kCommandBuffer;
  static constexpr cl_int kInvalid = CL_INVALID_COMMAND_BUFFER_KHR;
  using ClType = cl_command_buffer_khr;

  // `given`: the application's property list with its final zero, or empty.
  CommandBuffer(CommandQueue& queue, cl_command_buffer_flags_khr flags, bool fixed_work_groups,
                std::vector<cl_command_buffer_properties_khr> given);

  Object* parent() override { return queue_.get(); }
  CommandQueue& queue() const { return *queue_; }
  Context& context() const { return queue_->context(); }
  const std::vector<cl_command_buffer_properties_khr>& given_properties() const { return given_; }
  bool is_mutable() const { return flags_ & CL_COMMAND_BUFFER_MUTABLE_KHR; }
  // The application's promise that no update makes more work-groups.
  bool fixed_work_groups() const { return fixed_work_groups_; }

  // A recorded command. `work` is null while arguments of a kernel are missing.
  struct Step {
    cl_command_type type = 0;
    std::shared_ptr<const Event::Work> work{};
    std::vector<std::uint32_t> waits{};  // numbers of earlier steps
  };
  using Steps = std::vector<Step>;

  enum class Order { kCommand, kBarrier };
  // Number of the new step; CL_INVALID_OPERATION once finalized, CL_INVALID_SYNC_POINT_WAIT_LIST_KHR.
  Outcome<std::uint32_t> record(cl_command_type type, std::shared_ptr<const Event::Work> work,
                                std::vector<std::uint32_t> waits, Order order = Order::kCommand);
  // Keeps the command's handle as long as this lives.
  void add(Ref<MutableCommand> command);
  Outcome<> finalize();
  bool finalized() const;
  bool executable() const;  // finalized, and no step waits for arguments
  // Puts new works in the places of old ones, all at once.
  void replace(const std::vector<std::pair<std::uint32_t, std::shared_ptr<const Event::Work>>>& works);
  // Runs the steps as they are now; ends with the first error of one.
  Event::Work work() const;

 private:
  ~CommandBuffer() override;

  Ref<CommandQueue> queue_;
  const cl_command_buffer_flags_khr flags_;
  const bool fixed_work_groups_;
  const std::vector<cl_command_buffer_properties_khr> given_;
  mutable std::mutex mutex_;            // guards what follows
  std::shared_ptr<const Steps> steps_;  // once finalized; replaced as a whole
  Steps recording_;
  std::optional<std::uint32_t> barrier_;
  std::vector<Ref<MutableCommand>> commands_;
};

// A kernel's execution in a command-buffer: what clUpdateMutableCommandsKHR changes.
class MutableCommand final : public Object {
 public:
  static constexpr Kind kKind = Kind::kMutableCommand;
  static constexpr cl_int kInvalid = CL_INVALID_MUTABLE_COMMAND_KHR;
  using ClType = cl_mutable_command_khr;

  // Of a kernel's execution: all that an update may change.
  struct Dispatch {
    Ref<Kernel> kernel{};  // a clone of the application's, so that its arguments are the command's own
    cl_uint dimensions = 0;
    std::array<size_t, 3> offset{}, global{}, local{};
    bool local_given = false;
  };

  MutableCommand(CommandBuffer& buffer, std::uint32_t step, Kernel& kernel,
                 cl_mutable_dispatch_fields_khr fields, std::vector<cl_properties> given, Dispatch dispatch);

  CommandBuffer& buffer() const { return buffer_; }
  std::uint32_t step() const { return step_; }
  Kernel& kernel() const { return *kernel_; }  // as the application knows it
  cl_mutable_dispatch_fields_khr fields() const { return fields_; }
  const std::vector<cl_properties>& given_properties() const { return given_; }
  Dispatch dispatch() const;
  void set_dispatch(Dispatch dispatch);

 private:
  ~MutableCommand() override = default;

  CommandBuffer& buffer_;  // owns this
  const std::uint32_t step_;
  Ref<Kernel> kernel_;
  HandleKeeper kernel_handle_;
  const cl_mutable_dispatch_fields_khr fields_;
  const std::vector<cl_properties> given_;
  mutable std::mutex mutex_;
  Dispatch dispatch_;
};

}  // namespace kiesel::runtime
