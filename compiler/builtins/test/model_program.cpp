#include "compiler/builtins/test/model_program.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <future>

#include "compiler/client/client.hpp"
#include "device/isa/language_features.hpp"
#include "device/isa/launch_block.hpp"
#include "device/model/model_device.hpp"
#include "support/config.hpp"

namespace kiesel::compiler::builtins::test {
namespace {

// Lives until the process ends: a device may still wait for a translation then.
Client& compiler() {
  static Client& client = *new Client(KIESEL_TEST_COMPILER);
  return client;
}

std::unique_ptr<device::Device> make_model(std::uint32_t lanes, bool half, bool cas) {
  model::Configuration configuration;
  configuration.cores = 2;
  configuration.target.lanes = lanes;
  configuration.target.half = half;
  configuration.target.cas = cas;
  configuration.target.warps = 64;
  configuration.global_memory_bytes = 64 << 20;
  configuration.engine = model::engine_choice(config().engine).value_or(model::EngineChoice::kAuto);
  auto made = model::ModelDevice::create(
      configuration, 2, model::HostLevel::kV4,
      {[](std::span<const std::byte> request) { return compiler().translate(request); }, ""});
  REQUIRE(made.ok());
  return std::move(*made);
}

Bytes compile(const std::string& source, const isa::Target& target) {
  Request request;
  request.target = target;
  request.source = source;
  request.options = "-cl-std=CL3.0 -w";
  for (const auto& feature : isa::language_features(target))
    request.extensions.append(feature.name).append(" ");
  auto reply = compiler().run(request);
  REQUIRE(reply.ok());
  INFO(reply->log);
  REQUIRE(reply->outcome == Outcome::kSuccess);
  return reply->binary;
}

void run_and_wait(device::Device& device, device::Command command) {
  std::promise<Status> done;
  auto outcome = done.get_future();
  device.submit(std::move(command),
                [&done](const device::Completion& completion) { done.set_value(completion.status); });
  Status status = outcome.get();
  INFO((status.ok() ? std::string() : status.error().reason));
  REQUIRE(status.ok());
}

device::Box row(std::size_t bytes) {
  device::Box box;
  box.size = {bytes, 1, 1};
  return box;
}

}  // namespace

ModelProgram::ModelProgram(const std::string& source, std::uint32_t lanes, bool half, bool cas)
    : device_(make_model(lanes, half, cas)) {
  Bytes binary = compile(source, device_->description().target);
  auto program = read_program(binary);
  REQUIRE(program.ok());
  program_ = std::move(*program);
  auto module = device_->load(binary);
  REQUIRE(module.ok());
  module_ = *module;
}

ModelProgram::~ModelProgram() { device_->unload(module_); }

void ModelProgram::run(const std::string& name, std::vector<Bytes*> buffers, std::size_t items,
                       std::uint32_t group) {
  auto kernel = std::find_if(program_.kernels.begin(), program_.kernels.end(),
                             [&](const Kernel& known) { return known.name == name; });
  REQUIRE(kernel != program_.kernels.end());
  REQUIRE(kernel->arguments.size() == buffers.size());
  auto entry = device_->symbol(module_, kernel->symbol);
  REQUIRE(entry.ok());

  device::Launch launch;
  launch.module = module_;
  launch.kernel = name;
  launch.entry = *entry;
  launch.region = device::regions_of(1, {}, {items, 1, 1}, {group, 1, 1}).front();
  launch.local_memory_bytes = kernel->local_memory_bytes;
  launch.private_memory_bytes = kernel->private_memory_bytes;
  launch.arguments.resize(kernel->argument_bytes);
  std::vector<device::Address> addresses;
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    auto address = device_->allocate(buffers[i]->size(), 128);
    REQUIRE(address.ok());
    addresses.push_back(*address);
    run_and_wait(*device_, device::Write{buffers[i]->data(), *address, row(buffers[i]->size())});
    std::memcpy(launch.arguments.data() + kernel->arguments[i].offset - sizeof(isa::LaunchHeader),
                &addresses[i], sizeof(addresses[i]));
  }
  run_and_wait(*device_, launch);
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    run_and_wait(*device_, device::Read{addresses[i], buffers[i]->data(), row(buffers[i]->size())});
    device_->free(addresses[i]);
  }
}

}  // namespace kiesel::compiler::builtins::test
