// Kernel objects (OpenCL 3.0 API 5.9).
#include "runtime/core/kernel.hpp"

#include <algorithm>

#include "runtime/api/api.hpp"
#include "runtime/api/command.hpp"
#include "runtime/api/info.hpp"
#include "runtime/core/buffer.hpp"

namespace kiesel::runtime::api {
namespace {

cl_kernel_arg_address_qualifier address_qualifier(const compiler::KernelArgument& argument) {
  switch (argument.address_space) {
    case compiler::AddressSpace::kGlobal:
      return CL_KERNEL_ARG_ADDRESS_GLOBAL;
    case compiler::AddressSpace::kConstant:
      return CL_KERNEL_ARG_ADDRESS_CONSTANT;
    case compiler::AddressSpace::kLocal:
      return CL_KERNEL_ARG_ADDRESS_LOCAL;
    case compiler::AddressSpace::kPrivate:
      break;
  }
  return CL_KERNEL_ARG_ADDRESS_PRIVATE;
}

cl_kernel_arg_access_qualifier access_qualifier(const compiler::KernelArgument& argument) {
  switch (argument.access) {
    case compiler::ArgumentAccess::kReadOnly:
      return CL_KERNEL_ARG_ACCESS_READ_ONLY;
    case compiler::ArgumentAccess::kWriteOnly:
      return CL_KERNEL_ARG_ACCESS_WRITE_ONLY;
    case compiler::ArgumentAccess::kReadWrite:
      return CL_KERNEL_ARG_ACCESS_READ_WRITE;
    case compiler::ArgumentAccess::kNone:
      break;
  }
  return CL_KERNEL_ARG_ACCESS_NONE;
}

cl_kernel_arg_type_qualifier type_qualifier(const compiler::KernelArgument& argument) {
  return (argument.is_const ? CL_KERNEL_ARG_TYPE_CONST : 0) |
         (argument.is_restrict ? CL_KERNEL_ARG_TYPE_RESTRICT : 0) |
         (argument.is_volatile ? CL_KERNEL_ARG_TYPE_VOLATILE : 0) |
         (argument.kind == compiler::ArgumentKind::kPipe ? CL_KERNEL_ARG_TYPE_PIPE : 0);
}

Outcome<> check_svm(Context& context) {
  const auto& devices = context.devices();
  KIESEL_REQUIRE(
      std::any_of(devices.begin(), devices.end(), [](const auto& d) { return d->svm_capabilities(); }),
      context, CL_INVALID_OPERATION, "no device of the context supports shared virtual memory");
  return {};
}

}  // namespace

Outcome<> set_exec_info(Kernel& kernel, cl_kernel_exec_info name, size_t size, const void* value) {
  Context& context = kernel.program().context();
  KIESEL_REQUIRE(value || size == 0, context, CL_INVALID_VALUE, "no value");
  if (name == CL_KERNEL_EXEC_INFO_SVM_PTRS) {
    KIESEL_CHECK(check_svm(context));
    KIESEL_REQUIRE(size % sizeof(void*) == 0, context, CL_INVALID_VALUE, "not a whole number of pointers");
    const auto* pointers = static_cast<const void* const*>(value);
    return kernel.set_svm_pointers(std::vector<const void*>(pointers, pointers + size / sizeof(void*)));
  }
  if (name == CL_KERNEL_EXEC_INFO_USM_PTRS_INTEL) {
    KIESEL_CHECK(check_svm(context));
    KIESEL_REQUIRE(size % sizeof(void*) == 0, context, CL_INVALID_VALUE, "not a whole number of pointers");
    const auto* pointers = static_cast<const void* const*>(value);
    kernel.set_usm_pointers(std::vector<const void*>(pointers, pointers + size / sizeof(void*)));
    return {};
  }
  if (name == kDevicePointers) {
    KIESEL_REQUIRE(size % sizeof(device::Address) == 0, context, CL_INVALID_VALUE,
                   "not a whole number of addresses");
    const auto* addresses = static_cast<const device::Address*>(value);
    kernel.set_device_pointers({addresses, addresses + size / sizeof(device::Address)});
    return {};
  }
  // A kernel reaches all allocations of its device, whether it says so or not; clMemBlockingFreeINTEL waits
  // for those that do.
  if (name >= CL_KERNEL_EXEC_INFO_INDIRECT_HOST_ACCESS_INTEL &&
      name <= CL_KERNEL_EXEC_INFO_INDIRECT_SHARED_ACCESS_INTEL) {
    KIESEL_CHECK(check_svm(context));
    KIESEL_REQUIRE(size == sizeof(cl_bool), context, CL_INVALID_VALUE, "the value is no cl_bool");
    const auto type = CL_MEM_TYPE_HOST_INTEL + (name - CL_KERNEL_EXEC_INFO_INDIRECT_HOST_ACCESS_INTEL);
    kernel.set_usm_type(type, *static_cast<const cl_bool*>(value) != CL_FALSE);
    return {};
  }
  KIESEL_REQUIRE(name == CL_KERNEL_EXEC_INFO_SVM_FINE_GRAIN_SYSTEM && size == sizeof(cl_bool), context,
                 CL_INVALID_VALUE,
                 fmt::format("{:#x} with {} bytes is no execution information", name, size));
  KIESEL_REQUIRE(*static_cast<const cl_bool*>(value) == CL_FALSE, context, CL_INVALID_OPERATION,
                 "no device has fine-grain system memory");
  return {};
}

cl_kernel clCreateKernel(cl_program handle, const char* name, cl_int* errcode_ret) {
  return object<cl_kernel>(
      [&]() -> Outcome<cl_kernel> {
        KIESEL_TRY(program, valid<Program>(handle));
        KIESEL_REQUIRE(name, program->context(), CL_INVALID_VALUE, "no kernel name");
        KIESEL_TRY(kernel, Kernel::create(*program, name));
        return hand_out(std::move(kernel));
      }(),
      errcode_ret);
}

cl_int clCreateKernelsInProgram(cl_program handle, cl_uint num_kernels, cl_kernel* kernels,
                                cl_uint* num_kernels_ret) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(program, valid<Program>(handle));
    std::vector<std::string> names;
    bool built = false;
    for (const auto& build : program->builds()) {
      if (build.status != CL_BUILD_SUCCESS || build.type != CL_PROGRAM_BINARY_TYPE_EXECUTABLE || built)
        continue;
      built = true;
      for (const auto& kernel : build.executable->program().kernels) names.push_back(kernel.name);
    }
    KIESEL_REQUIRE(built, program->context(), CL_INVALID_PROGRAM_EXECUTABLE, "the program has no executable");
    KIESEL_REQUIRE(!kernels || num_kernels >= names.size(), program->context(), CL_INVALID_VALUE,
                   fmt::format("the program has {} kernels", names.size()));
    for (std::size_t i = 0; kernels && i < names.size(); ++i) {
      KIESEL_TRY(kernel, Kernel::create(*program, names[i]));
      KIESEL_TRY(kernel_handle, hand_out(std::move(kernel)));
      kernels[i] = kernel_handle;
    }
    if (num_kernels_ret) *num_kernels_ret = static_cast<cl_uint>(names.size());
    return {};
  }());
}

