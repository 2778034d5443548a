// Command-buffers and the commands in them that can be changed.
#include <algorithm>

#include "conformance/fuzz/api/calls.hpp"
#include "conformance/fuzz/api/launch.hpp"

namespace kiesel::conformance::api::calls {
namespace {

constexpr std::size_t kMany = 8;
constexpr cl_uint kManySteps = 12;
// Of versions that are younger than the headers.
constexpr cl_command_buffer_info_khr kContextOf = 0x1299;   // CL_COMMAND_BUFFER_CONTEXT_KHR
constexpr cl_command_buffer_update_type_khr kDispatch = 0;  // CL_STRUCTURE_TYPE_MUTABLE_DISPATCH_CONFIG_KHR
constexpr cl_properties kAllFields = CL_MUTABLE_DISPATCH_GLOBAL_OFFSET_KHR |
                                     CL_MUTABLE_DISPATCH_GLOBAL_SIZE_KHR |
                                     CL_MUTABLE_DISPATCH_LOCAL_SIZE_KHR | CL_MUTABLE_DISPATCH_ARGUMENTS_KHR |
                                     CL_MUTABLE_DISPATCH_EXEC_INFO_KHR;

// The arguments that all recording functions share.
struct Recording {
  CommandBuffer* buffer;
  cl_command_buffer_khr handle;
  cl_command_queue queue = nullptr;
  cl_uint count = 0;
  cl_sync_point_khr points[2]{};
  const cl_sync_point_khr* list = nullptr;
};
bool plan(Fuzzer& f, Recording& out) {
  const bool late = f.spoil();
  if (late) f.wrong({CL_INVALID_OPERATION});
  const auto fits = [&](const auto& one) { return one->finalized == late && one->steps < kManySteps; };
  const auto found = std::find_if(f.command_buffers.begin(), f.command_buffers.end(), fits);
  if (found == f.command_buffers.end()) return f.forget(), false;
  out.buffer = found->get();
  CommandBuffer& buffer = *out.buffer;
  out.handle = f.command_buffer(buffer);
  if (f.spoil()) {  // it is recorded to the buffer's own
    out.queue = f.shared.queues[buffer.context];
    f.wrong({CL_INVALID_COMMAND_QUEUE});
  }
  if (f.spoil()) {
    f.wrong({CL_INVALID_SYNC_POINT_WAIT_LIST_KHR});
    out.points[0] = f.one_of<cl_sync_point_khr>({0, buffer.steps + 1, ~cl_sync_point_khr{0}});
    out.count = static_cast<cl_uint>(f.below(2));
    out.list = out.count && f.one_in(2) ? nullptr : out.points;
  } else if (buffer.steps && f.one_in(3)) {
    out.count = 1 + static_cast<cl_uint>(f.below(2));
    for (auto& point : out.points) point = 1 + static_cast<cl_sync_point_khr>(f.below(buffer.steps));
    out.list = out.points;
  }
  return true;
}

void recorded(Fuzzer& f, CommandBuffer& buffer, cl_int result, const cl_sync_point_khr* point) {
  if (result != CL_SUCCESS) return;
  ++buffer.steps;
  if (point && *point != buffer.steps) f.fail("another sync point than the next");
}

// `call` is (properties, sync_point, mutable_handle) -> cl_int.
void record(Fuzzer& f, const Recording& r, const auto& call) {
  const cl_command_properties_khr none[] = {0}, some[] = {CL_MUTABLE_DISPATCH_UPDATABLE_FIELDS_KHR, 1, 0};
  const auto* properties = f.one_in(2) ? none : nullptr;
  if (f.spoil()) properties = some, f.wrong({CL_INVALID_VALUE});
  cl_mutable_command_khr command = nullptr;
  const bool change = f.spoil();
  if (change) f.wrong({CL_INVALID_VALUE});  // only kernels can be changed
  cl_sync_point_khr point = 0;
  auto* const out = f.one_in(2) ? &point : nullptr;
  const cl_int result = call(properties, out, change ? &command : nullptr);
  f.judge(result);
  recorded(f, *r.buffer, result, out);
}

void* pattern_or_null(Fuzzer& f) {
  if (!f.spoil()) return f.host(128);
  f.wrong({CL_INVALID_VALUE});
  return nullptr;
}

// An image's first pixel, or what is outside of it.
struct Pixel {
  std::size_t origin[3] = {0, 0, 0}, region[3] = {1, 1, 1};
};
Pixel pixel(Fuzzer& f) {
  Pixel out;
  if (!f.spoil()) return out;
  f.wrong({CL_INVALID_VALUE});
  if (f.one_in(2))
    out.origin[f.below(3)] = f.absurd();
  else
    out.region[f.below(3)] = f.one_in(2) ? 0 : f.absurd();
  return out;
}

// What is wrong with a copy between the first pixel of an image and the start of a buffer.
void check_pair(Fuzzer& f, const Memory& image, const Memory& buffer) {
  if (image.shape != Memory::Shape::kImage || buffer.shape != Memory::Shape::kBuffer) return;
  if (kFormats[image.format].bytes > buffer.size) f.wrong({CL_INVALID_VALUE});
  if (image.whole == buffer.handle)
    image.type == CL_MEM_OBJECT_IMAGE1D_BUFFER ? f.wrong({CL_INVALID_MEM_OBJECT})
                                               : f.maybe({CL_MEM_COPY_OVERLAP});
}

// A recorded kernel keeps its program from being built again: only those of shared programs.
Kernel* recordable_kernel(Fuzzer& f, int context) {
  const bool other = f.spoil();
  const std::size_t start = f.kernels.empty() ? 0 : f.below(f.kernels.size());
  for (std::size_t i = 0; i < f.kernels.size(); ++i) {
    Kernel& kernel = *f.kernels[(start + i) % f.kernels.size()];
    if (!kernel.program->shared || (kernel.context != context) != other) continue;
    if (other) f.wrong({CL_INVALID_CONTEXT});
    return &kernel;
  }
  return nullptr;
}

template <class T>
T* own_allocation(std::vector<std::unique_ptr<T>>& pool, int context) {
  for (const auto& one : pool)
    if (one->context == context) return one.get();
  return nullptr;
}

}  // namespace

void clCreateCommandBufferKHR(Fuzzer& f) {
  if (f.command_buffers.size() > kMany) return;
  const Queue& queue = *f.pick(f.queues);
  const cl_command_queue queues[] = {f.queue(queue)};
  cl_uint count = 1;
  const bool no_list = f.spoil();
  if (no_list) f.wrong({CL_INVALID_VALUE});
  if (f.spoil()) count = f.one_of<cl_uint>({0, 2}), f.wrong({CL_INVALID_VALUE});
  if (count == 2) count = 0;  // the list has one
  const bool can_change = f.one_in(2);
  cl_command_buffer_properties_khr list[5] = {
      CL_COMMAND_BUFFER_FLAGS_KHR,
      CL_COMMAND_BUFFER_SIMULTANEOUS_USE_KHR |
          (can_change ? CL_COMMAND_BUFFER_MUTABLE_KHR : cl_command_buffer_properties_khr{0}),
      0};
  if (f.spoil()) {
    f.wrong({CL_INVALID_VALUE, CL_INVALID_PROPERTY});
    if (f.one_in(2))
      list[1] = cl_command_buffer_properties_khr{1} << (3 + f.below(50));
    else
      list[2] = f.one_of<cl_command_buffer_properties_khr>({CL_COMMAND_BUFFER_FLAGS_KHR, 0x7777}),
      list[3] = 1;
  }
  const auto made = create(f, [&](cl_int* error) {
    return f.cl.clCreateCommandBufferKHR(count, no_list ? nullptr : queues, list, error);
  });
  if (made)
    f.command_buffers.push_back(std::make_unique<CommandBuffer>(CommandBuffer{
        .handle = made, .context = queue.context, .queue = queue.handle, .is_mutable = can_change}));
}

void clRetainCommandBufferKHR(Fuzzer& f) {
  retain(f, f.command_buffers, &Fuzzer::command_buffer, f.cl.clRetainCommandBufferKHR);
}

void clReleaseCommandBufferKHR(Fuzzer& f) {
  if (f.command_buffers.size() < 4) return;
  CommandBuffer& buffer = *f.pick(f.command_buffers);
  if (!buffer.finalized && !f.one_in(16)) return;
  if (!release(f, buffer, &Fuzzer::command_buffer, f.cl.clReleaseCommandBufferKHR)) return;
  f.retire(Kind::kCommandBuffer, buffer.handle);
  for (const auto& command : buffer.commands) f.retire(Kind::kMutableCommand, command.handle);
  f.drop(f.command_buffers, &buffer);
}

void clFinalizeCommandBufferKHR(Fuzzer& f) {
  CommandBuffer* buffer = f.pick(f.command_buffers);
  if (!buffer || !f.one_in(buffer->finalized ? 16 : 6)) return;
  if (buffer->finalized) f.wrong({CL_INVALID_OPERATION});
  const cl_command_buffer_khr handle = f.command_buffer(*buffer);
  const cl_int result = f.cl.clFinalizeCommandBufferKHR(handle);
  f.judge(result);
  if (result == CL_SUCCESS) buffer->finalized = true;
}

void clEnqueueCommandBufferKHR(Fuzzer& f) {
  CommandBuffer* buffer = f.pick(f.command_buffers);
  if (!buffer) return;
  if (!buffer->finalized) f.wrong({CL_INVALID_OPERATION});
  if (buffer->incomplete) f.maybe({CL_INVALID_OPERATION});  // until its arguments are set
  const cl_command_buffer_khr handle = f.command_buffer(*buffer);
  // To its own queue, or to another one of the context.
  Queue* queue = f.pick(f.queues);
  const bool own = queue->handle == buffer->queue;
  if (queue->context != buffer->context) {
    if (!f.one_in(8)) return f.forget();
    f.wrong({CL_INVALID_CONTEXT});
  }
  cl_command_queue list[] = {f.queue(*queue)};
  cl_uint count = 1;
  cl_command_queue* queues = list;
  if (f.right() && own && f.one_in(2)) count = 0, queues = nullptr;
  if (f.spoil()) {
    f.wrong({CL_INVALID_VALUE});
    count = count ? 0 : 1;
  }
  const auto waits = f.waits(queue->context);
  auto* out = f.event_out();
  if (buffer->may_fail) queue->may_have_failed = true;
  const cl_int result = f.cl.clEnqueueCommandBufferKHR(count, queues, handle, waits.count, waits.list, out);
  f.judge(result);
  f.keep_event(*queue, waits, result, out);
}

void clGetCommandBufferInfoKHR(Fuzzer& f) {
  const CommandBuffer* buffer = f.pick(f.command_buffers);
  if (!buffer) return;
  const cl_command_buffer_khr handle = f.command_buffer(*buffer);
  const auto name = query_name<cl_command_buffer_info_khr>(
      f,
      {CL_COMMAND_BUFFER_QUEUES_KHR, CL_COMMAND_BUFFER_NUM_QUEUES_KHR, CL_COMMAND_BUFFER_REFERENCE_COUNT_KHR,
       CL_COMMAND_BUFFER_STATE_KHR, CL_COMMAND_BUFFER_PROPERTIES_ARRAY_KHR, kContextOf});
  f.query([&](std::size_t size, void* value, std::size_t* told) {
    return f.cl.clGetCommandBufferInfoKHR(handle, name, size, value, told);
  });
}

void clCommandBarrierWithWaitListKHR(Fuzzer& f) {
  Recording r;
  if (!plan(f, r)) return;
  record(f, r, [&](const auto* properties, auto* point, auto* command) {
    return f.cl.clCommandBarrierWithWaitListKHR(r.handle, r.queue, properties, r.count, r.list, point,
                                                command);
  });
}

void clCommandCopyBufferKHR(Fuzzer& f) {
  Recording r;
  if (!plan(f, r)) return;
  const Memory* from = f.memory_for(r.buffer->context, Memory::Shape::kBuffer);
  const Memory* to = f.memory_for(r.buffer->context, Memory::Shape::kBuffer);
  if (!from || !to) return f.forget();
  const cl_mem source = f.memory(*from), target = f.memory(*to);
  std::size_t size = std::min(from->size, to->size);
  if (f.spoil()) size = f.one_in(2) ? f.absurd() : size + 1, f.wrong({CL_INVALID_VALUE});
  if (from == to)
    f.wrong({CL_MEM_COPY_OVERLAP});
  else if (from->whole || to->whole)
    f.maybe({CL_MEM_COPY_OVERLAP});
  record(f, r, [&](const auto* properties, auto* point, auto* command) {
    return f.cl.clCommandCopyBufferKHR(r.handle, r.queue, properties, source, target, 0, 0, size, r.count,
                                       r.list, point, command);
  });
}

void clCommandCopyBufferRectKHR(Fuzzer& f) {
  Recording r;
  if (!plan(f, r)) return;
  const Memory* from = f.memory_for(r.buffer->context, Memory::Shape::kBuffer);
  const Memory* to = f.memory_for(r.buffer->context, Memory::Shape::kBuffer);
  if (!from || !to) return f.forget();
  const cl_mem source = f.memory(*from), target = f.memory(*to);
  const std::size_t origin[3] = {};
  std::size_t region[3] = {1 + f.below(8), 1 + f.below(3), 1 + f.below(3)};
  const std::size_t size = std::min(from->size, to->size);
  if (region[0] * region[1] * region[2] > size) f.wrong({CL_INVALID_VALUE});
  if (f.spoil()) region[f.below(3)] = f.one_in(2) ? 0 : f.absurd(), f.wrong({CL_INVALID_VALUE});
  if (from == to)
    f.wrong({CL_MEM_COPY_OVERLAP});
  else if (from->whole || to->whole)
    f.maybe({CL_MEM_COPY_OVERLAP});
  record(f, r, [&](const auto* properties, auto* point, auto* command) {
    return f.cl.clCommandCopyBufferRectKHR(r.handle, r.queue, properties, source, target, origin, origin,
                                           region, 0, 0, 0, 0, r.count, r.list, point, command);
  });
}

void clCommandFillBufferKHR(Fuzzer& f) {
  Recording r;
  if (!plan(f, r)) return;
  const Memory* memory = f.memory_for(r.buffer->context, Memory::Shape::kBuffer);
  if (!memory) return f.forget();
  const cl_mem target = f.memory(*memory);
  std::size_t pattern = std::size_t{1} << f.below(8);
  std::size_t size = memory->size / pattern * pattern;
  if (f.spoil()) size = f.absurd(), f.wrong({CL_INVALID_VALUE});
  if (f.spoil()) pattern = f.one_of<std::size_t>({0, 3, 256}), f.wrong({CL_INVALID_VALUE});
  const void* const bytes = pattern_or_null(f);
  record(f, r, [&](const auto* properties, auto* point, auto* command) {
    return f.cl.clCommandFillBufferKHR(r.handle, r.queue, properties, target, bytes, pattern, 0, size,
                                       r.count, r.list, point, command);
  });
}

void clCommandFillImageKHR(Fuzzer& f) {
  Recording r;
  if (!plan(f, r)) return;
  const Memory* memory = f.memory_for(r.buffer->context, Memory::Shape::kImage);
  if (!memory) return f.forget();
  const cl_mem target = f.memory(*memory);
  const Pixel where = pixel(f);
  const void* const colour = pattern_or_null(f);
  record(f, r, [&](const auto* properties, auto* point, auto* command) {
    return f.cl.clCommandFillImageKHR(r.handle, r.queue, properties, target, colour, where.origin,
                                      where.region, r.count, r.list, point, command);
  });
}

void clCommandCopyImageKHR(Fuzzer& f) {
  Recording r;
  if (!plan(f, r)) return;
  const Memory* from = f.memory_for(r.buffer->context, Memory::Shape::kImage);
  const Memory* to = f.memory_for(r.buffer->context, Memory::Shape::kImage);
  if (!from || !to) return f.forget();
  const cl_mem source = f.memory(*from), target = f.memory(*to);
  const Pixel where = pixel(f);
  const std::size_t start[3] = {};
  if (from->shape == Memory::Shape::kImage && to->shape == Memory::Shape::kImage) {
    if (from->format != to->format) f.wrong({CL_IMAGE_FORMAT_MISMATCH});
    if (from == to)
      f.wrong({CL_MEM_COPY_OVERLAP});
    else if (from->whole || to->whole)
      f.maybe({CL_MEM_COPY_OVERLAP});
  }
  record(f, r, [&](const auto* properties, auto* point, auto* command) {
    return f.cl.clCommandCopyImageKHR(r.handle, r.queue, properties, source, target, where.origin, start,
                                      where.region, r.count, r.list, point, command);
  });
}

void clCommandCopyImageToBufferKHR(Fuzzer& f) {
  Recording r;
  if (!plan(f, r)) return;
  const Memory* from = f.memory_for(r.buffer->context, Memory::Shape::kImage);
  const Memory* to = f.memory_for(r.buffer->context, Memory::Shape::kBuffer);
  if (!from || !to) return f.forget();
  const cl_mem source = f.memory(*from), target = f.memory(*to);
  const Pixel where = pixel(f);
  check_pair(f, *from, *to);
  record(f, r, [&](const auto* properties, auto* point, auto* command) {
    return f.cl.clCommandCopyImageToBufferKHR(r.handle, r.queue, properties, source, target, where.origin,
                                              where.region, 0, r.count, r.list, point, command);
  });
}

void clCommandCopyBufferToImageKHR(Fuzzer& f) {
  Recording r;
  if (!plan(f, r)) return;
  const Memory* from = f.memory_for(r.buffer->context, Memory::Shape::kBuffer);
  const Memory* to = f.memory_for(r.buffer->context, Memory::Shape::kImage);
  if (!from || !to) return f.forget();
  const cl_mem source = f.memory(*from), target = f.memory(*to);
  const Pixel where = pixel(f);
  check_pair(f, *to, *from);
  record(f, r, [&](const auto* properties, auto* point, auto* command) {
    return f.cl.clCommandCopyBufferToImageKHR(r.handle, r.queue, properties, source, target, 0, where.origin,
                                              where.region, r.count, r.list, point, command);
  });
}

void clCommandSVMMemcpyKHR(Fuzzer& f) {
  Recording r;
  if (!plan(f, r)) return;
  const Svm* svm = own_allocation(f.allocations, r.buffer->context);
  if (!svm) return f.forget();
  const std::size_t size = 1 + f.below(svm->size / 2);
  std::byte* target = svm->begin;
  const std::byte* source = target + size;
  if (size * 2 > svm->size) return f.forget();
  if (f.spoil()) source = target, f.wrong({CL_MEM_COPY_OVERLAP});
  if (f.spoil()) target = nullptr, f.wrong({CL_INVALID_VALUE});
  record(f, r, [&](const auto* properties, auto* point, auto* command) {
    return f.cl.clCommandSVMMemcpyKHR(r.handle, r.queue, properties, target, source, size, r.count, r.list,
                                      point, command);
  });
}

void clCommandSVMMemFillKHR(Fuzzer& f) {
  Recording r;
  if (!plan(f, r)) return;
  const Svm* svm = own_allocation(f.allocations, r.buffer->context);
  if (!svm) return f.forget();
  std::size_t pattern = 1, size = svm->size;
  if (f.spoil()) pattern = f.one_of<std::size_t>({0, 3, 256}), f.wrong({CL_INVALID_VALUE});
  if (f.spoil()) size = f.absurd(), f.wrong({CL_INVALID_VALUE});
  const void* const bytes = pattern_or_null(f);
  record(f, r, [&](const auto* properties, auto* point, auto* command) {
    return f.cl.clCommandSVMMemFillKHR(r.handle, r.queue, properties, svm->begin, bytes, pattern, size,
                                       r.count, r.list, point, command);
  });
}

void clCommandNDRangeKernelKHR(Fuzzer& f) {
  Recording r;
  if (!plan(f, r)) return;
  Kernel* kernel = recordable_kernel(f, r.buffer->context);
  if (!kernel) return f.forget();
  const cl_kernel handle = f.kernel(*kernel);
  Sizes sizes;
  launch_sizes(f, *kernel, sizes);
  spoil_sizes(f, sizes);
  Queue queue{.handle = r.buffer->queue, .context = r.buffer->context};
  const bool unset = std::any_of(kernel->arguments.begin(), kernel->arguments.end(),
                                 [](const Argument& one) { return one.state == Argument::State::kUnset; });
  cl_command_properties_khr list[] = {CL_MUTABLE_DISPATCH_UPDATABLE_FIELDS_KHR, kAllFields, 0};
  const bool updatable = f.one_in(2), later = updatable && r.buffer->is_mutable;
  if (unset && later) {  // they may come with an update
    for (const auto& one : kernel->arguments)
      if (one.huge) f.maybe({CL_OUT_OF_RESOURCES});
  } else {
    check_arguments(f, queue, *kernel);
  }
  if (updatable && f.spoil())
    list[f.below(2)] = cl_command_properties_khr{1} << 40, f.wrong({CL_INVALID_VALUE});
  cl_mutable_command_khr command = nullptr;
  cl_sync_point_khr point = 0;
  auto* const point_out = f.one_in(2) ? &point : nullptr;
  auto* const command_out = f.one_in(2) ? &command : nullptr;
  const cl_int result = f.cl.clCommandNDRangeKernelKHR(
      r.handle, r.queue, updatable ? list : nullptr, handle, sizes.dimensions, sizes.offset_pointer,
      sizes.global, sizes.local_pointer, r.count, r.list, point_out, command_out);
  f.judge(result);
  recorded(f, *r.buffer, result, point_out);
  if (result != CL_SUCCESS) return;
  r.buffer->may_fail |= queue.may_have_failed;
  r.buffer->incomplete |= unset;
  for (const auto& one : kernel->arguments)
    r.buffer->may_fail |= one.state != Argument::State::kValue;  // what it uses may go before it runs
  if (!command_out) return;
  if (!command) return f.fail("success without the command");
  kernel->kept = true;
  MutableCommand made{command, kernel->which, sizes.dimensions, {}, sizes.local_pointer != nullptr, true};
  std::copy_n(sizes.local, 3, made.local.begin());
  for (cl_uint i = 0; i < sizes.dimensions; ++i) made.uniform &= sizes.global[i] % sizes.local[i] == 0;
  r.buffer->commands.push_back(made);
}

void clUpdateMutableCommandsKHR(Fuzzer& f) {
  CommandBuffer* buffer = f.pick(f.command_buffers);
  if (!buffer) return;
  if (buffer->commands.empty() && !f.one_in(8)) return;
  if (!buffer->finalized || !buffer->is_mutable) f.wrong({CL_INVALID_OPERATION});
  const cl_command_buffer_khr handle = f.command_buffer(*buffer);
  std::size_t offset[3] = {f.below(50), f.below(50), f.below(50)}, global[3] = {1, 1, 1};
  const cl_int number = 9;
  cl_mutable_dispatch_arg_khr argument{};
  MutableDispatchConfig config{};
  const MutableCommand* command =
      buffer->commands.empty() ? nullptr : &buffer->commands[f.below(buffer->commands.size())];
  config.command = command ? command->handle : nullptr;
  if (!command || f.spoil()) {
    config.command = static_cast<cl_mutable_command_khr>(f.bad(Kind::kMutableCommand, config.command));
    f.wrong({CL_INVALID_MUTABLE_COMMAND_KHR});
  }
  if (command) {
    config.work_dim = f.one_in(2) ? command->dimensions : 0;
    if (f.spoil()) config.work_dim = command->dimensions + 1, f.wrong({CL_INVALID_OPERATION});
    if (f.one_in(2)) config.global_work_offset = offset;
    // What an earlier argument names may be gone.
    if (buffer->may_fail) f.maybe({CL_INVALID_KERNEL_ARGS, CL_INVALID_MEM_OBJECT});
    if (f.one_in(2)) {
      const bool other = command->local_given && f.spoil();  // not uniform, or uniform where it was not
      for (cl_uint i = 0; i < command->dimensions; ++i) global[i] = command->local[i] * (1 + f.below(3));
      if (other) global[0] += 1;
      const bool uniform = !other || command->local[0] == 1;
      config.global_work_size = global;
      if (command->local_given && uniform != command->uniform)
        f.wrong({CL_INVALID_OPERATION, CL_INVALID_WORK_GROUP_SIZE});
    }
    const auto& slots = kKernels[command->which].arguments;
    for (cl_uint i = 0; i < slots.size(); ++i)
      if (slots[i] == Slot::kValue && f.one_in(2)) {
        argument = {i, sizeof number, &number};
        if (f.spoil())
          argument.arg_index = 77, f.wrong({CL_INVALID_ARG_INDEX});
        else if (f.spoil())
          argument.arg_size = 3, f.wrong({CL_INVALID_ARG_SIZE});
        config.num_args = 1, config.arg_list = &argument;
      }
    if (f.spoil()) config.num_args = 0, config.arg_list = &argument, f.wrong({CL_INVALID_VALUE});
  }
  cl_command_buffer_update_type_khr types[] = {kDispatch};
  const void* configs[] = {&config};
  cl_uint count = 1;
  if (f.spoil()) types[0] = 7, f.wrong({CL_INVALID_VALUE});
  if (f.spoil()) count = 0, f.wrong({CL_INVALID_VALUE});
  if (f.spoil()) configs[0] = nullptr, f.wrong({CL_INVALID_VALUE});
  f.judge(f.cl.clUpdateMutableCommandsKHR(handle, count, types, configs));
}

void clGetMutableCommandInfoKHR(Fuzzer& f) {
  const CommandBuffer* buffer = f.pick(f.command_buffers);
  if (!buffer || buffer->commands.empty()) return;
  const auto& command = buffer->commands[f.below(buffer->commands.size())];
  const auto handle = f.handle(command.handle, Kind::kMutableCommand, CL_INVALID_MUTABLE_COMMAND_KHR);
  const auto name = query_name<cl_mutable_command_info_khr>(
      f, {CL_MUTABLE_COMMAND_COMMAND_QUEUE_KHR, CL_MUTABLE_COMMAND_COMMAND_BUFFER_KHR,
          CL_MUTABLE_COMMAND_COMMAND_TYPE_KHR, CL_MUTABLE_DISPATCH_PROPERTIES_ARRAY_KHR,
          CL_MUTABLE_DISPATCH_KERNEL_KHR, CL_MUTABLE_DISPATCH_DIMENSIONS_KHR,
          CL_MUTABLE_DISPATCH_GLOBAL_WORK_OFFSET_KHR, CL_MUTABLE_DISPATCH_GLOBAL_WORK_SIZE_KHR,
          CL_MUTABLE_DISPATCH_LOCAL_WORK_SIZE_KHR});
  f.query([&](std::size_t size, void* value, std::size_t* told) {
    return f.cl.clGetMutableCommandInfoKHR(handle, name, size, value, told);
  });
}

}  // namespace kiesel::conformance::api::calls
