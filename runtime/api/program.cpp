// Program objects: creation and queries (OpenCL 3.0 API 5.8). Building is in build.cpp.
#include "runtime/core/program.hpp"

#include <cstring>

#include "compiler/il/requirements.hpp"
#include "runtime/api/api.hpp"
#include "runtime/api/info.hpp"

namespace kiesel::runtime::api {
namespace {

Outcome<std::vector<Ref<Device>>> devices_of(Context& context, cl_uint count, const cl_device_id* handles) {
  KIESEL_REQUIRE(handles && count > 0, context, CL_INVALID_VALUE, "no devices");
  std::vector<Ref<Device>> out;
  for (cl_uint i = 0; i < count; ++i) {
    auto* device = find<Device>(handles[i]);
    KIESEL_REQUIRE(device && context.has(*device), context, CL_INVALID_DEVICE, "no device of the context");
    out.emplace_back(device);
  }
  return out;
}

// The names of all kernels, from whichever device has an executable.
Outcome<std::vector<std::string>> kernel_names(const Program& program) {
  for (const auto& build : program.builds()) {
    if (build.status != CL_BUILD_SUCCESS || build.type != CL_PROGRAM_BINARY_TYPE_EXECUTABLE) continue;
    std::vector<std::string> out;
    for (const auto& kernel : build.executable->program().kernels) out.push_back(kernel.name);
    return out;
  }
  return error(program.context(), CL_INVALID_PROGRAM_EXECUTABLE, "the program is not built");
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ";") + name;
  return out;
}

// "an array of pointers allocated by the application": one for each device, NULL skips it.
void copy_binaries(const Program& program, void* pointers) {
  auto* targets = static_cast<unsigned char**>(pointers);
  for (const auto& build : program.builds()) {
    unsigned char* target = *targets++;
    if (target && build.executable)
      std::memcpy(target, build.executable->binary().data(), build.executable->binary().size());
  }
}

Outcome<> program_info(const Program& program, cl_program_info name, const Answer& answer) {
  switch (name) {
    case CL_PROGRAM_REFERENCE_COUNT:
      return answer.value(reference_count(program));
    case CL_PROGRAM_CONTEXT:
      return answer.value(cl_handle(program.context()));
    case CL_PROGRAM_NUM_DEVICES:
      return answer.value(static_cast<cl_uint>(program.devices().size()));
    case CL_PROGRAM_DEVICES:
      return answer.array(cl_handles(program.devices()));
    case CL_PROGRAM_SOURCE:
      return answer.text(program.source());
    case CL_PROGRAM_IL:
      return answer.bytes(program.il().data(), program.il().size());
    case CL_PROGRAM_BINARY_SIZES: {
      std::vector<std::size_t> sizes;
      for (const auto& build : program.builds())
        sizes.push_back(build.executable ? build.executable->binary().size() : 0);
      return answer.array(sizes);
    }
    case CL_PROGRAM_BINARIES: {
      const std::size_t size = program.devices().size() * sizeof(unsigned char*);
      KIESEL_CHECK(answer.fits(size));
      if (!answer.target()) return answer.bytes(nullptr, size);
      // The pointers stay as they are: what they point to is the answer.
      std::vector<std::byte> pointers(size);
      std::memcpy(pointers.data(), answer.target(), size);
      KIESEL_CHECK(answer.array(pointers));
      copy_binaries(program, answer.target());
      return {};
    }
    case CL_PROGRAM_NUM_KERNELS: {
      KIESEL_TRY(names, kernel_names(program));
      return answer.value(names.size());
    }
    case CL_PROGRAM_KERNEL_NAMES: {
      KIESEL_TRY(names, kernel_names(program));
      return answer.text(joined(names));
    }
    case CL_PROGRAM_SCOPE_GLOBAL_CTORS_PRESENT:
    case CL_PROGRAM_SCOPE_GLOBAL_DTORS_PRESENT:
      return answer.value(cl_bool{CL_FALSE});
    default:
      return Answer::unknown(name);
  }
}

}  // namespace

cl_program clCreateProgramWithSource(cl_context handle, cl_uint count, const char** strings,
                                     const size_t* lengths, cl_int* errcode_ret) {
  return object<cl_program>(
      [&]() -> Outcome<cl_program> {
        KIESEL_TRY(context, valid<Context>(handle));
        KIESEL_REQUIRE(count > 0 && strings, *context, CL_INVALID_VALUE, "no source strings");
        std::string source;
        for (cl_uint i = 0; i < count; ++i) {
          KIESEL_REQUIRE(strings[i], *context, CL_INVALID_VALUE, fmt::format("source string {} is NULL", i));
          source.append(strings[i], lengths && lengths[i] ? lengths[i] : std::strlen(strings[i]));
        }
        return hand_out(
            make_ref<Program>(*context, context->devices(), Program::Origin::kSource, std::move(source)));
      }(),
      errcode_ret);
}

