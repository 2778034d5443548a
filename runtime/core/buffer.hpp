// Buffers and sub-buffers.
#pragma once

#include "runtime/core/memory.hpp"

namespace kiesel::runtime {

class Buffer final : public MemoryObject {
 public:
  static constexpr Kind kKind = Kind::kBuffer;

  // Arguments are valid by then. `host_pointer`: USE_HOST_PTR's memory, which may be of an SVM allocation, or
  // what COPY_HOST_PTR copies.
  static Outcome<Ref<Buffer>> create(Context& context, std::vector<cl_mem_properties> properties,
                                     cl_mem_flags flags, std::size_t size, void* host_pointer);
  static Ref<Buffer> create_sub_buffer(Buffer& parent, cl_mem_flags flags, std::size_t origin,
                                       std::size_t size);

  cl_mem_object_type type() const override { return CL_MEM_OBJECT_BUFFER; }
  const char* label() const override { return "buffer"; }

 private:
  Buffer(Context& context, Buffer* parent, Description description)
      : MemoryObject(context, parent, std::move(description)) {}
  ~Buffer() override = default;
};

}  // namespace kiesel::runtime
