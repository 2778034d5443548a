#include "runtime/core/buffer.hpp"

namespace kiesel::runtime {
namespace {

// The allocation that USE_HOST_PTR's memory is of, if all devices of the context reach it.
Ref<SvmAllocation> shared_memory_at(Context& context, const void* pointer, std::size_t size) {
  auto allocation = context.svm().find(pointer, size);
  const bool of_one_device = allocation && allocation->usm().type == CL_MEM_TYPE_DEVICE_INTEL;
  return of_one_device && context.roots().size() > 1 ? Ref<SvmAllocation>() : allocation;
}

}  // namespace

Buffer::Buffer(Context& context, Buffer* parent, Description&& description, bool addressed)
    : MemoryObject(context, parent, std::move(description)), addressed_(addressed) {
  if (addressed_) will_be_listed();
}

Buffer::~Buffer() {
  if (addressed_) context().remove_addressed(*this);
}

// Launches of other threads look at the context's list.
void Buffer::is_whole() {
  if (addressed_) context().add_addressed(*this);
}

Outcome<Ref<Buffer>> Buffer::create(Context& context, std::vector<cl_mem_properties> properties,
                                    cl_mem_flags flags, std::size_t size, void* host_pointer,
                                    bool addressed) {
  auto buffer = Ref<Buffer>::adopt(
      new Buffer(context, nullptr,
                 {.properties = std::move(properties),
                  .flags = flags,
                  .size = size,
                  .host_pointer = host_pointer,
                  .svm = flags & CL_MEM_USE_HOST_PTR ? shared_memory_at(context, host_pointer, size)
                                                     : Ref<SvmAllocation>()},
                 addressed));
  KIESEL_CHECK(buffer->allocate(host_pointer, flat_box(size)));
  buffer->is_whole();
  return buffer;
}

Ref<Buffer> Buffer::from_external(Context& context, std::vector<cl_mem_properties> properties,
                                  cl_mem_flags flags, std::size_t size, ExternalMemory external,
                                  bool addressed) {
  auto buffer = Ref<Buffer>::adopt(new Buffer(
      context, nullptr,
      {.properties = std::move(properties), .flags = flags, .size = size, .external = std::move(external)},
      addressed));
  buffer->is_whole();
  return buffer;
}

Ref<Buffer> Buffer::create_sub_buffer(Buffer& parent, cl_mem_flags flags, std::size_t origin,
                                      std::size_t size) {
  return Ref<Buffer>::adopt(
      new Buffer(parent.context(), &parent, {.flags = flags, .origin = origin, .size = size}));
}

}  // namespace kiesel::runtime