cl_program clCreateProgramWithBinary(cl_context handle, cl_uint count, const cl_device_id* device_list,
                                     const size_t* lengths, const unsigned char** binaries,
                                     cl_int* binary_status, cl_int* errcode_ret) {
  return object<cl_program>(
      [&]() -> Outcome<cl_program> {
        KIESEL_TRY(context, valid<Context>(handle));
        KIESEL_TRY(devices, devices_of(*context, count, device_list));
        KIESEL_REQUIRE(lengths && binaries, *context, CL_INVALID_VALUE, "no binaries");
        auto program = make_ref<Program>(*context, devices, Program::Origin::kBinary, std::string());
        ApiError failure;
        for (cl_uint i = 0; i < count; ++i) {
          cl_int result = CL_SUCCESS;
          if (!binaries[i] || lengths[i] == 0) {
            failure = error(*context, result = CL_INVALID_VALUE, fmt::format("binary {} is empty", i));
          } else {
            const auto* begin = reinterpret_cast<const std::byte*>(binaries[i]);
            auto executable = Executable::read(*devices[i], {begin, begin + lengths[i]});
            if (executable.ok())
              program->set_binary(*devices[i], *std::move(executable));
            else
              failure = error(*context, result = executable.error().code,
                              fmt::format("binary {}: {}", i, executable.error().reason));
          }
          if (binary_status) binary_status[i] = result;
        }
        if (failure.code != CL_SUCCESS) return failure;
        return hand_out(std::move(program));
      }(),
      errcode_ret);
}

cl_program clCreateProgramWithBuiltInKernels(cl_context handle, cl_uint count,
                                             const cl_device_id* device_list, const char* kernel_names,
                                             cl_int* errcode_ret) {
  return object<cl_program>(
      [&]() -> Outcome<cl_program> {
        KIESEL_TRY(context, valid<Context>(handle));
        KIESEL_CHECK(devices_of(*context, count, device_list));
        KIESEL_REQUIRE(kernel_names, *context, CL_INVALID_VALUE, "no kernel names");
        return error(*context, CL_INVALID_VALUE, "the devices have no built-in kernels");
      }(),
      errcode_ret);
}

cl_program clCreateProgramWithIL(cl_context handle, const void* il, size_t length, cl_int* errcode_ret) {
  return object<cl_program>(
      [&]() -> Outcome<cl_program> {
        KIESEL_TRY(context, valid<Context>(handle));
        KIESEL_REQUIRE(il && length > 0, *context, CL_INVALID_VALUE, "no intermediate language");
        const auto* begin = static_cast<const std::byte*>(il);
        std::vector<std::byte> bytes(begin, begin + length);
        auto words = compiler::read_words(bytes);
        if (!words) return error(*context, CL_INVALID_VALUE, words.error().reason);
        return hand_out(make_ref<Program>(*context, context->devices(), std::move(bytes), *std::move(words)));
      }(),
      errcode_ret);
}

cl_program clCreateProgramWithILKHR(cl_context handle, const void* il, size_t length, cl_int* errcode_ret) {
  return api::clCreateProgramWithIL(handle, il, length, errcode_ret);
}

cl_int clRetainProgram(cl_program program) { return retain<Program>(program); }
cl_int clReleaseProgram(cl_program program) { return release<Program>(program); }

cl_int clSetProgramReleaseCallback(cl_program handle, void(CL_CALLBACK*)(cl_program, void*), void*) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(program, valid<Program>(handle));
    return error(program->context(), CL_INVALID_OPERATION, "programs have no global destructors");
  }());
}

cl_int clSetProgramSpecializationConstant(cl_program handle, cl_uint id, size_t size, const void* value) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(program, valid<Program>(handle));
    Context& context = program->context();
    KIESEL_REQUIRE(program->origin() == Program::Origin::kIl, context, CL_INVALID_PROGRAM,
                   "only programs of intermediate language have specialization constants");
    const auto bytes = program->specialization_bytes(id);
    KIESEL_REQUIRE(bytes, context, CL_INVALID_SPEC_ID,
                   fmt::format("there is no constant with SpecId {}", id));
    std::uint64_t number = 0;
    KIESEL_REQUIRE(value && size == *bytes && size <= sizeof number, context, CL_INVALID_VALUE,
                   fmt::format("constant {} has {} bytes", id, *bytes));
    std::memcpy(&number, value, size);
    program->set_specialization(id, number);
    return {};
  }());
}

cl_int clGetProgramInfo(cl_program handle, cl_program_info name, size_t size, void* value, size_t* size_ret) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(program, valid<Program>(handle));
    return program_info(*program, name, Answer(size, value, size_ret));
  }());
}

cl_int clGetProgramBuildInfo(cl_program handle, cl_device_id device_handle, cl_program_build_info name,
                             size_t size, void* value, size_t* size_ret) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(program, valid<Program>(handle));
    auto* device = find<Device>(device_handle);
    KIESEL_REQUIRE(device && program->has(*device), program->context(), CL_INVALID_DEVICE,
                   "no device of the program");
    const auto build = program->build_for(*device);
    const Answer answer(size, value, size_ret);
    switch (name) {
      case CL_PROGRAM_BUILD_STATUS:
        return answer.value(build.status);
      case CL_PROGRAM_BUILD_OPTIONS:
        return answer.text(build.options);
      case CL_PROGRAM_BUILD_LOG:
        return answer.text(build.log);
      case CL_PROGRAM_BINARY_TYPE:
        return answer.value(build.type);
      case CL_PROGRAM_BUILD_GLOBAL_VARIABLE_TOTAL_SIZE:
        return answer.value(
            std::size_t{build.executable ? build.executable->program().global_variable_bytes : 0});
      default:
        return Answer::unknown(name);
    }
  }());
}

}  // namespace kiesel::runtime::api
