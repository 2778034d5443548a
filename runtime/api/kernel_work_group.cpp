// Queries about the work-groups and sub-groups of a kernel (OpenCL 3.0 API 5.9.3).
#include "runtime/api/api.hpp"
#include "runtime/api/info.hpp"
#include "runtime/core/kernel.hpp"
#include "support/checked.hpp"

namespace kiesel::runtime::api {
namespace {

// cl_intel_required_subgroup_size, not in the headers: CL_KERNEL_SPILL_MEM_SIZE_INTEL,
// CL_KERNEL_COMPILE_SUB_GROUP_SIZE_INTEL.
constexpr cl_uint kSpillMemSize = 0x4109, kCompileSubGroupSize = 0x410A;

// The build that a query about a device means; NULL stands for the only one.
Outcome<const Kernel::Build*> build_of(const Kernel& kernel, cl_device_id handle) {
  if (!handle) {
    KIESEL_REQUIRE(kernel.builds().size() == 1, CL_INVALID_DEVICE,
                   "the kernel has several devices: name one");
    return &kernel.builds().front();
  }
  const auto* device = find<Device>(handle);
  const auto* build = device ? kernel.build_for(*device) : nullptr;
  KIESEL_REQUIRE(build, CL_INVALID_DEVICE, "no device of the kernel");
  return build;
}

std::uint64_t local_bytes(const Kernel& kernel, const compiler::Kernel& info) {
  std::uint64_t out = info.local_memory_bytes;
  ArgumentValues::Copy values;
  kernel.arguments().read(values);
  for (std::size_t i = 0; i < kernel.arguments().count(); ++i)
    if (values.state(i) == ArgumentState::kLocal) out = saturating_sum(out, values.word(i));
  return out;
}

// What the application asks about.
struct Input {
  std::size_t bytes;
  const void* value;
};

// Work-items of a work-group with the local size that is the input; more than there can be are the largest
// number.
Outcome<std::size_t> work_items_of(const Input& input) {
  const std::size_t dimensions = input.bytes / sizeof(std::size_t);
  KIESEL_REQUIRE(input.value && input.bytes % sizeof(std::size_t) == 0 && dimensions >= 1 && dimensions <= 3,
                 CL_INVALID_VALUE, "the input is no local size of 1 to 3 dimensions");
  const std::span local(static_cast<const std::size_t*>(input.value), dimensions);
  std::size_t items = 1;
  for (const std::size_t size : local) items = saturating_product(items, size);
  return items;
}

// The local size with that many sub-groups, none of them partial; zeros if there is none.
Outcome<> local_size_for(const Input& input, const Kernel::Build& build, const Answer& answer) {
  KIESEL_REQUIRE(input.value && input.bytes == sizeof(std::size_t), CL_INVALID_VALUE,
                 "the input is no number of sub-groups");
  const std::size_t count = *static_cast<const std::size_t*>(input.value);
  const auto& required = build.kernel->required_work_group_size;
  const std::size_t items = saturating_product(count, std::size_t{build.sub_group_size()});
  const bool possible = count >= 1 && count <= build.max_sub_groups() &&
                        (!required[0] || (required[0] == items && required[1] == 1 && required[2] == 1));
  const std::size_t dimensions = answer.room() / sizeof(std::size_t);
  KIESEL_REQUIRE(!answer.target() || (dimensions >= 1 && dimensions <= 3), CL_INVALID_VALUE,
                 "the answer is a local size of 1 to 3 dimensions");
  std::vector<std::size_t> out(answer.target() ? dimensions : 3, possible ? 1 : 0);
  if (possible) out[0] = items;
  return answer.array(out);
}

}  // namespace

cl_int clGetKernelWorkGroupInfo(cl_kernel handle, cl_device_id device, cl_kernel_work_group_info name,
                                size_t size, void* value, size_t* size_ret) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(kernel, valid<Kernel>(handle));
    KIESEL_TRY(build, build_of(*kernel, device));
    const auto& target = build->device->target();
    const auto& required = build->kernel->required_work_group_size;
    const Answer answer(size, value, size_ret);
    switch (name) {
      case CL_KERNEL_WORK_GROUP_SIZE:
        return answer.value(std::size_t{target.max_work_group_size()});
      case CL_KERNEL_COMPILE_WORK_GROUP_SIZE:
        return answer.array(std::vector<std::size_t>(required.begin(), required.end()));
      case CL_KERNEL_LOCAL_MEM_SIZE:
        return answer.value(cl_ulong{local_bytes(*kernel, *build->kernel)});
      case CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE:
        return answer.value(std::size_t{target.lanes});
      case CL_KERNEL_PRIVATE_MEM_SIZE:
      case kSpillMemSize:  // not told apart from variables
        return answer.value(cl_ulong{build->kernel->private_memory_bytes});
      case CL_KERNEL_GLOBAL_WORK_SIZE:
        return error(kernel->program().context(), CL_INVALID_VALUE,
                     "neither a custom device nor a built-in kernel");
      default:
        return Answer::unknown(name);
    }
  }());
}

cl_int clGetKernelSubGroupInfo(cl_kernel handle, cl_device_id device, cl_kernel_sub_group_info name,
                               size_t input_size, const void* input_value, size_t size, void* value,
                               size_t* size_ret) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(kernel, valid<Kernel>(handle));
    KIESEL_TRY(build, build_of(*kernel, device));
    KIESEL_REQUIRE(build->device->target().votes, kernel->program().context(), CL_INVALID_OPERATION,
                   "the device has no sub-groups");
    const Input input{input_size, input_value};
    const std::size_t most = build->sub_group_size();
    const Answer answer(size, value, size_ret);
    switch (name) {
      case CL_KERNEL_MAX_SUB_GROUP_SIZE_FOR_NDRANGE: {
        KIESEL_TRY(items, work_items_of(input));
        return answer.value(std::min(items, most));
      }
      case CL_KERNEL_SUB_GROUP_COUNT_FOR_NDRANGE: {
        KIESEL_TRY(items, work_items_of(input));
        return answer.value(items / most + (items % most != 0));
      }
      case CL_KERNEL_LOCAL_SIZE_FOR_SUB_GROUP_COUNT:
        return local_size_for(input, *build, answer);
      case CL_KERNEL_MAX_NUM_SUB_GROUPS:
        return answer.value(std::size_t{build->max_sub_groups()});
      case CL_KERNEL_COMPILE_NUM_SUB_GROUPS:
        return answer.value(std::size_t{build->kernel->required_sub_groups});
      case kCompileSubGroupSize:
        return answer.value(std::size_t{build->kernel->required_sub_group_size});
      default:
        return Answer::unknown(name);
    }
  }());
}

cl_int clGetKernelSubGroupInfoKHR(cl_kernel kernel, cl_device_id device, cl_kernel_sub_group_info name,
                                  size_t input_size, const void* input, size_t size, void* value,
                                  size_t* size_ret) {
  return api::clGetKernelSubGroupInfo(kernel, device, name, input_size, input, size, value, size_ret);
}

}  // namespace kiesel::runtime::api
