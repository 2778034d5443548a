// Unified shared memory and addresses of buffers.
#include <algorithm>

#include "conformance/fuzz/api/calls.hpp"

namespace kiesel::conformance::api::calls {
namespace {

constexpr cl_mem_properties kPrivateAddress = 0x5000;  // CL_MEM_DEVICE_PRIVATE_ADDRESS_EXT
constexpr cl_mem_info kDeviceAddress = 0x5001;         // CL_MEM_DEVICE_ADDRESS_EXT

struct Request {
  int number;
  cl_context context;
  cl_mem_properties_intel properties[3];
  std::size_t size;
  cl_uint alignment;
};
bool plan(Fuzzer& f, Request& out) {
  if (f.usm.size() > 8) return false;
  out = {f.context_number(), nullptr, {}, 1 + f.below(4096), f.one_of<cl_uint>({0, 1, 64, 128})};
  out.context = f.context(out.number);
  if (f.one_in(2)) {
    out.properties[0] = CL_MEM_ALLOC_FLAGS_INTEL;
    out.properties[1] = f.one_of<cl_mem_properties_intel>({0, CL_MEM_ALLOC_WRITE_COMBINED_INTEL});
  }
  if (f.spoil()) {
    out.properties[0] = f.one_of<cl_mem_properties_intel>({CL_MEM_ALLOC_FLAGS_INTEL, 0x7777});
    out.properties[1] = cl_mem_properties_intel{1} << 40;
    f.wrong({CL_INVALID_PROPERTY});
  }
  if (f.spoil()) {
    out.size = f.one_in(3) ? 0 : std::max(f.absurd(), f.shared.max_allocation + 1);
    f.wrong({CL_INVALID_BUFFER_SIZE});
  }
  if (f.spoil()) out.alignment = f.one_of<cl_uint>({3, 100, 1u << 30}), f.wrong({CL_INVALID_VALUE});
  return true;
}

void allocate(Fuzzer& f, const Request& request, const auto& call) {
  auto* made = static_cast<std::byte*>(create(f, call));
  if (!made) return;
  if (request.alignment && reinterpret_cast<std::uintptr_t>(made) % request.alignment)
    f.fail("badly aligned");
  f.usm.push_back(std::make_unique<Usm>(Usm{made, request.size, request.number}));
}

void free_usm(Fuzzer& f, cl_int (*function)(cl_context, void*)) {
  Usm* usm = f.pick(f.usm);
  if (!usm || f.usm.size() < 3) return;
  const cl_context context = f.context(usm->context);
  void* pointer = usm->begin;
  const bool null = f.spoil();
  if (null) {
    pointer = nullptr;  // is ignored
  } else if (f.spoil()) {
    pointer = f.one_in(2) ? f.host(1) : reinterpret_cast<std::byte*>(f.random() | 1);
    f.wrong({CL_INVALID_VALUE});
  }
  const bool right = f.right() && !null;
  f.judge(function(context, pointer));
  if (right) f.drop(f.usm, usm);
}

Usm* usm_for(Fuzzer& f, int context) {
  Usm* usm = f.pick(f.usm);
  return usm && usm->context == context ? usm : nullptr;
}

template <class Call>
void command(Fuzzer& f, const Queue& queue, bool blocking, const Call& call) {
  if (blocking) f.open_gates();
  const auto waits = f.waits(queue.context, blocking);
  auto* out = f.event_out();
  const cl_int result = call(waits, out);
  f.judge(result);
  f.keep_event(queue, waits, result, out);
}

// A kernel's argument for a pointer to memory, mostly.
struct Place {
  Kernel* kernel;
  cl_kernel handle;
  cl_uint index;
};
bool plan_argument(Fuzzer& f, Place& out, cl_int wrong_slot) {
  out.kernel = f.pick(f.kernels);
  if (!out.kernel || out.kernel->arguments.empty()) return false;
  out.index = static_cast<cl_uint>(f.below(out.kernel->arguments.size()));
  if (kKernels[out.kernel->which].arguments[out.index] != Slot::kBuffer) f.wrong({wrong_slot});
  out.handle = f.kernel(*out.kernel);
  if (f.spoil()) out.index += 50, f.wrong({CL_INVALID_ARG_INDEX});
  return true;
}

// A buffer that has an address; made where there is none.
Memory* addressed(Fuzzer& f, int context) {
  for (const auto& memory : f.memories)
    if (memory->address && memory->context == context && !f.one_in(3)) return memory.get();
  if (f.memories.size() > 48) return nullptr;
  const cl_mem_properties list[] = {kPrivateAddress, CL_TRUE, 0};
  cl_int error = 0;
  const cl_mem made = f.cl.clCreateBufferWithProperties(f.shared.contexts[context], list, CL_MEM_READ_WRITE,
                                                        256, nullptr, &error);
  if (!made) return f.fail("no buffer with an address"), nullptr;
  f.memories.push_back(std::make_unique<Memory>(
      Memory{.handle = made, .context = context, .size = 256, .flags = CL_MEM_READ_WRITE}));
  Memory& memory = *f.memories.back();
  cl_ulong addresses[1] = {};
  if (f.cl.clGetMemObjectInfo(made, kDeviceAddress, sizeof addresses, addresses, nullptr) || !addresses[0])
    f.fail("no address of a buffer");
  memory.address = addresses[0];
  return &memory;
}

}  // namespace

void clHostMemAllocINTEL(Fuzzer& f) {
  Request r;
  if (!plan(f, r)) return;
  allocate(f, r, [&](cl_int* error) {
    return f.cl.clHostMemAllocINTEL(r.context, r.properties, r.size, r.alignment, error);
  });
}

void clDeviceMemAllocINTEL(Fuzzer& f) {
  Request r;
  if (!plan(f, r)) return;
  const cl_device_id device = f.device();
  allocate(f, r, [&](cl_int* error) {
    return f.cl.clDeviceMemAllocINTEL(r.context, device, r.properties, r.size, r.alignment, error);
  });
}

void clSharedMemAllocINTEL(Fuzzer& f) {
  Request r;
  if (!plan(f, r)) return;
  const bool any = f.one_in(2);  // without a device it is shared with all
  const cl_device_id device = any ? nullptr : f.device();
  if (!any && !device) return f.forget();
  allocate(f, r, [&](cl_int* error) {
    return f.cl.clSharedMemAllocINTEL(r.context, device, r.properties, r.size, r.alignment, error);
  });
}

void clMemFreeINTEL(Fuzzer& f) { free_usm(f, f.cl.clMemFreeINTEL); }

void clMemBlockingFreeINTEL(Fuzzer& f) {
  // It waits for all commands of the context; other threads open their gates before they block.
  f.open_gates();
  free_usm(f, f.cl.clMemBlockingFreeINTEL);
}

void clGetMemAllocInfoINTEL(Fuzzer& f) {
  const Usm* usm = f.pick(f.usm);
  if (!usm) return;
  const cl_context context = f.context(usm->context);
  const void* pointer = f.one_in(4) ? static_cast<void*>(f.host(1)) : usm->begin + f.below(usm->size);
  const auto name = query_name<cl_mem_info_intel>(
      f, {CL_MEM_ALLOC_TYPE_INTEL, CL_MEM_ALLOC_BASE_PTR_INTEL, CL_MEM_ALLOC_SIZE_INTEL,
          CL_MEM_ALLOC_DEVICE_INTEL, CL_MEM_ALLOC_FLAGS_INTEL});
  f.query([&](std::size_t size, void* value, std::size_t* told) {
    return f.cl.clGetMemAllocInfoINTEL(context, pointer, name, size, value, told);
  });
}

void clSetKernelArgMemPointerINTEL(Fuzzer& f) {
  Usm* usm = f.pick(f.usm);
  Place place;
  if (!usm || !plan_argument(f, place, CL_INVALID_ARG_VALUE)) return;
  if (usm->context != place.kernel->context) f.maybe({CL_INVALID_ARG_VALUE});
  const bool right = f.right();
  const cl_int result = f.cl.clSetKernelArgMemPointerINTEL(place.handle, place.index, usm->begin);
  f.judge(result);
  if (right || (result == CL_SUCCESS && place.index < place.kernel->arguments.size()))
    place.kernel->arguments[place.index] = {.state = Argument::State::kSvm, .svm = usm->begin};
}

void clSetKernelArgDevicePointerEXT(Fuzzer& f) {
  Place place;
  if (!plan_argument(f, place, CL_INVALID_ARG_INDEX)) return;
  const Memory* memory = addressed(f, place.kernel->context);
  if (!memory) return f.forget();
  const bool right = f.right();
  f.judge(f.cl.clSetKernelArgDevicePointerEXT(place.handle, place.index, memory->address));
  if (right)
    place.kernel->arguments[place.index] = {.state = Argument::State::kMemory, .memory = memory->handle};
}

void clEnqueueMemFillINTEL(Fuzzer& f) {
  const Queue& queue = *f.pick(f.queues);
  const Usm* usm = usm_for(f, queue.context);
  if (!usm) return;
  const cl_command_queue handle = f.queue(queue);
  std::size_t pattern = f.one_of<std::size_t>({1, 2, 4, 8, 16, 32, 64, 128});
  const auto base = reinterpret_cast<std::uintptr_t>(usm->begin);
  std::size_t offset = (pattern - base % pattern) % pattern;
  if (offset >= usm->size) return f.forget();
  std::size_t size = (usm->size - offset) / pattern * pattern;
  if (f.spoil()) size = f.absurd() | 1, f.wrong({CL_INVALID_VALUE});
  if (f.spoil()) pattern = f.one_of<std::size_t>({0, 3, 256}), f.wrong({CL_INVALID_VALUE});
  const bool none = f.spoil();
  if (none) f.wrong({CL_INVALID_VALUE});
  command(f, queue, false, [&](const auto& w, cl_event* out) {
    return f.cl.clEnqueueMemFillINTEL(handle, usm->begin + offset, none ? nullptr : f.host(128), pattern,
                                      size, w.count, w.list, out);
  });
}

void clEnqueueMemsetINTEL(Fuzzer& f) {
  const Queue& queue = *f.pick(f.queues);
  const Usm* usm = usm_for(f, queue.context);
  if (!usm) return;
  const cl_command_queue handle = f.queue(queue);
  std::size_t size = f.below(usm->size + 1);
  void* target = usm->begin;
  if (f.spoil()) size = f.absurd(), f.wrong({CL_INVALID_VALUE});
  if (f.spoil()) target = nullptr, f.wrong({CL_INVALID_VALUE});
  command(f, queue, false, [&](const auto& w, cl_event* out) {
    return f.cl.clEnqueueMemsetINTEL(handle, target, 7, size, w.count, w.list, out);
  });
}

void clEnqueueMemcpyINTEL(Fuzzer& f) {
  const Queue& queue = *f.pick(f.queues);
  const Usm* to = usm_for(f, queue.context);
  const Usm* from = usm_for(f, queue.context);
  if (!to || !from) return;
  const cl_command_queue handle = f.queue(queue);
  const std::size_t size = f.below(std::min(to->size, from->size) + 1);
  std::byte* target = to->begin + f.below(to->size - size + 1);
  const std::byte* source = f.one_in(3) ? f.host(size) : from->begin + f.below(from->size - size + 1);
  if (size && target < source + size && source < target + size) f.wrong({CL_MEM_COPY_OVERLAP});
  if (f.spoil()) target = nullptr, f.wrong({CL_INVALID_VALUE});
  const bool blocking = f.one_in(4);
  command(f, queue, blocking, [&](const auto& w, cl_event* out) {
    return f.cl.clEnqueueMemcpyINTEL(handle, blocking, target, source, size, w.count, w.list, out);
  });
}

void clEnqueueMigrateMemINTEL(Fuzzer& f) {
  const Queue& queue = *f.pick(f.queues);
  const Usm* usm = usm_for(f, queue.context);
  if (!usm) return;
  const cl_command_queue handle = f.queue(queue);
  cl_mem_migration_flags flags = f.one_of<cl_mem_migration_flags>({0, CL_MIGRATE_MEM_OBJECT_HOST});
  if (f.spoil()) flags = 64, f.wrong({CL_INVALID_VALUE});
  command(f, queue, false, [&](const auto& w, cl_event* out) {
    return f.cl.clEnqueueMigrateMemINTEL(handle, usm->begin, usm->size, flags, w.count, w.list, out);
  });
}

void clEnqueueMemAdviseINTEL(Fuzzer& f) {
  const Queue& queue = *f.pick(f.queues);
  const Usm* usm = usm_for(f, queue.context);
  if (!usm) return;
  const cl_command_queue handle = f.queue(queue);
  command(f, queue, false, [&](const auto& w, cl_event* out) {
    return f.cl.clEnqueueMemAdviseINTEL(handle, usm->begin, usm->size, 0, w.count, w.list, out);
  });
}

}  // namespace kiesel::conformance::api::calls
