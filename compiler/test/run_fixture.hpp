// Kernels on the device model: build, load, launch, look at memory.
#pragma once

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstring>
#include <future>
#include <span>
#include <string>
#include <vector>

#include "compiler/program/program.hpp"
#include "compiler/test/compiler_fixture.hpp"
#include "device/isa/launch_block.hpp"
#include "device/registry.hpp"

namespace kiesel::compiler::test {

// Translations that were asked for and ended in a crash: the kernels ran all the same.
inline std::atomic<int> translator_crashes{0};

inline device::Device& model() {
  static auto devices = device::make_devices({[](std::span<const std::byte> request) {
                                                auto answer = compiler().translate(request);
                                                translator_crashes += !answer;
                                                return answer;
                                              },
                                              ""});
  return *devices.at(0);
}

inline const isa::Target& target() { return model().description().target; }

// Whether the device has what a test is about; told where it has not.
inline bool have(bool available, const char* what) {
  if (!available) WARN("left out: the device has no " << what);
  return available;
}
inline bool have_atomics() { return have(target().atomics, "atomics"); }

inline Status complete(device::Command command) {
  std::promise<Status> done;
  auto result = done.get_future();
  model().submit(std::move(command),
                 [&](const device::Completion& completion) { done.set_value(completion.status); });
  while (result.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
    if (!model().help()) result.wait_for(std::chrono::microseconds(100));
  return result.get();
}

// Device memory that holds a vector's bytes.
template <class T>
class Buffer {
 public:
  explicit Buffer(std::vector<T> values) : count_(values.size()) {
    auto address = model().allocate(std::max<std::size_t>(1, bytes()), 128);
    REQUIRE(address.ok());
    address_ = *address;
    device::Box box;
    box.size = {bytes(), 1, 1};
    REQUIRE(complete(device::Write{values.data(), address_, box}).ok());
  }
  ~Buffer() { model().free(address_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  std::vector<T> read() const {
    std::vector<T> values(count_);
    device::Box box;
    box.size = {bytes(), 1, 1};
    REQUIRE(complete(device::Read{address_, values.data(), box}).ok());
    return values;
  }
  device::Address address() const { return address_; }

 private:
  std::size_t bytes() const { return count_ * sizeof(T); }
  std::size_t count_;
  device::Address address_ = 0;
};

struct Local {
  std::size_t bytes;
};

// A built program on the model.
class Loaded {
 public:
  explicit Loaded(std::string_view source, std::string_view options = {}) {
    auto request = make_request(source, options);
    request.target = target();
    load(run(request));
  }
  explicit Loaded(const Reply& reply) { load(reply); }
  ~Loaded() { model().unload(module_); }
  Loaded(const Loaded&) = delete;
  Loaded& operator=(const Loaded&) = delete;

  // Arguments: Buffer, Local, or a value that is copied.
  template <class... Arguments>
  Status launch(const char* name, std::array<std::uint64_t, 3> global, std::array<std::uint32_t, 3> local,
                const Arguments&... arguments) {
    const Kernel* kernel = find(name);
    REQUIRE(kernel);
    REQUIRE(kernel->arguments.size() == sizeof...(arguments));
    device::Launch launch;
    launch.arguments.resize(kernel->argument_bytes);
    local_bytes_ = kernel->local_memory_bytes;
    std::size_t index = 0;
    (set(launch, kernel->arguments[index++], arguments), ...);
    launch.module = module_;
    launch.kernel = name;
    const auto entry = model().symbol(module_, kernel->symbol);
    REQUIRE(entry.ok());
    launch.entry = *entry;
    launch.local_memory_bytes = static_cast<std::uint32_t>(local_bytes_);
    launch.private_memory_bytes = kernel->private_memory_bytes;
    for (const auto& region : device::regions_of(3, offset_, global, local)) {
      launch.region = region;
      if (auto status = complete(launch); !status.ok()) return status;
    }
    CHECK(translator_crashes == 0);
    return {};
  }
  void set_offset(std::array<std::uint64_t, 3> offset) { offset_ = offset; }  // of the launches from now on
  const Program& program() const { return program_; }

 private:
  void load(const Reply& reply) {
    INFO(reply.log);
    REQUIRE(reply.outcome == Outcome::kSuccess);
    program_ = read_program(reply.binary).value();
    auto module = model().load(reply.binary);
    REQUIRE(module.ok());
    module_ = *module;
  }
  const Kernel* find(std::string_view name) const {
    for (const auto& kernel : program_.kernels)
      if (kernel.name == name) return &kernel;
    return nullptr;
  }
  static void put(device::Launch& launch, const KernelArgument& argument, const void* value,
                  std::size_t size) {
    REQUIRE(size == argument.size);
    std::memcpy(launch.arguments.data() + argument.offset - sizeof(isa::LaunchHeader), value, size);
  }
  template <class T>
  void set(device::Launch& launch, const KernelArgument& argument, const Buffer<T>& buffer) {
    const auto address = buffer.address();
    put(launch, argument, &address, sizeof address);
  }
  void set(device::Launch& launch, const KernelArgument& argument, const Local& local) {
    local_bytes_ = (local_bytes_ + argument.alignment - 1) / argument.alignment * argument.alignment;
    const std::uint64_t offset = local_bytes_;
    local_bytes_ += local.bytes;
    put(launch, argument, &offset, sizeof offset);
  }
  template <class T>
  void set(device::Launch& launch, const KernelArgument& argument, const T& value) {
    put(launch, argument, &value, sizeof value);
  }

  device::ModuleId module_ = 0;
  Program program_;
  std::size_t local_bytes_ = 0;
  std::array<std::uint64_t, 3> offset_{};
};

inline void check_ok(const Status& status) {
  if (!status) FAIL(status.error().reason);
}

}  // namespace kiesel::compiler::test
