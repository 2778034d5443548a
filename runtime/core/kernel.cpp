#include "runtime/core/kernel.hpp"

#include <fmt/format.h>

#include <algorithm>

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
  std::lock_guard lock(mutex_);
  copy->svm_pointers_ = svm_pointers_;
  copy->usm_pointers_ = usm_pointers_;
  copy->device_pointers_ = device_pointers_;
  return copy;
}

const Kernel::Build* Kernel::build_for(const Device& device) const {
  for (const Device* at = &device; at; at = at->parent_device())
    for (const auto& build : builds_)
      if (build.device.get() == at) return &build;
  return nullptr;
}

std::vector<Kernel::Argument> Kernel::arguments() const {
  std::lock_guard lock(mutex_);
  return arguments_;
}

bool Kernel::has_all_arguments() const {
  std::lock_guard lock(mutex_);
  return std::all_of(arguments_.begin(), arguments_.end(),
                     [](const Argument& argument) { return argument.set; });
}

Outcome<> Kernel::check_index(cl_uint index) const {
  if (index < info().arguments.size()) return {};
  return ApiError{CL_INVALID_ARG_INDEX,
                  fmt::format("kernel '{}' has {} arguments, there is no number {}", info().name,
                              info().arguments.size(), index),
                  Ref<Object>(&program_->context())};
}

Outcome<> Kernel::set_argument(cl_uint index, std::size_t size, const void* value) {
  KIESEL_CHECK(check_index(index));
  KIESEL_TRY(argument, make_argument(program_->context(), info().arguments[index], size, value));
  std::lock_guard lock(mutex_);
  arguments_[index] = std::move(argument);
  return {};
}

Outcome<> Kernel::set_svm_argument(cl_uint index, const void* pointer) {
  KIESEL_CHECK(check_index(index));
  KIESEL_TRY(argument, make_svm_argument(program_->context(), info().arguments[index], pointer));
  std::lock_guard lock(mutex_);
  arguments_[index] = std::move(argument);
  return {};
}

Outcome<> Kernel::set_pointer_argument(cl_uint index, const void* pointer) {
  KIESEL_CHECK(check_index(index));
  KIESEL_TRY(argument, make_pointer_argument(program_->context(), info().arguments[index], pointer));
  std::lock_guard lock(mutex_);
  arguments_[index] = std::move(argument);
  return {};
}

void Kernel::set_usm_pointers(std::vector<const void*> pointers) {
  std::lock_guard lock(mutex_);
  usm_pointers_ = std::move(pointers);
}

void Kernel::set_device_pointers(std::vector<device::Address> addresses) {
  std::lock_guard lock(mutex_);
  device_pointers_ = std::move(addresses);
}

std::vector<device::Address> Kernel::device_pointers() const {
  std::lock_guard lock(mutex_);
  return device_pointers_;
}

Outcome<> Kernel::set_svm_pointers(std::vector<const void*> pointers) {
  Context& context = program_->context();
  for (const void* pointer : pointers)
    if (!context.svm().find(pointer))
      return ApiError{CL_INVALID_VALUE, fmt::format("{} is not of an allocation by clSVMAlloc", pointer),
                      Ref<Object>(&context)};
  std::lock_guard lock(mutex_);
  svm_pointers_ = std::move(pointers);
  return {};
}

std::vector<const void*> Kernel::svm_pointers() const {
  std::lock_guard lock(mutex_);
  auto all = svm_pointers_;
  all.insert(all.end(), usm_pointers_.begin(), usm_pointers_.end());
  return all;
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
