// Making and asking memory objects; shared virtual memory.
#include <CL/cl_ext.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "conformance/fuzz/api/calls.hpp"

namespace kiesel::conformance::api::calls {
namespace {

constexpr std::size_t kMany = 40;
constexpr cl_mem_flags kHostMemory = CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR;

struct Flags {
  cl_mem_flags flags;
  void* host;
};

// Flags and the host pointer that goes with them. `bytes` may be absurd: then there is no such memory, and
// the call fails.
Flags flags_of(Fuzzer& f, std::size_t bytes, bool host_memory = true) {
  Flags out{f.one_of<cl_mem_flags>({0, CL_MEM_READ_WRITE, CL_MEM_READ_ONLY, CL_MEM_WRITE_ONLY}), nullptr};
  if (f.one_in(6))
    out.flags |=
        f.one_of<cl_mem_flags>({CL_MEM_HOST_READ_ONLY, CL_MEM_HOST_WRITE_ONLY, CL_MEM_HOST_NO_ACCESS});
  if (host_memory && f.one_in(4))
    out.flags |= f.one_of<cl_mem_flags>({CL_MEM_USE_HOST_PTR, CL_MEM_COPY_HOST_PTR, CL_MEM_ALLOC_HOST_PTR,
                                         CL_MEM_ALLOC_HOST_PTR | CL_MEM_COPY_HOST_PTR});
  if (out.flags & kHostMemory) out.host = f.host(bytes);
  if (f.spoil()) {
    f.wrong({CL_INVALID_VALUE});
    out.flags |= f.one_of<cl_mem_flags>({cl_mem_flags{1} << 40, CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY,
                                         CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR,
                                         CL_MEM_HOST_READ_ONLY | CL_MEM_HOST_NO_ACCESS});
    f.maybe({CL_INVALID_HOST_PTR});
  }
  if (host_memory && f.spoil()) {
    f.wrong({CL_INVALID_HOST_PTR});
    out.host = out.host ? nullptr : f.host(bytes);
  }
  return out;
}

std::size_t buffer_size(Fuzzer& f) {
  if (!f.spoil()) return 1 + f.below(kLargestBuffer);
  f.wrong({CL_INVALID_BUFFER_SIZE});
  return f.one_in(3) ? 0 : std::max(f.absurd(), f.shared.max_allocation + 1);
}

Memory* keep(Fuzzer& f, cl_mem made, int context, Memory::Shape shape, std::size_t size, cl_mem_flags flags) {
  if (!made) return nullptr;
  f.memories.push_back(std::make_unique<Memory>(
      Memory{.handle = made, .context = context, .shape = shape, .size = size, .flags = flags}));
  return f.memories.back().get();
}

const cl_mem_properties* properties_of(Fuzzer& f) {
  static const cl_mem_properties none[] = {0}, unknown[] = {0x7777, 1, 0};
  if (f.spoil()) {
    f.wrong({CL_INVALID_PROPERTY});
    return unknown;
  }
  return f.one_in(2) ? none : nullptr;
}

struct ImagePlan {
  cl_image_format format;
  cl_image_desc descriptor{};
  unsigned number = 0;
  std::array<std::size_t, 3> grid{1, 1, 1};
  std::size_t bytes = 0;
};

ImagePlan plan_image(Fuzzer& f, cl_mem_object_type type) {
  ImagePlan plan;
  plan.number = static_cast<unsigned>(f.below(std::size(kFormats)));
  plan.format = kFormats[plan.number].cl;
  auto& d = plan.descriptor;
  d.image_type = type;
  d.image_width = plan.grid[0] = 1 + f.below(24);
  const auto height = 1 + f.below(12), depth = 1 + f.below(4);
  switch (type) {
    case CL_MEM_OBJECT_IMAGE1D_ARRAY:
      d.image_array_size = plan.grid[1] = depth;
      break;
    case CL_MEM_OBJECT_IMAGE2D:
      d.image_height = plan.grid[1] = height;
      break;
    case CL_MEM_OBJECT_IMAGE2D_ARRAY:
      d.image_height = plan.grid[1] = height;
      d.image_array_size = plan.grid[2] = depth;
      break;
    case CL_MEM_OBJECT_IMAGE3D:
      d.image_height = plan.grid[1] = height;
      d.image_depth = plan.grid[2] = depth + 1;
      break;
    default:
      break;
  }
  plan.bytes = plan.grid[0] * plan.grid[1] * plan.grid[2] * kFormats[plan.number].bytes;
  if (f.spoil()) {
    f.wrong({CL_INVALID_IMAGE_FORMAT_DESCRIPTOR, CL_IMAGE_FORMAT_NOT_SUPPORTED});
    plan.format =
        f.one_of<cl_image_format>({{CL_RGBA, 0}, {0, CL_FLOAT}, {CL_RGB, CL_FLOAT}, {CL_R, 0xFFFF}});
  }
  if (f.spoil()) {
    f.wrong({CL_INVALID_IMAGE_SIZE, CL_INVALID_IMAGE_DESCRIPTOR, CL_MEM_OBJECT_ALLOCATION_FAILURE});
    d.image_width = f.one_in(3) ? 0 : f.absurd();
  }
  return plan;
}

void spoil_descriptor(Fuzzer& f, cl_image_desc& d) {
  if (!f.spoil()) return;
  f.wrong({CL_INVALID_IMAGE_DESCRIPTOR, CL_INVALID_IMAGE_SIZE});
  switch (f.below(4)) {
    case 0:
      d.image_type = f.one_of<cl_mem_object_type>({0, CL_MEM_OBJECT_BUFFER, CL_MEM_OBJECT_PIPE, 0x7777});
      break;
    case 1:
      d.num_mip_levels = 1;
      break;
    case 2:
      d.num_samples = 3;
      break;
    default:
      // A pitch without host memory, one that is too small, or no whole number of pixels.
      d.image_row_pitch = 1 + f.below(std::max<std::size_t>(d.image_width, 1));
      if (d.image_row_pitch == d.image_width && d.image_width) d.image_row_pitch = 0, d.num_samples = 1;
      break;
  }
}

void keep_image(Fuzzer& f, cl_mem made, int context, const ImagePlan& plan, cl_mem_flags flags) {
  if (Memory* memory = keep(f, made, context, Memory::Shape::kImage, plan.bytes, flags)) {
    memory->type = plan.descriptor.image_type;
    memory->grid = plan.grid;
    memory->format = plan.number;
  }
}

void create_image(Fuzzer& f, bool with_properties) {
  if (f.memories.size() > kMany) return;
  const int number = f.context_number();
  const cl_context context = f.context(number);
  const auto* properties = with_properties ? properties_of(f) : nullptr;
  auto plan = plan_image(f, f.one_of<cl_mem_object_type>(
                                {CL_MEM_OBJECT_IMAGE1D, CL_MEM_OBJECT_IMAGE1D_ARRAY, CL_MEM_OBJECT_IMAGE2D,
                                 CL_MEM_OBJECT_IMAGE2D, CL_MEM_OBJECT_IMAGE2D_ARRAY, CL_MEM_OBJECT_IMAGE3D}));
  auto flags = flags_of(f, plan.bytes);
  spoil_descriptor(f, plan.descriptor);
  // A pitch with host memory may be right: then the image reads more of it than it has.
  if (plan.descriptor.image_row_pitch && flags.host) plan.descriptor.num_samples = 1;
  const cl_image_format* format = &plan.format;
  const cl_image_desc* descriptor = &plan.descriptor;
  if (f.one_in(100)) format = nullptr, f.wrong({CL_INVALID_IMAGE_FORMAT_DESCRIPTOR});
  if (f.one_in(100)) descriptor = nullptr, f.wrong({CL_INVALID_IMAGE_DESCRIPTOR});
  const cl_mem made = create(f, [&](cl_int* error) {
    return with_properties ? f.cl.clCreateImageWithProperties(context, properties, flags.flags, format,
                                                              descriptor, flags.host, error)
                           : f.cl.clCreateImage(context, flags.flags, format, descriptor, flags.host, error);
  });
  keep_image(f, made, number, plan, flags.flags);
}

// An image that shows a buffer or a 2D image.
void create_view(Fuzzer& f) {
  if (f.memories.size() > kMany) return;
  Memory* whole = f.pick(f.memories);
  if (whole->shape != Memory::Shape::kBuffer) return;
  const cl_context context = f.context(whole->context);
  auto plan =
      plan_image(f, f.one_of<cl_mem_object_type>({CL_MEM_OBJECT_IMAGE1D_BUFFER, CL_MEM_OBJECT_IMAGE2D}));
  spoil_descriptor(f, plan.descriptor);
  plan.descriptor.mem_object = f.memory(*whole);
  if (!plan.descriptor.mem_object) return f.forget();  // then it is no view
  if (plan.descriptor.mem_object != whole->handle) f.maybe({CL_INVALID_IMAGE_DESCRIPTOR});
  if (plan.descriptor.image_row_pitch) f.maybe({CL_INVALID_IMAGE_FORMAT_DESCRIPTOR});
  if (plan.bytes > whole->size) f.wrong({CL_INVALID_IMAGE_SIZE});
  // Host memory may lie too badly for this format, flags may contradict the buffer's.
  const std::size_t pixel = kFormats[plan.number].bytes;
  if ((whole->flags & CL_MEM_USE_HOST_PTR) || whole->origin % pixel)
    f.maybe({CL_INVALID_IMAGE_FORMAT_DESCRIPTOR});
  const cl_mem made = create(f, [&](cl_int* error) {
    return f.cl.clCreateImage(context, 0, &plan.format, &plan.descriptor, nullptr, error);
  });
  if (!made) return;
  keep_image(f, made, whole->context, plan, whole->flags);
  f.memories.back()->whole = whole->handle;
  ++whole->views;
}

// A buffer of a file's bytes.
void create_external(Fuzzer& f) {
  const int number = f.context_number();
  const cl_context context = f.context(number);
  const std::size_t size = 1 + f.below(8192);
  const int file = ::memfd_create("fuzz", MFD_CLOEXEC);
  if (file < 0 || ::ftruncate(file, static_cast<off_t>(size))) return f.fail("no file for external memory");
  cl_mem_properties properties[] = {CL_EXTERNAL_MEMORY_HANDLE_OPAQUE_FD_KHR,
                                    static_cast<cl_mem_properties>(file), 0};
  std::size_t asked = size;
  cl_mem_flags flags = 0;
  switch (f.below(16)) {
    case 0:
      asked = size + 1, f.wrong({CL_INVALID_PROPERTY});
      break;
    case 1:
      properties[1] = 1'000'000, f.wrong({CL_INVALID_PROPERTY});
      break;
    case 2:
      flags = CL_MEM_ALLOC_HOST_PTR, f.wrong({CL_INVALID_VALUE});
      break;
    default:
      break;
  }
  const cl_mem made = create(f, [&](cl_int* error) {
    return f.cl.clCreateBufferWithProperties(context, properties, flags, asked, nullptr, error);
  });
  if (!made) ::close(file);
  if (Memory* memory = keep(f, made, number, Memory::Shape::kBuffer, size, 0)) memory->imported = true;
}

cl_svm_mem_flags svm_flags(Fuzzer& f) {
  if (f.spoil()) {
    f.wrong({});
    return f.one_of<cl_svm_mem_flags>({CL_MEM_SVM_ATOMICS, CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY,
                                       cl_svm_mem_flags{1} << 33, CL_MEM_USE_HOST_PTR});
  }
  return f.one_of<cl_svm_mem_flags>({0, CL_MEM_READ_WRITE, CL_MEM_READ_ONLY, CL_MEM_SVM_FINE_GRAIN_BUFFER,
                                     CL_MEM_SVM_FINE_GRAIN_BUFFER | CL_MEM_SVM_ATOMICS});
}

struct SvmRange {
  std::byte* begin;
  std::size_t size;
};

// Bytes of an allocation of the context, mostly. Null when there is no allocation.
SvmRange svm_range(Fuzzer& f, const Svm& svm) {
  SvmRange out{svm.begin, svm.size};
  const std::size_t offset = f.below(svm.size);
  out.begin += offset;
  out.size = 1 + f.below(svm.size - offset);
  if (f.spoil()) {
    f.wrong({CL_INVALID_VALUE});
    if (f.one_in(2))
      out.begin = nullptr;
    else
      out.size = f.absurd();
  }
  return out;
}

Svm* svm_for(Fuzzer& f, int context) {
  Svm* svm = f.pick(f.allocations);
  return svm && svm->context == context ? svm : nullptr;
}

}  // namespace

void clCreateBuffer(Fuzzer& f) {
  if (f.memories.size() > kMany) return;
  const int number = f.context_number();
  const cl_context context = f.context(number);
  const std::size_t size = buffer_size(f);
  const auto flags = flags_of(f, size);
  keep(f,
       create(f, [&](cl_int* e) { return f.cl.clCreateBuffer(context, flags.flags, size, flags.host, e); }),
       number, Memory::Shape::kBuffer, size, flags.flags);
}

void clCreateBufferWithProperties(Fuzzer& f) {
  if (f.memories.size() > kMany) return;
  if (f.one_in(8)) return create_external(f);
  const int number = f.context_number();
  const cl_context context = f.context(number);
  const auto* properties = properties_of(f);
  const std::size_t size = buffer_size(f);
  const auto flags = flags_of(f, size);
  keep(f,
       create(f,
              [&](cl_int* e) {
                return f.cl.clCreateBufferWithProperties(context, properties, flags.flags, size, flags.host,
                                                         e);
              }),
       number, Memory::Shape::kBuffer, size, flags.flags);
}

void clCreateSubBuffer(Fuzzer& f) {
  if (f.memories.size() > kMany) return;
  Memory* whole = f.pick(f.memories);
  const cl_mem handle = f.memory(*whole);
  if (whole->shape != Memory::Shape::kBuffer || whole->whole) f.wrong({CL_INVALID_MEM_OBJECT});
  cl_buffer_region region{f.below(whole->size / 128 + 1) * 128, 0};
  if (region.origin == whole->size) region.origin = 0;
  region.size = 1 + f.below(whole->size - region.origin);
  if (f.spoil()) {
    switch (f.below(3)) {
      case 0:
        region.origin += 1;
        f.wrong({CL_MISALIGNED_SUB_BUFFER_OFFSET, CL_INVALID_VALUE});
        break;
      case 1:
        region.size = 0;
        f.wrong({CL_INVALID_BUFFER_SIZE, CL_INVALID_VALUE});
        break;
      default:
        (f.one_in(2) ? region.origin : region.size) = f.absurd();
        f.wrong({CL_INVALID_VALUE, CL_MISALIGNED_SUB_BUFFER_OFFSET});
        break;
    }
  }
  cl_mem_flags flags = 0;
  if (f.spoil()) {
    f.wrong({CL_INVALID_VALUE});
    flags = f.one_of<cl_mem_flags>({CL_MEM_USE_HOST_PTR, CL_MEM_ALLOC_HOST_PTR, cl_mem_flags{1} << 50,
                                    CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY});
  }
  const bool none = f.spoil();
  if (none) f.wrong({CL_INVALID_VALUE});
  const cl_buffer_create_type type = f.spoil() ? 0x7777 : CL_BUFFER_CREATE_TYPE_REGION;
  if (type != CL_BUFFER_CREATE_TYPE_REGION) f.wrong({CL_INVALID_VALUE});
  const cl_mem made = create(f, [&](cl_int* error) {
    return f.cl.clCreateSubBuffer(handle, flags, type, none ? nullptr : &region, error);
  });
  Memory* memory = keep(f, made, whole->context, Memory::Shape::kBuffer, region.size, whole->flags);
  if (!memory) return;
  memory->whole = whole->handle;
  memory->origin = region.origin;
  ++whole->views;
}

void clCreateImage(Fuzzer& f) {
  if (f.one_in(3))
    create_view(f);
  else
    create_image(f, false);
}
void clCreateImageWithProperties(Fuzzer& f) { create_image(f, true); }

void clCreateImage2D(Fuzzer& f) {
  if (f.memories.size() > kMany) return;
  const int number = f.context_number();
  const cl_context context = f.context(number);
  const auto plan = plan_image(f, CL_MEM_OBJECT_IMAGE2D);
  const auto flags = flags_of(f, plan.bytes);
  const auto& d = plan.descriptor;
  keep_image(f,
             create(f,
                    [&](cl_int* error) {
                      return f.cl.clCreateImage2D(context, flags.flags, &plan.format, d.image_width,
                                                  d.image_height, 0, flags.host, error);
                    }),
             number, plan, flags.flags);
}

void clCreateImage3D(Fuzzer& f) {
  if (f.memories.size() > kMany) return;
  const int number = f.context_number();
  const cl_context context = f.context(number);
  const auto plan = plan_image(f, CL_MEM_OBJECT_IMAGE3D);
  const auto flags = flags_of(f, plan.bytes);
  const auto& d = plan.descriptor;
  keep_image(f,
             create(f,
                    [&](cl_int* error) {
                      return f.cl.clCreateImage3D(context, flags.flags, &plan.format, d.image_width,
                                                  d.image_height, d.image_depth, 0, 0, flags.host, error);
                    }),
             number, plan, flags.flags);
}

void clCreatePipe(Fuzzer& f) {
  if (f.memories.size() > kMany) return;
  const int number = f.context_number();
  const cl_context context = f.context(number);
  cl_uint packet = 1 + static_cast<cl_uint>(f.below(64)), capacity = 1 + static_cast<cl_uint>(f.below(64));
  cl_mem_flags flags =
      f.one_of<cl_mem_flags>({0, CL_MEM_READ_WRITE, CL_MEM_READ_WRITE | CL_MEM_HOST_NO_ACCESS});
  if (f.spoil()) {
    f.wrong({CL_INVALID_PIPE_SIZE, CL_MEM_OBJECT_ALLOCATION_FAILURE});
    if (f.one_in(2))
      packet = f.one_in(2) ? 0 : ~cl_uint{0};
    else
      capacity = 0;
  }
  if (f.spoil()) flags = CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, f.wrong({CL_INVALID_VALUE});
  const cl_pipe_properties none[] = {0};
  const bool properties = f.spoil();
  if (properties) f.wrong({CL_INVALID_VALUE});
  const cl_mem made = create(f, [&](cl_int* error) {
    return f.cl.clCreatePipe(context, flags, packet, capacity, properties ? none : nullptr, error);
  });
  if (Memory* memory = keep(f, made, number, Memory::Shape::kPipe, 1, flags))
    memory->type = CL_MEM_OBJECT_PIPE;
}

void clRetainMemObject(Fuzzer& f) { retain(f, f.memories, &Fuzzer::memory, f.cl.clRetainMemObject); }

void clReleaseMemObject(Fuzzer& f) {
  Memory& memory = *f.pick(f.memories);
  if (memory.shared || f.memories.size() < 12) return;
  if (!release(f, memory, &Fuzzer::memory, f.cl.clReleaseMemObject)) return;
  if (!memory.views) f.retire(Kind::kMemory, memory.handle);
  if (Memory* whole = memory.whole ? f.find(memory.whole) : nullptr)
    if (!memory.views) --whole->views;
  f.drop(f.memories, &memory);
}

void clSetMemObjectDestructorCallback(Fuzzer& f) {
  Memory& memory = *f.pick(f.memories);
  if (memory.shared) return;
  const cl_mem handle = f.memory(memory);
  const bool none = f.spoil();
  if (none) f.wrong({CL_INVALID_VALUE});
  f.judge(f.cl.clSetMemObjectDestructorCallback(handle, none ? nullptr : on_memory, nullptr));
}

void clGetMemObjectInfo(Fuzzer& f) {
  const cl_mem handle = f.memory(*f.pick(f.memories));
  const auto name =
      query_name<cl_mem_info>(f, {CL_MEM_TYPE, CL_MEM_FLAGS, CL_MEM_SIZE, CL_MEM_HOST_PTR, CL_MEM_MAP_COUNT,
                                  CL_MEM_REFERENCE_COUNT, CL_MEM_CONTEXT, CL_MEM_ASSOCIATED_MEMOBJECT,
                                  CL_MEM_OFFSET, CL_MEM_USES_SVM_POINTER, CL_MEM_PROPERTIES});
  f.query([&](std::size_t size, void* value, std::size_t* told) {
    return f.cl.clGetMemObjectInfo(handle, name, size, value, told);
  });
}

void clGetImageInfo(Fuzzer& f) {
  const Memory& memory = *f.pick(f.memories);
  if (memory.shape != Memory::Shape::kImage) f.wrong({CL_INVALID_MEM_OBJECT});
  const cl_mem handle = f.memory(memory);
  const auto name = query_name<cl_image_info>(
      f, {CL_IMAGE_FORMAT, CL_IMAGE_ELEMENT_SIZE, CL_IMAGE_ROW_PITCH, CL_IMAGE_SLICE_PITCH, CL_IMAGE_WIDTH,
          CL_IMAGE_HEIGHT, CL_IMAGE_DEPTH, CL_IMAGE_ARRAY_SIZE, CL_IMAGE_BUFFER, CL_IMAGE_NUM_MIP_LEVELS,
          CL_IMAGE_NUM_SAMPLES});
  f.query([&](std::size_t size, void* value, std::size_t* told) {
    return f.cl.clGetImageInfo(handle, name, size, value, told);
  });
}

void clGetPipeInfo(Fuzzer& f) {
  const Memory& memory = *f.pick(f.memories);
  if (memory.shape != Memory::Shape::kPipe) f.wrong({CL_INVALID_MEM_OBJECT});
  const cl_mem handle = f.memory(memory);
  const auto name =
      query_name<cl_pipe_info>(f, {CL_PIPE_PACKET_SIZE, CL_PIPE_MAX_PACKETS, CL_PIPE_PROPERTIES});
  f.query([&](std::size_t size, void* value, std::size_t* told) {
    return f.cl.clGetPipeInfo(handle, name, size, value, told);
  });
}

void clGetSupportedImageFormats(Fuzzer& f) {
  const cl_context context = f.context(f.context_number());
  cl_mem_object_type type =
      f.one_of<cl_mem_object_type>({CL_MEM_OBJECT_IMAGE2D, CL_MEM_OBJECT_IMAGE1D_BUFFER});
  if (f.spoil()) type = CL_MEM_OBJECT_BUFFER, f.wrong({CL_INVALID_VALUE});
  cl_image_format formats[8];
  cl_uint count = 0;
  const bool list = f.one_in(2), none = f.spoil();
  if (list && none) f.wrong({CL_INVALID_VALUE});
  f.judge(f.cl.clGetSupportedImageFormats(context, CL_MEM_READ_WRITE, type, none ? 0 : 8,
                                          list ? formats : nullptr, f.one_in(2) ? &count : nullptr));
}

void clGetImageRequirementsInfoEXT(Fuzzer& f) {
  const cl_context context = f.context(f.context_number());
  const auto* properties = properties_of(f);
  auto plan = plan_image(f, CL_MEM_OBJECT_IMAGE2D);
  const auto name = query_name<cl_image_requirements_info_ext>(
      f, {CL_IMAGE_REQUIREMENTS_BASE_ADDRESS_ALIGNMENT_EXT, CL_IMAGE_REQUIREMENTS_ROW_PITCH_ALIGNMENT_EXT,
          CL_IMAGE_REQUIREMENTS_SIZE_EXT});
  f.query([&](std::size_t size, void* value, std::size_t* told) {
    return f.cl.clGetImageRequirementsInfoEXT(context, properties, 0, &plan.format, &plan.descriptor, name,
                                              size, value, told);
  });
}

void clSVMAlloc(Fuzzer& f) {
  if (f.allocations.size() > 8) return;
  const int number = f.context_number();
  const cl_context context = f.context(number);
  const auto flags = svm_flags(f);
  std::size_t size = 64 + f.below(4096);
  cl_uint alignment = f.one_of<cl_uint>({0, 1, 64, 128});
  if (f.spoil()) size = f.one_in(3) ? 0 : std::max(f.absurd(), f.shared.max_allocation + 1), f.wrong({});
  if (f.spoil()) alignment = f.one_of<cl_uint>({3, 100, 1u << 30}), f.wrong({});
  auto* made = static_cast<std::byte*>(f.cl.clSVMAlloc(context, flags, size, alignment));
  if (made && alignment && reinterpret_cast<std::uintptr_t>(made) % alignment) f.fail("badly aligned");
  f.judge_object(made);
  if (made) f.allocations.push_back(std::make_unique<Svm>(Svm{made, size, number}));
}

void clSVMFree(Fuzzer& f) {
  Svm* svm = f.pick(f.allocations);
  if (!svm || f.allocations.size() < 4) return;
  const cl_context context = f.context(svm->context);
  const bool right = f.right();
  void* const pointer = f.spoil() ? svm->begin + 1 : svm->begin;
  f.forget();
  f.cl.clSVMFree(context, pointer);
  f.judge(CL_SUCCESS);
  if (right && pointer == svm->begin) f.drop(f.allocations, svm);
}

void clEnqueueSVMFree(Fuzzer& f) {
  const Queue& queue = *f.pick(f.queues);
  Svm* svm = svm_for(f, queue.context);
  if (!svm) return;
  const cl_command_queue handle = f.queue(queue);
  void* pointers[1] = {svm->begin};
  const bool none = f.spoil();
  if (none) f.wrong({CL_INVALID_VALUE});
  const auto waits = f.waits(queue.context);
  const bool right = f.right();
  auto* out = f.event_out();
  const cl_int result = f.cl.clEnqueueSVMFree(handle, 1, none ? nullptr : pointers, nullptr, nullptr,
                                              waits.count, waits.list, out);
  f.judge(result);
  f.keep_event(queue, waits, result, out);
  if (right) f.drop(f.allocations, svm);
}

void clEnqueueSVMMemcpy(Fuzzer& f) {
  const Queue& queue = *f.pick(f.queues);
  const Svm* to = svm_for(f, queue.context);
  const Svm* from = svm_for(f, queue.context);
  if (!to || !from) return;
  const cl_command_queue handle = f.queue(queue);
  const std::size_t size = f.below(std::min(to->size, from->size) + 1);
  std::byte* target = to->begin + f.below(to->size - size + 1);
  const std::byte* source = f.one_in(3) ? f.host(size) : from->begin + f.below(from->size - size + 1);
  if (size && target < source + size && source < target + size) f.wrong({CL_MEM_COPY_OVERLAP});
  if (f.spoil()) target = nullptr, f.wrong({CL_INVALID_VALUE});
  const bool blocking = f.one_in(4);
  if (blocking) f.open_gates();
  const auto waits = f.waits(queue.context, blocking);
  auto* out = f.event_out();
  const cl_int result =
      f.cl.clEnqueueSVMMemcpy(handle, blocking, target, source, size, waits.count, waits.list, out);
  f.judge(result);
  f.keep_event(queue, waits, result, out);
}

void clEnqueueSVMMemFill(Fuzzer& f) {
  const Queue& queue = *f.pick(f.queues);
  const Svm* svm = svm_for(f, queue.context);
  if (!svm) return;
  const cl_command_queue handle = f.queue(queue);
  const std::size_t pattern_size = f.one_of<std::size_t>({1, 2, 4, 8, 16, 32, 64, 128});
  const auto base = reinterpret_cast<std::uintptr_t>(svm->begin);
  std::size_t offset = (pattern_size - base % pattern_size) % pattern_size;
  if (offset >= svm->size) return;
  std::size_t size = (svm->size - offset) / pattern_size * pattern_size;
  if (f.spoil() && pattern_size > 1)
    offset += 1, size -= size ? pattern_size : 0, f.wrong({CL_INVALID_VALUE});
  if (f.spoil()) size = f.absurd() | 1, f.wrong({CL_INVALID_VALUE});
  const std::size_t given = f.spoil() ? 3 : pattern_size;
  if (given == 3) f.wrong({CL_INVALID_VALUE});
  const auto waits = f.waits(queue.context);
  auto* out = f.event_out();
  const cl_int result = f.cl.clEnqueueSVMMemFill(handle, svm->begin + offset, f.host(128), given, size,
                                                 waits.count, waits.list, out);
  f.judge(result);
  f.keep_event(queue, waits, result, out);
}

void clEnqueueSVMMap(Fuzzer& f) {
  const Queue& queue = *f.pick(f.queues);
  const Svm* svm = svm_for(f, queue.context);
  if (!svm) return;
  const cl_command_queue handle = f.queue(queue);
  const auto range = svm_range(f, *svm);
  cl_map_flags flags = f.one_of<cl_map_flags>({CL_MAP_READ, CL_MAP_WRITE, CL_MAP_WRITE_INVALIDATE_REGION});
  if (f.spoil()) flags = CL_MAP_READ | CL_MAP_WRITE_INVALIDATE_REGION, f.wrong({CL_INVALID_VALUE});
  const bool blocking = f.one_in(4);
  if (blocking) f.open_gates();
  const auto waits = f.waits(queue.context, blocking);
  auto* out = f.event_out();
  const cl_int result =
      f.cl.clEnqueueSVMMap(handle, blocking, flags, range.begin, range.size, waits.count, waits.list, out);
  f.judge(result);
  f.keep_event(queue, waits, result, out);
}

void clEnqueueSVMUnmap(Fuzzer& f) {
  const Queue& queue = *f.pick(f.queues);
  const Svm* svm = svm_for(f, queue.context);
  if (!svm) return;
  const cl_command_queue handle = f.queue(queue);
  void* pointer = svm->begin;
  if (f.spoil()) pointer = nullptr, f.wrong({CL_INVALID_VALUE});
  const auto waits = f.waits(queue.context);
  auto* out = f.event_out();
  const cl_int result = f.cl.clEnqueueSVMUnmap(handle, pointer, waits.count, waits.list, out);
  f.judge(result);
  f.keep_event(queue, waits, result, out);
}

void clEnqueueSVMMigrateMem(Fuzzer& f) {
  const Queue& queue = *f.pick(f.queues);
  const Svm* svm = svm_for(f, queue.context);
  if (!svm) return;
  const cl_command_queue handle = f.queue(queue);
  const auto range = svm_range(f, *svm);
  const void* pointers[] = {range.begin};
  const std::size_t sizes[] = {range.size};
  const bool none = f.spoil();
  if (none) f.wrong({CL_INVALID_VALUE});
  cl_mem_migration_flags flags = f.one_of<cl_mem_migration_flags>({0, CL_MIGRATE_MEM_OBJECT_HOST});
  if (f.spoil()) flags = 64, f.wrong({CL_INVALID_VALUE});
  const auto waits = f.waits(queue.context);
  auto* out = f.event_out();
  const cl_int result =
      f.cl.clEnqueueSVMMigrateMem(handle, none ? 0 : 1, pointers, sizes, flags, waits.count, waits.list, out);
  f.judge(result);
  f.keep_event(queue, waits, result, out);
}

}  // namespace kiesel::conformance::api::calls