cl_kernel clCloneKernel(cl_kernel source, cl_int* errcode_ret) {
  return object<cl_kernel>(
      [&]() -> Outcome<cl_kernel> {
        KIESEL_TRY(kernel, valid<Kernel>(source));
        return hand_out(kernel->clone());
      }(),
      errcode_ret);
}

cl_int clRetainKernel(cl_kernel kernel) { return retain<Kernel>(kernel); }
cl_int clReleaseKernel(cl_kernel kernel) { return release<Kernel>(kernel); }

cl_int clSetKernelArg(cl_kernel handle, cl_uint index, size_t size, const void* value) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(kernel, valid<Kernel>(handle));
    return kernel->set_argument(index, size, value);
  }());
}

cl_int clSetKernelArgSVMPointer(cl_kernel handle, cl_uint index, const void* pointer) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(kernel, valid<Kernel>(handle));
    KIESEL_CHECK(check_svm(kernel->program().context()));
    return kernel->set_svm_argument(index, pointer);
  }());
}

cl_int clSetKernelArgDevicePointerEXT(cl_kernel handle, cl_uint index, cl_ulong address) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(kernel, valid<Kernel>(handle));
    const auto& arguments = kernel->info().arguments;
    KIESEL_REQUIRE(index < arguments.size() && arguments[index].kind == compiler::ArgumentKind::kPointer &&
                       address_qualifier(arguments[index]) == CL_KERNEL_ARG_ADDRESS_GLOBAL,
                   kernel->program().context(), CL_INVALID_ARG_INDEX,
                   fmt::format("argument {} is no pointer to __global memory", index));
    return kernel->set_pointer_argument(index, reinterpret_cast<const void*>(address));
  }());
}

cl_int clSetKernelExecInfo(cl_kernel handle, cl_kernel_exec_info name, size_t size, const void* value) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(kernel, valid<Kernel>(handle));
    return set_exec_info(*kernel, name, size, value);
  }());
}

cl_int clGetKernelInfo(cl_kernel handle, cl_kernel_info name, size_t size, void* value, size_t* size_ret) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(kernel, valid<Kernel>(handle));
    const Answer answer(size, value, size_ret);
    switch (name) {
      case CL_KERNEL_FUNCTION_NAME:
        return answer.text(kernel->info().name);
      case CL_KERNEL_NUM_ARGS:
        return answer.value(static_cast<cl_uint>(kernel->info().arguments.size()));
      case CL_KERNEL_REFERENCE_COUNT:
        return answer.value(reference_count(*kernel));
      case CL_KERNEL_CONTEXT:
        return answer.value(cl_handle(kernel->program().context()));
      case CL_KERNEL_PROGRAM:
        return answer.value(cl_handle(kernel->program()));
      case CL_KERNEL_ATTRIBUTES:
        return answer.text(kernel->info().attributes);
      default:
        return Answer::unknown(name);
    }
  }());
}

cl_int clGetKernelArgInfo(cl_kernel handle, cl_uint index, cl_kernel_arg_info name, size_t size, void* value,
                          size_t* size_ret) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(kernel, valid<Kernel>(handle));
    Context& context = kernel->program().context();
    KIESEL_REQUIRE(index < kernel->info().arguments.size(), context, CL_INVALID_ARG_INDEX,
                   fmt::format("there is no argument {}", index));
    KIESEL_REQUIRE(kernel->builds().front().executable->program().has_argument_info, context,
                   CL_KERNEL_ARG_INFO_NOT_AVAILABLE, "the program was built without -cl-kernel-arg-info");
    const auto& argument = kernel->info().arguments[index];
    const Answer answer(size, value, size_ret);
    switch (name) {
      case CL_KERNEL_ARG_ADDRESS_QUALIFIER:
        return answer.value(address_qualifier(argument));
      case CL_KERNEL_ARG_ACCESS_QUALIFIER:
        return answer.value(access_qualifier(argument));
      case CL_KERNEL_ARG_TYPE_NAME:
        return answer.text(argument.type_name);
      case CL_KERNEL_ARG_TYPE_QUALIFIER:
        return answer.value(type_qualifier(argument));
      case CL_KERNEL_ARG_NAME:
        return answer.text(argument.name);
      default:
        return Answer::unknown(name);
    }
  }());
}

}  // namespace kiesel::runtime::api
