// Running kernels (OpenCL 3.0 API 5.10).
#include <algorithm>
#include <limits>

#include "runtime/api/api.hpp"
#include "runtime/api/command.hpp"
#include "runtime/api/enqueue.hpp"
#include "runtime/core/ndrange.hpp"
#include "runtime/core/transfer.hpp"
#include "support/checked.hpp"

namespace kiesel::runtime::api {
namespace {

// Offsets and global sizes. A NULL or zero size is an empty range (since OpenCL 2.1). Work-items have numbers
// of 64 bits (get_global_linear_id), so there are no more of them.
Outcome<NDRange> range_of(Context& context, cl_uint dimensions, const size_t* offset, const size_t* global) {
  KIESEL_REQUIRE(dimensions >= 1 && dimensions <= 3, context, CL_INVALID_WORK_DIMENSION,
                 fmt::format("{} dimensions", dimensions));
  NDRange range{.dimensions = dimensions};
  for (cl_uint i = 0; i < dimensions; ++i) {
    range.global[i] = global ? global[i] : 0;
    range.offset[i] = offset ? offset[i] : 0;
    KIESEL_REQUIRE(range.offset[i] <= std::numeric_limits<size_t>::max() - range.global[i], context,
                   CL_INVALID_GLOBAL_OFFSET, fmt::format("offset and size of dimension {} overflow", i));
  }
  KIESEL_REQUIRE(checked_product(range.global[0], range.global[1], range.global[2]), context,
                 CL_INVALID_GLOBAL_WORK_SIZE, "more than 2^64 - 1 work-items");
  return range;
}

Outcome<> check_local_size(Context& context, const Device& device, const Kernel::Build& build,
                           const NDRange& range, const size_t* local) {
  const compiler::Kernel& kernel = *build.kernel;
  const std::size_t most = device.target().max_work_group_size();
  const auto& required = kernel.required_work_group_size;
  std::size_t items = 1;
  for (cl_uint i = 0; i < range.dimensions; ++i) {
    KIESEL_REQUIRE(local[i] > 0, context, CL_INVALID_WORK_GROUP_SIZE, "a local size of 0");
    KIESEL_REQUIRE(!required[0] || local[i] == required[i], context, CL_INVALID_WORK_GROUP_SIZE,
                   fmt::format("kernel '{}' requires work-groups of {}x{}x{}", kernel.name, required[0],
                               required[1], required[2]));
    KIESEL_REQUIRE(
        local[i] <= most, context, CL_INVALID_WORK_ITEM_SIZE,
        fmt::format("local size {} in dimension {}, the device has at most {}", local[i], i, most));
    items *= local[i];
  }
  for (cl_uint i = range.dimensions; required[0] && i < 3; ++i)
    KIESEL_REQUIRE(required[i] == 1, context, CL_INVALID_WORK_GROUP_SIZE,
                   "the kernel requires more dimensions");
  const std::size_t sub_groups = (items + build.sub_group_size() - 1) / build.sub_group_size();
  KIESEL_REQUIRE(!kernel.required_sub_groups || sub_groups == kernel.required_sub_groups, context,
                 CL_INVALID_WORK_GROUP_SIZE,
                 fmt::format("kernel '{}' requires work-groups of {} sub-groups, not {}", kernel.name,
                             kernel.required_sub_groups, sub_groups));
  KIESEL_REQUIRE(items <= most, context, CL_INVALID_WORK_GROUP_SIZE,
                 fmt::format("{} work-items in a work-group, the device has at most {}", items, most));
  const bool uniform = build.executable->program().uniform_work_groups;
  for (cl_uint i = 0; uniform && i < range.dimensions; ++i)
    KIESEL_REQUIRE(
        range.global[i] % local[i] == 0, context, CL_INVALID_WORK_GROUP_SIZE,
        fmt::format("global size {} is no multiple of local size {} in dimension {}, and the program "
                    "needs it: it was built for OpenCL C 1.x or with -cl-uniform-work-group-size",
                    range.global[i], local[i], i));
  return {};
}

enum class SizeFor { kLaunch, kApplication };

// The size for a NULL local_work_size: the required one, one with the required number of sub-groups, or one
// chosen well. Where the program wants whole work-groups, so does the application that asks for the size, and
// a kernel that could tell.
Outcome<> choose(Context& context, const Device& device, Kernel& kernel, NDRange& range, SizeFor what) {
  const auto& build = *kernel.build_for(device);
  auto required = build.kernel->required_work_group_size;
  if (const auto count = build.kernel->required_sub_groups; count && !required[0])
    required = {saturating_product(count, build.sub_group_size()), 1, 1};
  if (required[0]) {
    const size_t local[3] = {required[0], required[1], required[2]};
    KIESEL_CHECK(check_local_size(context, device, build, range, local));
    range.local = required;
    return {};
  }
  const auto before = kernel.chosen();
  const std::uint32_t cores = device.description().cores;
  const bool uniform = build.executable->program().uniform_work_groups &&
                       (what == SizeFor::kApplication || build.kernel->observes_work_groups);
  if (before && before->build == &build && before->cores == cores && before->global == range.global &&
      before->uniform == uniform) {
    range.local = before->local;
    return {};
  }
  range.local = choose_local_size(range.global, device.description(), uniform);
  kernel.remember({&build, cores, range.global, range.local, uniform});
  return {};
}

}  // namespace

Outcome<Kernel*> kernel_for(CommandQueue& queue, cl_kernel handle) {
  auto* kernel = find<Kernel>(handle);
  KIESEL_REQUIRE(kernel, queue.context(), CL_INVALID_KERNEL, "no valid kernel");
  KIESEL_REQUIRE(&kernel->program().context() == &queue.context(), queue.context(), CL_INVALID_CONTEXT,
                 "the kernel is of another context than the command-queue");
  KIESEL_REQUIRE(kernel->build_for(queue.device()), queue.context(), CL_INVALID_PROGRAM_EXECUTABLE,
                 "the program has no executable for the device");
  return kernel;
}

bool is_empty(const NDRange& range) { return std::ranges::count(range.global, 0U) > 0; }

Outcome<NDRange> checked_range(CommandQueue& queue, Kernel& kernel, cl_uint dimensions, const size_t* offset,
                               const size_t* global, const size_t* local) {
  Context& context = queue.context();
  Device& device = queue.device();
  KIESEL_TRY(range, range_of(context, dimensions, offset, global));
  if (local) {
    KIESEL_CHECK(check_local_size(context, device, *kernel.build_for(device), range, local));
    for (cl_uint i = 0; i < dimensions; ++i) range.local[i] = static_cast<std::uint32_t>(local[i]);
  } else if (!is_empty(range)) {
    KIESEL_CHECK(choose(context, device, kernel, range, SizeFor::kLaunch));
  }
  return range;
}

namespace {

Outcome<> enqueue_range(cl_command_queue handle, cl_kernel kernel_handle, cl_command_type type,
                        cl_uint dimensions, const size_t* offset, const size_t* global, const size_t* local,
                        cl_uint num_events, const cl_event* events, cl_event* event) {
  KIESEL_TRY(queue, valid<CommandQueue>(handle));
  KIESEL_TRY(kernel, kernel_for(*queue, kernel_handle));
  KIESEL_TRY(range, checked_range(*queue, *kernel, dimensions, offset, global, local));
  KIESEL_TRY(waits, wait_list(queue->context(), num_events, events));
  KIESEL_TRY(work, launch_work(queue->device(), *kernel, range, Launches::kOnce));
  return enqueue({*queue, type, std::move(waits), false, event},
                 is_empty(range) ? no_work() : std::move(work));
}

}  // namespace

cl_int clEnqueueNDRangeKernel(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions,
                              const size_t* offset, const size_t* global, const size_t* local,
                              cl_uint num_events, const cl_event* events, cl_event* event) {
  return status(enqueue_range(queue, kernel, CL_COMMAND_NDRANGE_KERNEL, dimensions, offset, global, local,
                              num_events, events, event));
}

cl_int clGetKernelSuggestedLocalWorkSize(cl_command_queue handle, cl_kernel kernel_handle, cl_uint dimensions,
                                         const size_t* offset, const size_t* global, size_t* suggested) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    KIESEL_TRY(kernel, kernel_for(*queue, kernel_handle));
    Context& context = queue->context();
    KIESEL_TRY(range, range_of(context, dimensions, offset, global));
    KIESEL_REQUIRE(!is_empty(range), context, CL_INVALID_GLOBAL_WORK_SIZE, "a global size of 0");
    KIESEL_CHECK(choose(context, queue->device(), *kernel, range, SizeFor::kApplication));
    KIESEL_CHECK(launch_work(queue->device(), *kernel, range, Launches::kOnce));
    KIESEL_REQUIRE(suggested, context, CL_INVALID_VALUE, "nowhere to return the local size");
    std::copy_n(range.local.begin(), dimensions, suggested);
    return {};
  }());
}

cl_int clGetKernelSuggestedLocalWorkSizeKHR(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions,
                                            const size_t* offset, const size_t* global, size_t* suggested) {
  return api::clGetKernelSuggestedLocalWorkSize(queue, kernel, dimensions, offset, global, suggested);
}

// "equivalent to work_dim = 1, no offset, global and local size 1"
cl_int clEnqueueTask(cl_command_queue queue, cl_kernel kernel, cl_uint num_events, const cl_event* events,
                     cl_event* event) {
  const size_t one = 1;
  return status(
      enqueue_range(queue, kernel, CL_COMMAND_TASK, 1, nullptr, &one, &one, num_events, events, event));
}

cl_int clEnqueueNativeKernel(cl_command_queue handle, void(CL_CALLBACK*)(void*), void*, size_t, cl_uint,
                             const cl_mem*, const void**, cl_uint, const cl_event*, cl_event*) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    return error(queue->context(), CL_INVALID_OPERATION, "the device runs no native kernels");
  }());
}

}  // namespace kiesel::runtime::api
