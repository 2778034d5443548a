#include "conformance/random/device_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <future>

#include "conformance/random/prelude.hpp"
#include "device/isa/language_features.hpp"
#include "device/isa/launch_block.hpp"
#include "device/model/model_device.hpp"
#include "support/config.hpp"

namespace kiesel::conformance {
namespace {

constexpr std::uint32_t kLargestGroup = 64;

Status run_and_wait(device::Device& device, device::Command command) {
  std::promise<Status> done;
  auto outcome = done.get_future();
  device.submit(std::move(command),
                [&done](const device::Completion& completion) { done.set_value(completion.status); });
  return outcome.get();
}

// A buffer of the device that holds `words` values and goes with its owner.
class Buffer {
 public:
  Buffer(device::Device& device, std::size_t bytes) : device_(device) {
    if (auto made = device.allocate(bytes, 64)) address_ = *made;
  }
  ~Buffer() { device_.free(address_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  device::Address address() const { return address_; }

 private:
  device::Device& device_;
  device::Address address_ = 0;
};

device::Box row(std::size_t bytes) {
  device::Box box;
  box.size = {bytes, 1, 1};
  return box;
}

model::EngineChoice engine_asked_for() {
  return model::engine_choice(config().engine).value_or(model::EngineChoice::kAuto);
}

Result<std::unique_ptr<device::Device>> make(const isa::Target& target, compiler::Client& compiler,
                                             std::uint64_t launch_seconds, model::EngineChoice engine) {
  model::Configuration configuration;
  configuration.cores = 2;
  configuration.global_memory_bytes = 64 << 20;
  configuration.launch_seconds = launch_seconds;
  configuration.target = target;
  configuration.engine = engine;
  auto made = model::ModelDevice::create(
      configuration, 1, model::HostLevel::kV4,
      {[&compiler](std::span<const std::byte> request) { return compiler.translate(request); }, ""});
  if (!made) return made.error();
  return std::unique_ptr<device::Device>(std::move(*made));
}

}  // namespace

isa::Target target_of_lanes(std::uint32_t lanes) {
  isa::Target target;
  target.lanes = lanes;
  target.warps = std::max<std::uint32_t>(4, kLargestGroup / lanes);
  return target;
}

Result<isa::Target> target_of_shape(std::string_view name) {
  const auto shape = model::find_configuration(name);
  if (!shape) return shape.error();
  if (shape->target.max_work_group_size() >= kLargestGroup) return shape->target;
  return Error{Errc::kInvalidArgument,
               fmt::format("{}: the kernels have groups of up to {}", name, kLargestGroup)};
}

Result<std::unique_ptr<device::Device>> make_model(const isa::Target& target, compiler::Client& compiler,
                                                   std::uint64_t launch_seconds) {
  return make(target, compiler, launch_seconds, engine_asked_for());
}

Result<std::unique_ptr<device::Device>> make_interpreter(const isa::Target& target,
                                                         compiler::Client& compiler) {
  return make(target, compiler, 0, model::EngineChoice::kInterpreter);
}

bool translates() { return engine_asked_for() == model::EngineChoice::kTranslator; }

Executed executed_by(const device::Device& device) {
  Executed out;
  for (const auto& counter : device.counters()) {
    if (counter.name == "instructions") out.instructions = counter.value;
    if (counter.name == "lane-instructions") out.lane_instructions = counter.value;
  }
  return out;
}

Result<std::unique_ptr<DeviceProgram>> DeviceProgram::build(device::Device& device,
                                                            compiler::Client& compiler,
                                                            const std::vector<RandomKernel>& kernels,
                                                            std::uint32_t sub_group_size,
                                                            const std::string& dump) {
  compiler::Request request;
  request.target = device.description().target;
  request.source = opencl_prelude();
  request.options = "-w -cl-std=CL3.0";
  if (sub_group_size) request.options += " -DSUB_GROUP_SIZE=" + std::to_string(sub_group_size);
  request.dump = dump;
  for (const auto& row : isa::language_features(request.target))
    request.extensions.append(row.name).append(" ");
  for (const RandomKernel& kernel : kernels) request.source += kernel.text;
  auto reply = compiler.run(request);
  if (!reply) return reply.error();
  if (reply->outcome != compiler::Outcome::kSuccess) return Error{Errc::kInvalidArgument, reply->log};
  auto made = load(device, std::move(reply->binary));
  if (made)
    (*made)->made_again_ = std::ranges::any_of(
        reply->phases, [](const compiler::Phase& phase) { return phase.name == "SIMT lowering again"; });
  return made;
}

Result<std::unique_ptr<DeviceProgram>> DeviceProgram::load(device::Device& device,
                                                           std::vector<std::byte> binary) {
  auto program = compiler::read_program(binary);
  if (!program) return program.error();
  auto module = device.load(binary);
  if (!module) return module.error();
  std::unique_ptr<DeviceProgram> made(new DeviceProgram(device, *module, std::move(*program)));
  made->binary_ = std::move(binary);
  return made;
}

DeviceProgram::~DeviceProgram() { device_.unload(module_); }

Result<std::vector<std::uint32_t>> DeviceProgram::run(const RandomKernel& kernel, const Inputs& inputs) {
  const auto found = std::find_if(program_.kernels.begin(), program_.kernels.end(),
                                  [&](const compiler::Kernel& known) { return known.name == kernel.name; });
  if (found == program_.kernels.end()) return Error{Errc::kNotFound, "no kernel " + kernel.name};
  const auto entry = device_.symbol(module_, found->symbol);
  if (!entry) return entry.error();

  const std::size_t items = std::size_t{kernel.groups} * kernel.group_size;
  std::vector<std::uint32_t> out(items * kOutputsPerItem);
  const std::size_t table_bytes = kTableSize * 4, out_bytes = out.size() * 4;
  const Buffer words(device_, table_bytes), floats(device_, table_bytes), result(device_, out_bytes);
  const std::uint64_t values[] = {words.address(), floats.address(), result.address(), kernel.n};

  device::Launch launch;
  launch.module = module_;
  launch.kernel = kernel.name;
  launch.entry = *entry;
  launch.region = device::regions_of(1, {}, {items, 1, 1}, {kernel.group_size, 1, 1}).front();
  launch.local_memory_bytes = found->local_memory_bytes;
  launch.private_memory_bytes = found->private_memory_bytes;
  launch.arguments.resize(found->argument_bytes);
  for (std::size_t i = 0; i < found->arguments.size(); ++i) {
    const auto& argument = found->arguments[i];
    std::memcpy(launch.arguments.data() + argument.offset - sizeof(isa::LaunchHeader), &values[i],
                argument.size);
  }
  const device::Command commands[] = {
      device::Write{inputs.words.data(), words.address(), row(table_bytes)},
      device::Write{inputs.floats.data(), floats.address(), row(table_bytes)},
      device::Fill{result.address(), out_bytes, std::vector<std::byte>(4)},
      launch,
      device::Read{result.address(), out.data(), row(out_bytes)},
  };
  for (const device::Command& command : commands)
    if (auto status = run_and_wait(device_, command); !status) return status.error();
  return out;
}

}  // namespace kiesel::conformance
