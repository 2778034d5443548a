#include "device/test/machine.hpp"

#include <cstring>
#include <stdexcept>
#include <thread>

namespace kiesel::device::test {
namespace {

constexpr std::string_view kPrologue = R"(
kernel:
  csrrs t0, mscratch, zero
  ld a0, 128(t0)
  ld a1, 136(t0)
  csrrs t1, group_id_x, zero
  csrrs t2, local_size_x, zero
  mul t1, t1, t2
  csrrs t2, local_id_x, zero
  add s1, t1, t2
  sh3add s0, s1, a0
)";

model::Configuration shape(unsigned lanes, unsigned warps) {
  model::Configuration c = *model::built_in_shape("kiesel");
  c.target.lanes = lanes;
  c.target.warps = warps;
  c.global_memory_bytes = std::uint64_t{1} << 30;
  c.exact_bounds = true;
  return c;
}

model::Configuration always_translated(model::Configuration configuration) {
  configuration.engine = model::EngineChoice::kTranslator;
  return configuration;
}

}  // namespace

std::string kernel(std::string_view body) {
  return std::string(kPrologue) + std::string(body) + "\n  jalr zero, 0(ra)\n";
}

Machine::Machine(unsigned lanes, unsigned warps, unsigned threads, model::HostLevel most)
    : Machine(shape(lanes, warps), threads, most) {}

Machine::Machine(model::Configuration configuration, unsigned threads, model::HostLevel most)
    : Machine(always_translated(std::move(configuration)), test_service(), threads, most) {}

Machine::Machine(model::Configuration configuration, const TranslationService& service, unsigned threads,
                 model::HostLevel most) {
  auto device = model::ModelDevice::create(std::move(configuration), threads, most, service);
  if (!device) throw std::runtime_error(device.error().reason);
  device_ = std::move(*device);
}

ModuleId Machine::load(std::string_view source, std::uint64_t data_bytes, Owner owner) {
  const auto elf = make_elf(assemble(std::string(isa::kStartup) + std::string(source)), data_bytes);
  const auto module = device_->load(elf, owner);
  if (!module) throw std::runtime_error(module.error().reason);
  return *module;
}

Launch Machine::launch(ModuleId module, Range range, const std::vector<std::uint64_t>& arguments) {
  Launch launch;
  launch.module = module;
  launch.kernel = "kernel";
  launch.entry = *device_->symbol(module, "kernel");
  launch.region = regions_of(1, {}, {range.global, 1, 1}, {range.local, 1, 1}).front();
  launch.arguments.resize(arguments.size() * 8);
  if (!arguments.empty()) std::memcpy(launch.arguments.data(), arguments.data(), arguments.size() * 8);
  return launch;
}

Status Machine::run(ModuleId module, Range range, const std::vector<std::uint64_t>& arguments) {
  return run(launch(module, range, arguments));
}

Status Machine::run(const Launch& launch) { return wait(launch); }

Status Machine::wait(Command command) {
  std::atomic<bool> finished{false};
  Status status;
  device_->submit(std::move(command), [&](const Completion& completion) {
    status = completion.status;
    finished = true;
  });
  while (!finished)
    if (!device_->help()) std::this_thread::yield();
  return status;
}

std::uint64_t Machine::counter(std::string_view name) const {
  for (const Counter& counter : device_->counters())
    if (counter.name == name) return counter.value;
  return 0;
}

bool Machine::was_translated() const { return !test_service().translate || counter("translated warps") > 0; }

std::uint64_t* Machine::buffer(std::size_t words) {
  const auto address = device_->allocate(words * 8, 64);
  if (!address) throw std::runtime_error(address.error().reason);
  std::memset(device_->host_pointer(*address), 0, words * 8);
  return reinterpret_cast<std::uint64_t*>(*address);
}

}  // namespace kiesel::device::test
