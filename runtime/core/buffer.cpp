#include "runtime/core/buffer.hpp"

#include <algorithm>

namespace kiesel::runtime {
namespace {

bool all_reach(const Context& context, const SvmAllocation& allocation) {
  const auto& roots = context.roots();
  if (allocation.usm().type == CL_MEM_TYPE_DEVICE_INTEL && roots.size() > 1) return false;
  return std::all_of(roots.begin(), roots.end(), [](const auto& root) { return root->svm_capabilities(); });
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
  const auto svm =
      flags & CL_MEM_USE_HOST_PTR ? context.svm().find(host_pointer, size) : Ref<SvmAllocation>();
  auto buffer =
      Ref<Buffer>::adopt(new Buffer(context, nullptr,
                                    {.properties = std::move(properties),
                                     .flags = flags,
                                     .size = size,
                                     .host_pointer = host_pointer,
                                     .uses_svm = bool{svm},
                                     .svm = svm && all_reach(context, *svm) ? svm : Ref<SvmAllocation>()},
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
