#include "runtime/core/kernel.hpp"

#include <fmt/format.h>

#include <cstring>

#include "runtime/core/handle.hpp"

namespace kiesel::runtime {
namespace {

bool same_arguments(const compiler::Kernel& a, const compiler::Kernel& b) {
  if (a.arguments.size() != b.arguments.size()) return false;
  for (std::size_t i = 0; i < a.arguments.size(); ++i) {
    const auto &x = a.arguments[i], &y = b.arguments[i];
    if (x.kind != y.kind || x.size != y.size || x.address_space != y.address_space) return false;
  }
  return true;
}

}  // namespace

Outcome<Ref<Kernel>> Kernel::create(Program& program, std::string_view name) {
  std::vector<Build> builds;
  bool built = false;
  for (const auto& build : program.builds()) {
    if (build.status != CL_BUILD_SUCCESS || build.type != CL_PROGRAM_BINARY_TYPE_EXECUTABLE) continue;
    built = true;
    if (const auto* kernel = build.executable->find(name))
      builds.push_back({build.device, build.executable, kernel});
  }
  if (!built)
    return ApiError{CL_INVALID_PROGRAM_EXECUTABLE, "the program has no executable; build it first",
                    Ref<Object>(&program.context())};
  if (builds.empty())
    return ApiError{CL_INVALID_KERNEL_NAME, fmt::format("the program has no kernel '{}'", name),
                    Ref<Object>(&program.context())};
  for (const auto& build : builds)
    if (!same_arguments(*build.kernel, *builds.front().kernel))
      return ApiError{CL_INVALID_KERNEL_DEFINITION,
                      fmt::format("kernel '{}' has other arguments on another device", name),
                      Ref<Object>(&program.context())};
  return Ref<Kernel>::adopt(new Kernel(program, std::move(builds)));
}

Kernel::Kernel(Program& program, std::vector<Build> builds)
    : program_(&program), builds_(std::move(builds)), arguments_(info().arguments.size()) {
  program_->attach_kernel();
}

Kernel::~Kernel() { program_->detach_kernel(); }

Ref<Kernel> Kernel::clone() const {
  auto copy = Ref<Kernel>::adopt(new Kernel(*program_, builds_));
  copy->arguments_ = arguments();
  return copy;
}

const Kernel::Build* Kernel::build_for(const Device& device) const {
  for (const auto& build : builds_)
    if (build.device.get() == &device) return &build;
  return nullptr;
}

std::vector<Kernel::Argument> Kernel::arguments() const {
  std::lock_guard lock(mutex_);
  return arguments_;
}

Outcome<> Kernel::set_pointer(const compiler::KernelArgument& argument, Argument& to, std::size_t size,
                              const void* value) {
  Ref<Object> context(&program_->context());
  if (size != sizeof(cl_mem))
    return ApiError{CL_INVALID_ARG_SIZE,
                    fmt::format("argument '{}' is a memory object: its size is {}, not {}", argument.name,
                                sizeof(cl_mem), size),
                    context};
  cl_mem memory = nullptr;
  if (value) std::memcpy(&memory, value, sizeof memory);
  if (memory) {
    const auto* buffer = find<Buffer>(memory);
    if (!buffer)
      return ApiError{CL_INVALID_MEM_OBJECT, fmt::format("argument '{}' is no memory object", argument.name),
                      context};
    if (&buffer->context() != &program_->context())
      return ApiError{CL_INVALID_MEM_OBJECT,
                      fmt::format("argument '{}' is a memory object of another context", argument.name),
                      context};
  }
  to.memory = memory;
  return {};
}

Outcome<> Kernel::set_argument(cl_uint index, std::size_t size, const void* value) {
  using compiler::ArgumentKind;
  Ref<Object> context(&program_->context());
  if (index >= info().arguments.size())
    return ApiError{CL_INVALID_ARG_INDEX,
                    fmt::format("kernel '{}' has {} arguments, there is no number {}", info().name,
                                info().arguments.size(), index),
                    context};
  const auto& argument = info().arguments[index];
  Argument next{.set = true};
  switch (argument.kind) {
    case ArgumentKind::kLocalPointer:
      if (value)
        return ApiError{CL_INVALID_ARG_VALUE,
                        fmt::format("argument '{}' is __local: its value must be NULL", argument.name),
                        context};
      if (size == 0)
        return ApiError{CL_INVALID_ARG_SIZE,
                        fmt::format("argument '{}' is __local: its size must not be 0", argument.name),
                        context};
      next.local_bytes = size;
      break;
    case ArgumentKind::kPointer:
      KIESEL_CHECK(set_pointer(argument, next, size, value));
      break;
    case ArgumentKind::kValue: {
      if (!value)
        return ApiError{CL_INVALID_ARG_VALUE, fmt::format("argument '{}' needs a value", argument.name),
                        context};
      if (size != argument.size)
        return ApiError{CL_INVALID_ARG_SIZE,
                        fmt::format("argument '{}' ({}) takes {} bytes, not {}", argument.name,
                                    argument.type_name, argument.size, size),
                        context};
      const auto* bytes = static_cast<const std::byte*>(value);
      next.value.assign(bytes, bytes + size);
      break;
    }
    case ArgumentKind::kImage:
      return ApiError{CL_INVALID_MEM_OBJECT, "this device has no images", context};
    case ArgumentKind::kSampler:
      return ApiError{CL_INVALID_SAMPLER, "this device has no samplers", context};
    case ArgumentKind::kPipe:
      return ApiError{CL_INVALID_MEM_OBJECT, "this device has no pipes", context};
  }
  std::lock_guard lock(mutex_);
  arguments_[index] = std::move(next);
  return {};
}

Kernel::ChosenSize Kernel::chosen() const {
  std::lock_guard lock(mutex_);
  return chosen_;
}

void Kernel::remember(const ChosenSize& chosen) {
  std::lock_guard lock(mutex_);
  chosen_ = chosen;
}

}  // namespace kiesel::runtime
