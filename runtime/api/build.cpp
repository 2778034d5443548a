// Building, compiling, linking programs (OpenCL 3.0 API 5.8.2 to 5.8.4).
#include <CL/cl.h>

#include "runtime/api/api.hpp"
#include "runtime/api/check.hpp"
#include "runtime/core/program.hpp"

namespace kiesel::runtime::api {
namespace {

using compiler::Operation;
using Notify = void(CL_CALLBACK*)(cl_program program, void* user_data);

// The devices to build for: those listed, or all of the program (or context).
Outcome<std::vector<Ref<Device>>> selected(Context& context, const std::vector<Ref<Device>>& all,
                                           cl_uint count, const cl_device_id* handles) {
  KIESEL_REQUIRE((count == 0) == (handles == nullptr), context, CL_INVALID_VALUE,
                 "device_list and num_devices do not agree");
  if (!handles) return all;
  std::vector<Ref<Device>> out;
  for (cl_uint i = 0; i < count; ++i) {
    const Ref<Device> device(find<Device>(handles[i]));
    KIESEL_REQUIRE(device && std::find(all.begin(), all.end(), device) != all.end(), context,
                   CL_INVALID_DEVICE, "a device that is not one of the program's");
    if (std::find(out.begin(), out.end(), device) == out.end()) out.push_back(device);
  }
  return out;
}

// With a callback the build runs on a thread of its own, which then calls back; else here.
Outcome<> run(Program& program, std::vector<Ref<Device>> devices, BuildOrder order, Notify notify,
              void* user_data) {
  KIESEL_CHECK(program.begin_build(devices, order.options));
  if (notify) {
    run_detached([program = Ref<Program>(&program), devices = std::move(devices), order = std::move(order),
                  notify, user_data, handle = cl_handle(program)] {
      program->run_build(devices, order);
      notify(handle, user_data);
    });
    return {};
  }
  const cl_int code = program.run_build(devices, order);
  if (code != CL_SUCCESS)
    return error(program.context(), code, "build failed:\n" + program.build_of(*devices.front()).log);
  return {};
}

Outcome<> check_notify(Context& context, Notify notify, void* user_data) {
  KIESEL_REQUIRE(notify || !user_data, context, CL_INVALID_VALUE, "user_data without pfn_notify");
  return {};
}

bool has_input(const Program& program, const Device& device) {
  return program.has_text() || program.build_for(device).executable;
}

}  // namespace

cl_int clBuildProgram(cl_program handle, cl_uint num_devices, const cl_device_id* device_list,
                      const char* options, Notify notify, void* user_data) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(program, valid<Program>(handle));
    Context& context = program->context();
    KIESEL_CHECK(check_notify(context, notify, user_data));
    KIESEL_TRY(devices, selected(context, program->devices(), num_devices, device_list));
    for (const auto& device : devices)
      KIESEL_REQUIRE(has_input(*program, *device), context, CL_INVALID_BINARY, "no binary for a device");
    BuildOrder order{.operation = Operation::kBuild, .options = options ? options : ""};
    return run(*program, std::move(devices), std::move(order), notify, user_data);
  }());
}

cl_int clCompileProgram(cl_program handle, cl_uint num_devices, const cl_device_id* device_list,
                        const char* options, cl_uint num_input_headers, const cl_program* input_headers,
                        const char** header_include_names, Notify notify, void* user_data) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(program, valid<Program>(handle));
    Context& context = program->context();
    KIESEL_CHECK(check_notify(context, notify, user_data));
    KIESEL_REQUIRE((num_input_headers == 0) == (input_headers == nullptr) &&
                       (num_input_headers == 0) == (header_include_names == nullptr),
                   context, CL_INVALID_VALUE, "input headers, their names and their number do not agree");
    KIESEL_TRY(devices, selected(context, program->devices(), num_devices, device_list));
    KIESEL_REQUIRE(program->has_text(), context, CL_INVALID_OPERATION,
                   "only programs of source or intermediate language can be compiled");
    BuildOrder order{.operation = Operation::kCompile, .options = options ? options : ""};
    for (cl_uint i = 0; i < num_input_headers; ++i) {
      KIESEL_TRY(header, valid<Program>(input_headers[i]));
      KIESEL_REQUIRE(&header->context() == &context, context, CL_INVALID_CONTEXT,
                     "a header of another context");
      KIESEL_REQUIRE(header_include_names[i], context, CL_INVALID_VALUE, "a header without a name");
      order.headers.push_back({header_include_names[i], header->source()});
    }
    return run(*program, std::move(devices), std::move(order), notify, user_data);
  }());
}

cl_program clLinkProgram(cl_context handle, cl_uint num_devices, const cl_device_id* device_list,
                         const char* options, cl_uint num_input_programs, const cl_program* input_programs,
                         Notify notify, void* user_data, cl_int* errcode_ret) {
  cl_program made = nullptr;
  const cl_int code = status([&]() -> Outcome<> {
    KIESEL_TRY(context, valid<Context>(handle));
    KIESEL_REQUIRE(num_input_programs > 0 && input_programs, *context, CL_INVALID_VALUE, "nothing to link");
    KIESEL_CHECK(check_notify(*context, notify, user_data));
    KIESEL_TRY(devices, selected(*context, context->devices(), num_devices, device_list));
    std::vector<Ref<Program>> inputs;
    for (cl_uint i = 0; i < num_input_programs; ++i) {
      KIESEL_TRY(input, valid<Program>(input_programs[i]));
      KIESEL_REQUIRE(&input->context() == context, *context, CL_INVALID_CONTEXT,
                     "a program of another context");
      inputs.emplace_back(input);
    }
    BuildOrder order{.operation = Operation::kLink, .options = options ? options : ""};
    // The compiled parts hold SPIR-V, so those of one device serve all.
    auto program = make_ref<Program>(*context, devices, Program::Origin::kLinked, std::string());
    for (const auto& device : devices) {
      for (const auto& input : inputs) {
        const auto build = input->build_for(*device);
        KIESEL_REQUIRE(build.executable && (build.type == CL_PROGRAM_BINARY_TYPE_COMPILED_OBJECT ||
                                            build.type == CL_PROGRAM_BINARY_TYPE_LIBRARY),
                       *context, CL_INVALID_OPERATION, "a program that is neither compiled nor a library");
        if (device == devices.front()) order.inputs.push_back(build.executable->binary());
      }
    }
    KIESEL_TRY(program_handle, hand_out(program));
    made = program_handle;  // returned even when linking fails: its log says why
    return run(*program, devices, std::move(order), notify, user_data);
  }());
  if (errcode_ret) *errcode_ret = code;
  return made;
}

}  // namespace kiesel::runtime::api
