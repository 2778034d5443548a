// Buffers and what all memory objects share (OpenCL 3.0 API 5.2, 5.5).
#include "runtime/api/api.hpp"
#include "runtime/api/info.hpp"
#include "runtime/api/memory_flags.hpp"
#include "runtime/api/memory_properties.hpp"
#include "runtime/core/buffer.hpp"

namespace kiesel::runtime::api {
namespace {

// On each device of the context.
Outcome<std::vector<device::Address>> addresses_of(MemoryObject& memory) {
  Context& context = memory.context();
  KIESEL_REQUIRE(memory.type() == CL_MEM_OBJECT_BUFFER && static_cast<Buffer&>(memory).addressed(), context,
                 CL_INVALID_OPERATION, "no buffer made with CL_MEM_DEVICE_PRIVATE_ADDRESS_EXT");
  std::vector<device::Address> out;
  for (const auto& device : context.devices()) {
    KIESEL_TRY(address, memory.address(*device));
    out.push_back(address);
  }
  return out;
}

Outcome<cl_mem> create_buffer(cl_context handle, const cl_mem_properties* list, cl_mem_flags flags,
                              size_t size, void* host_pointer) {
  KIESEL_TRY(context, valid<Context>(handle));
  MemoryProperties properties;
  if (list) {
    KIESEL_TRY(given, read_memory_properties(*context, list, true));
    properties = std::move(given);
  }
  KIESEL_REQUIRE(valid_flags(flags), *context, CL_INVALID_VALUE,
                 fmt::format("flags {:#x} are not valid", flags));
  if (list) KIESEL_CHECK(properties.check_flags(*context, flags));
  KIESEL_REQUIRE(size > 0, *context, CL_INVALID_BUFFER_SIZE, "a buffer of 0 bytes");
  for (const auto& device : context->devices())
    KIESEL_REQUIRE(size <= device->description().max_allocation_bytes, *context, CL_INVALID_BUFFER_SIZE,
                   fmt::format("{} bytes are more than CL_DEVICE_MAX_MEM_ALLOC_SIZE, {}", size,
                               device->description().max_allocation_bytes));
  KIESEL_CHECK(check_host_pointer(*context, flags, host_pointer));
  if (flags & CL_MEM_USE_HOST_PTR)
    if (const auto svm = context->svm().find(host_pointer))
      KIESEL_REQUIRE(svm->contains(host_pointer, size), *context, CL_INVALID_BUFFER_SIZE,
                     "the buffer is larger than the SVM allocation that it lies in");
  if (properties.file) {
    KIESEL_TRY(external, import_memory(*context, *properties.file, size, std::move(properties.devices)));
    return hand_out(Buffer::from_external(*context, std::move(properties.list), with_default_access(flags),
                                          size, std::move(external), properties.addressed));
  }
  KIESEL_TRY(buffer, Buffer::create(*context, std::move(properties.list), with_default_access(flags), size,
                                    host_pointer, properties.addressed));
  return hand_out(std::move(buffer));
}

}  // namespace

cl_mem clCreateBuffer(cl_context context, cl_mem_flags flags, size_t size, void* host_ptr,
                      cl_int* errcode_ret) {
  return object<cl_mem>(create_buffer(context, nullptr, flags, size, host_ptr), errcode_ret);
}

cl_mem clCreateBufferWithProperties(cl_context context, const cl_mem_properties* properties,
                                    cl_mem_flags flags, size_t size, void* host_ptr, cl_int* errcode_ret) {
  return object<cl_mem>(create_buffer(context, properties, flags, size, host_ptr), errcode_ret);
}

cl_mem clCreateSubBuffer(cl_mem handle, cl_mem_flags flags, cl_buffer_create_type type, const void* info,
                         cl_int* errcode_ret) {
  return object<cl_mem>(
      [&]() -> Outcome<cl_mem> {
        KIESEL_TRY(parent, valid<Buffer>(handle));
        Context& context = parent->context();
        KIESEL_REQUIRE(!parent->associated(), context, CL_INVALID_MEM_OBJECT, "a sub-buffer of a sub-buffer");
        KIESEL_TRY(all_flags, flags_of_view(*parent, flags));
        KIESEL_REQUIRE(type == CL_BUFFER_CREATE_TYPE_REGION, context, CL_INVALID_VALUE,
                       "not CL_BUFFER_CREATE_TYPE_REGION");
        KIESEL_REQUIRE(info, context, CL_INVALID_VALUE, "no region");
        const auto& region = *static_cast<const cl_buffer_region*>(info);
        KIESEL_REQUIRE(region.origin <= parent->size() && region.size <= parent->size() - region.origin,
                       context, CL_INVALID_VALUE, "the region lies outside the buffer");
        KIESEL_REQUIRE(region.size > 0, context, CL_INVALID_BUFFER_SIZE, "a region of 0 bytes");
        KIESEL_REQUIRE(
            region.origin % kBufferAlignment == 0, context, CL_MISALIGNED_SUB_BUFFER_OFFSET,
            fmt::format("the origin {} is no multiple of {} bytes", region.origin, kBufferAlignment));
        return hand_out(Buffer::create_sub_buffer(*parent, all_flags, region.origin, region.size));
      }(),
      errcode_ret);
}

cl_int clRetainMemObject(cl_mem memory) { return retain<MemoryObject>(memory); }
cl_int clReleaseMemObject(cl_mem memory) { return release<MemoryObject>(memory); }

cl_int clSetMemObjectDestructorCallback(cl_mem handle, MemoryObject::DestructorCallback callback,
                                        void* user_data) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(memory, valid<MemoryObject>(handle));
    KIESEL_REQUIRE(callback, memory->context(), CL_INVALID_VALUE, "no callback");
    memory->add_destructor_callback(callback, user_data);
    return {};
  }());
}

cl_int clGetMemObjectInfo(cl_mem handle, cl_mem_info name, size_t size, void* value, size_t* size_ret) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(memory, valid<MemoryObject>(handle));
    const Answer answer(size, value, size_ret);
    switch (name) {
      case CL_MEM_TYPE:
        return answer.value(memory->type());
      case CL_MEM_FLAGS:
        return answer.value(memory->flags());
      case CL_MEM_SIZE:
        return answer.value(memory->size());
      case CL_MEM_HOST_PTR:
        return answer.value(memory->host_pointer());
      case CL_MEM_MAP_COUNT:
        return answer.value(memory->map_count());
      case CL_MEM_REFERENCE_COUNT:
        return answer.value(reference_count(*memory));
      case CL_MEM_CONTEXT:
        return answer.value(cl_handle(memory->context()));
      case CL_MEM_ASSOCIATED_MEMOBJECT:
        return answer.value(memory->associated() ? cl_handle(*memory->associated()) : cl_mem{nullptr});
      case CL_MEM_OFFSET:
        return answer.value(memory->origin());
      case CL_MEM_USES_SVM_POINTER:
        return answer.value(cl_bool{memory->uses_svm()});
      case CL_MEM_PROPERTIES:
        return answer.array(memory->properties());
      case kDeviceAddress: {
        KIESEL_TRY(addresses, addresses_of(*memory));
        return answer.array(addresses);
      }
      default:
        return Answer::unknown(name);
    }
  }());
}

}  // namespace kiesel::runtime::api
