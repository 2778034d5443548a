// Buffers and sub-buffers.
#pragma once

#include "runtime/core/memory.hpp"

namespace kiesel::runtime {

// cl_ext_buffer_device_address 1.0.2, younger than the headers: CL_MEM_DEVICE_PRIVATE_ADDRESS_EXT,
// CL_MEM_DEVICE_ADDRESS_EXT and CL_KERNEL_EXEC_INFO_DEVICE_PTRS_EXT.
inline constexpr cl_mem_properties kDevicePrivateAddress = 0x5000;
inline constexpr cl_mem_info kDeviceAddress = 0x5001;
inline constexpr cl_kernel_exec_info kDevicePointers = 0x5002;

class Buffer final : public MemoryObject {
 public:
  static constexpr Kind kKind = Kind::kBuffer;

  // Arguments are valid by then. `host_pointer`: USE_HOST_PTR's memory, which may be of an SVM allocation, or
  // what COPY_HOST_PTR copies.
  static Outcome<Ref<Buffer>> create(Context& context, std::vector<cl_mem_properties> properties,
                                     cl_mem_flags flags, std::size_t size, void* host_pointer,
                                     bool addressed = false);
  static Ref<Buffer> from_external(Context& context, std::vector<cl_mem_properties> properties,
                                   cl_mem_flags flags, std::size_t size, ExternalMemory external,
                                   bool addressed);
  static Ref<Buffer> create_sub_buffer(Buffer& parent, cl_mem_flags flags, std::size_t origin,
                                       std::size_t size);

  cl_mem_object_type type() const override { return CL_MEM_OBJECT_BUFFER; }
  const char* label() const override { return "buffer"; }
  // Kernels may use its address on a device, which they get by another way than as the argument.
  bool addressed() const { return addressed_; }

 private:
  Buffer(Context& context, Buffer* parent, Description&& description, bool addressed = false);
  ~Buffer() override;
  void is_whole();

  const bool addressed_;
};

}  // namespace kiesel::runtime
