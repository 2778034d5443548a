#include "runtime/core/program.hpp"

#include <algorithm>
#include <system_error>
#include <thread>

namespace kiesel::runtime {
namespace {

using compiler::Operation;

// What the OpenCL function answers for an unsuccessful build.
cl_int error_of(Operation operation, compiler::Outcome outcome) {
  struct Row {
    Operation operation;
    cl_int failed, options, input;
  };
  constexpr Row kRows[] = {
      {Operation::kBuild, CL_BUILD_PROGRAM_FAILURE, CL_INVALID_BUILD_OPTIONS, CL_INVALID_BINARY},
      {Operation::kCompile, CL_COMPILE_PROGRAM_FAILURE, CL_INVALID_COMPILER_OPTIONS, CL_INVALID_BINARY},
      {Operation::kLink, CL_LINK_PROGRAM_FAILURE, CL_INVALID_LINKER_OPTIONS, CL_LINK_PROGRAM_FAILURE},
  };
  for (const auto& row : kRows) {
    if (row.operation != operation) continue;
    switch (outcome) {
      case compiler::Outcome::kSuccess:
        return CL_SUCCESS;
      case compiler::Outcome::kFailed:
        return row.failed;
      case compiler::Outcome::kInvalidOptions:
        return row.options;
      case compiler::Outcome::kInvalidInput:
        return row.input;
    }
  }
  return CL_BUILD_PROGRAM_FAILURE;
}

cl_program_binary_type type_of(const Executable& executable) {
  if (executable.program().is_library) return CL_PROGRAM_BINARY_TYPE_LIBRARY;
  return executable.program().has_code ? CL_PROGRAM_BINARY_TYPE_EXECUTABLE
                                       : CL_PROGRAM_BINARY_TYPE_COMPILED_OBJECT;
}

}  // namespace

Program::Program(Context& context, std::vector<Ref<Device>> devices, Origin origin, std::string source)
    : context_(&context), devices_(std::move(devices)), origin_(origin), source_(std::move(source)) {
  for (const auto& device : devices_) builds_.push_back({.device = device});
}

Program::Program(Context& context, std::vector<Ref<Device>> devices, std::vector<std::byte> il,
                 compiler::Words words)
    : context_(&context),
      devices_(std::move(devices)),
      origin_(Origin::kIl),
      il_(std::move(il)),
      words_(std::move(words)) {
  for (const auto& device : devices_) builds_.push_back({.device = device});
}

std::vector<Program::DeviceBuild> Program::builds() const {
  std::lock_guard lock(mutex_);
  return builds_;
}

bool Program::has(const Device& device) const {
  return std::any_of(devices_.begin(), devices_.end(), [&](const auto& own) { return own.get() == &device; });
}

Program::DeviceBuild* Program::find(const Device& device) {
  for (auto& build : builds_)
    if (build.device.get() == &device) return &build;
  return nullptr;
}

Program::DeviceBuild Program::build_of(const Device& device) const {
  std::lock_guard lock(mutex_);
  for (const auto& build : builds_)
    if (build.device.get() == &device) return build;
  return {};
}

Program::DeviceBuild Program::build_for(const Device& device) const {
  for (const Device* at = &device; at; at = at->parent_device())
    if (auto build = build_of(*at); build.status != CL_BUILD_NONE || build.executable) return build;
  return build_of(device);
}

void Program::set_binary(const Device& device, Ref<Executable> executable) {
  std::lock_guard lock(mutex_);
  if (auto* build = find(device)) {
    build->type = type_of(*executable);
    build->executable = std::move(executable);
  }
}

Outcome<> Program::begin_build(const std::vector<Ref<Device>>& devices, const std::string& options) {
  if (kernels_ > 0)
    return ApiError{CL_INVALID_OPERATION, "kernel objects are attached to the program", context_};
  std::lock_guard lock(mutex_);
  for (const auto& device : devices)
    if (find(*device)->status == CL_BUILD_IN_PROGRESS)
      return ApiError{CL_INVALID_OPERATION, "a build of the program is under way", context_};
  for (const auto& device : devices) {
    auto& build = *find(*device);
    build.status = CL_BUILD_IN_PROGRESS;
    build.options = options;
    build.log.clear();
  }
  return {};
}

std::optional<std::size_t> Program::specialization_bytes(cl_uint id) const {
  return compiler::specialization_bytes(words_, id);
}

void Program::set_specialization(cl_uint id, std::uint64_t value) {
  std::lock_guard lock(mutex_);
  specialization_[id] = value;
}

// What the program itself brings to a build or compilation.
void Program::add_input(BuildOrder& order, const Ref<Executable>& before) const {
  if (origin_ == Origin::kSource) {
    order.source = source_;
  } else if (origin_ == Origin::kIl) {
    auto words = words_;
    {
      std::lock_guard lock(mutex_);
      compiler::specialize(words, specialization_);
    }
    const auto bytes = std::as_bytes(std::span(words));
    order.inputs.emplace_back(bytes.begin(), bytes.end());
  } else if (before) {
    order.inputs.push_back(before->binary());
  }
}

cl_int Program::build_one(const Ref<Device>& device, BuildOrder order) {
  const Ref<Executable> before = build_for(*device).executable;
  BuildResult result;
  if (order.operation == Operation::kBuild && !has_text() && before && before->runs_here()) {
    result = {compiler::Outcome::kSuccess, "", before};
  } else {
    if (order.operation != Operation::kLink) add_input(order, before);
    result = build(*device, order);
    // A module that the validator rejects is a program that does not build, not a damaged binary.
    if (origin_ == Origin::kIl && result.outcome == compiler::Outcome::kInvalidInput)
      result.outcome = compiler::Outcome::kFailed;
  }
  std::lock_guard lock(mutex_);
  auto& build = *find(*device);
  build.log = std::move(result.log);
  build.status = result.executable ? CL_BUILD_SUCCESS : CL_BUILD_ERROR;
  if (result.executable) {
    build.type = type_of(*result.executable);
    build.executable = std::move(result.executable);
  } else if (has_text()) {
    build.type = CL_PROGRAM_BINARY_TYPE_NONE;
    build.executable = {};
  }
  return error_of(order.operation, result.outcome);
}

cl_int Program::run_build(const std::vector<Ref<Device>>& devices, const BuildOrder& order) {
  cl_int result = CL_SUCCESS;
  for (const auto& device : devices) {
    cl_int error = CL_OUT_OF_HOST_MEMORY;
    try {
      error = build_one(device, order);
    } catch (const std::exception& failure) {
      std::lock_guard lock(mutex_);
      find(*device)->status = CL_BUILD_ERROR;
      find(*device)->log = std::string("kiesel: ") + failure.what() + "\n";
    }
    if (result == CL_SUCCESS) result = error;
  }
  return result;
}

void run_detached(std::function<void()> work) {
  try {
    std::thread(work).detach();
  } catch (const std::system_error&) {
    work();  // no thread to be had: late is better than never
  }
}

}  // namespace kiesel::runtime
