#include "runtime/core/kernel.hpp"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <mutex>

#include "runtime/core/buffer.hpp"
#include "runtime/core/kernel_argument.hpp"

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
    : program_(&program),
      builds_(std::move(builds)),
      context_(&program.context()),
      arguments_(info().arguments) {
  find_plain_arguments();
  program_->attach_kernel();
}

void Kernel::find_plain_arguments() {
  const auto& declared = info().arguments;
  plain_count_ = static_cast<cl_uint>(declared.size());
  plain_ = std::make_unique<Plain[]>(declared.size());
  for (std::size_t i = 0; i < declared.size(); ++i)
    plain_[i] = {declared[i].kind, declared[i].size, arguments_.place(i)};
}

Kernel::~Kernel() {
  for (auto& place : executables_)
    if (auto* executables = place.load()) executables->release();
  program_->detach_kernel();
}

Ref<Object> Kernel::keep_executables() const {
  const int processor = sched_getcpu();
  auto& place = executables_[processor < 0 ? 0 : static_cast<std::size_t>(processor) % kProcessors];
  Executables* known = place.load(std::memory_order_acquire);
  if (!known) {
    auto made = make_ref<Executables>();
    for (const auto& build : builds_) made->all.push_back(build.executable);
    if (place.compare_exchange_strong(known, made.get(), std::memory_order_acq_rel)) known = made.give_up();
  }
  return Ref<Object>(known);
}

Kernel::Kernel(const Kernel& from)
    : Object(),
      program_(from.program_),
      builds_(from.builds_),
      context_(from.context_),
      arguments_(from.arguments_),
      has_pointers_(from.has_pointers()),
      pointers_(from.pointers()) {
  find_plain_arguments();
  program_->attach_kernel();
}

Ref<Kernel> Kernel::clone() const { return Ref<Kernel>::adopt(new Kernel(*this)); }

const Kernel::Build* Kernel::build_for(const Device& device) const {
  for (const Device* at = &device; at; at = at->parent_device())
    for (const auto& build : builds_)
      if (build.device.get() == at) return &build;
  return nullptr;
}

bool Kernel::has_all_arguments() const {
  ArgumentValues::Copy values;
  arguments_.read(values);
  for (std::size_t i = 0; i < arguments_.count(); ++i)
    if (values.state(i) == ArgumentState::kUnset) return false;
  return true;
}

template <class Set>
Outcome<> Kernel::set(cl_uint index, Set set) {
  const auto& declared = info().arguments;
  if (index < declared.size())
    return set(ArgumentPlace{program_->context(), declared[index], arguments_, index});
  return ApiError{
      CL_INVALID_ARG_INDEX,
      fmt::format("kernel '{}' has {} arguments, there is no number {}", info().name, declared.size(), index),
      Ref<Object>(&program_->context())};
}

Outcome<> Kernel::set_argument(cl_uint index, std::size_t size, const void* value) {
  return set(index, [&](const ArgumentPlace& place) { return runtime::set_argument(place, size, value); });
}

Outcome<> Kernel::set_svm_argument(cl_uint index, const void* pointer) {
  return set(index, [&](const ArgumentPlace& place) { return runtime::set_svm_argument(place, pointer); });
}

Outcome<> Kernel::set_pointer_argument(cl_uint index, const void* pointer) {
  return set(index,
             [&](const ArgumentPlace& place) { return runtime::set_pointer_argument(place, pointer); });
}

void Kernel::set_usm_pointers(std::vector<const void*> pointers) {
  std::lock_guard lock(mutex_);
  has_pointers_.store(true, std::memory_order_release);
  pointers_.usm = std::move(pointers);
}

void Kernel::set_usm_type(cl_unified_shared_memory_type_intel type, bool used) {
  const std::uint32_t bit = 1U << (type - CL_MEM_TYPE_HOST_INTEL);
  std::lock_guard lock(mutex_);
  has_pointers_.store(true, std::memory_order_release);
  pointers_.usm_types = used ? pointers_.usm_types | bit : pointers_.usm_types & ~bit;
}

void Kernel::set_device_pointers(std::vector<device::Address> addresses) {
  std::lock_guard lock(mutex_);
  has_pointers_.store(true, std::memory_order_release);
  pointers_.device = std::move(addresses);
}

Outcome<> Kernel::set_svm_pointers(std::vector<const void*> pointers) {
  Context& context = program_->context();
  for (const void* pointer : pointers)
    if (!context.svm().find(pointer))
      return ApiError{CL_INVALID_VALUE, fmt::format("{} is not of an allocation by clSVMAlloc", pointer),
                      Ref<Object>(&context)};
  std::lock_guard lock(mutex_);
  has_pointers_.store(true, std::memory_order_release);
  pointers_.svm = std::move(pointers);
  return {};
}

Kernel::Pointers Kernel::pointers() const {
  std::lock_guard lock(mutex_);
  return pointers_;
}

}  // namespace kiesel::runtime
