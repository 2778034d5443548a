// A program object: what it is made from, and for each device what became of it.
#pragma once

#include <CL/cl.h>

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "compiler/il/specialization.hpp"
#include "runtime/core/build.hpp"
#include "runtime/core/context.hpp"
#include "runtime/core/error.hpp"
#include "runtime/core/executable.hpp"
#include "runtime/core/object.hpp"

namespace kiesel::runtime {

class Program final : public Object {
 public:
  static constexpr Kind kKind = Kind::kProgram;
  static constexpr cl_int kInvalid = CL_INVALID_PROGRAM;
  using ClType = cl_program;

  struct DeviceBuild {
    Ref<Device> device;
    cl_build_status status = CL_BUILD_NONE;
    cl_program_binary_type type = CL_PROGRAM_BINARY_TYPE_NONE;
    std::string options{};
    std::string log{};
    Ref<Executable> executable{};  // null until there is a binary
  };

  enum class Origin { kSource, kIl, kBinary, kLinked };

  Program(Context& context, std::vector<Ref<Device>> devices, Origin origin, std::string source);
  // Of intermediate language: `il` is a SPIR-V module as the application gave it.
  Program(Context& context, std::vector<Ref<Device>> devices, std::vector<std::byte> il,
          compiler::Words words);

  Object* parent() override { return context_.get(); }
  Context& context() const { return *context_; }
  Origin origin() const { return origin_; }
  const std::string& source() const { return source_; }
  const std::vector<std::byte>& il() const { return il_; }
  bool has_text() const { return origin_ == Origin::kSource || origin_ == Origin::kIl; }

  // Copies of the state, in the order of the devices.
  std::vector<DeviceBuild> builds() const;
  const std::vector<Ref<Device>>& devices() const { return devices_; }
  bool has(const Device& device) const;
  DeviceBuild build_of(const Device& device) const;
  // "If a program binary has not been built for a sub-device, the program binary associated with the parent
  // device will be used" (OpenCL 3.0 API 5.8.8).
  DeviceBuild build_for(const Device& device) const;
  void set_binary(const Device& device, Ref<Executable> executable);

  // Bytes that the value of a specialisation constant has; none when there is no such constant.
  std::optional<std::size_t> specialization_bytes(cl_uint id) const;
  void set_specialization(cl_uint id, std::uint64_t value);

  void attach_kernel() { ++kernels_; }
  void detach_kernel() { --kernels_; }

  // Marks the devices as being built. CL_INVALID_OPERATION while kernels exist or a build is under way.
  Outcome<> begin_build(const std::vector<Ref<Device>>& devices, const std::string& options);
  // Builds for the marked devices; CL_SUCCESS or the error that the OpenCL function reports.
  // `order` without what the program itself brings (source or binary).
  cl_int run_build(const std::vector<Ref<Device>>& devices, const BuildOrder& order);

 private:
  ~Program() override = default;
  DeviceBuild* find(const Device& device);
  cl_int build_one(const Ref<Device>& device, BuildOrder order);
  void add_input(BuildOrder& order, const Ref<Executable>& before) const;

  Ref<Context> context_;
  const std::vector<Ref<Device>> devices_;
  const Origin origin_;
  const std::string source_;
  const std::vector<std::byte> il_;
  const compiler::Words words_;  // of il_
  std::atomic<int> kernels_{0};
  mutable std::mutex mutex_;  // guards what follows
  std::vector<DeviceBuild> builds_;
  compiler::Specialization specialization_;
};

// Runs `work` on a thread of its own that nobody joins, or here if there is none: builds with a callback.
void run_detached(std::function<void()> work);

}  // namespace kiesel::runtime
