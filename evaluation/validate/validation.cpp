#include "evaluation/validate/validation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <future>

#include "device/model/model_device.hpp"

namespace kiesel::validate {
namespace {

constexpr device::Owner kOwner = 1;  // whose memory is zero when it is allocated

// Buffers are allocated before the launch block, as the reference's driver did, so that they lie alike.
Result<device::Launch> prepare(const Case& from, model::ModelDevice& device) {
  const auto module = from.start ? device.load_behind(*from.start, *from.program, kOwner)
                                 : device.load(*from.program, kOwner);
  if (!module) return module.error();
  device::Launch launch;
  launch.module = *module;
  launch.kernel = from.kernel;
  const auto base = device.base(*module);
  if (!base) return base.error();
  launch.entry = *base + from.kernel_entry;
  launch.owner = kOwner;
  launch.local_memory_bytes = from.local_bytes;
  launch.arguments.assign(from.arguments.begin(), from.arguments.end());
  for (const Buffer& buffer : from.buffers) {
    const auto address = device.allocate(buffer.bytes, 64, "a buffer", kOwner);
    if (!address) return address.error();
    std::ranges::copy(buffer.contents, reinterpret_cast<std::byte*>(*address));
    std::memcpy(launch.arguments.data() + buffer.offset, &*address, sizeof *address);
  }
  std::array<std::uint64_t, 3> global{};
  for (std::size_t d = 0; d < global.size(); ++d) global[d] = from.groups[d] * from.local_size[d];
  launch.region = device::whole_region(from.work_dim, {}, global, from.local_size);
  return launch;
}

device::Completion run_to_end(device::Device& device, device::Launch launch, const Tick& tick) {
  constexpr std::chrono::milliseconds kBetween(200);
  auto ended = std::make_shared<std::promise<device::Completion>>();
  auto end = ended->get_future();
  device.submit(std::move(launch),
                [ended](const device::Completion& completion) { ended->set_value(completion); },
                {.counted = true});
  while (end.wait_for(kBetween) != std::future_status::ready) tick();
  return end.get();
}

}  // namespace

Result<device::LaunchCounts> run_case(const Case& launch, const model::Configuration& machine,
                                      const Tick& tick) {
  auto device = model::ModelDevice::create(machine, 0);
  if (!device) return device.error();
  auto prepared = prepare(launch, **device);
  if (!prepared) return prepared.error();
  const auto completion = run_to_end(**device, std::move(*prepared), tick);
  if (!completion.status) return completion.status.error();
  return *completion.counts;
}

double Deviation::percent() const {
  const auto whole = static_cast<double>(std::max<std::uint64_t>(reference, 1));
  return 100 * (static_cast<double>(ours) - static_cast<double>(reference)) / whole;
}

const Deviation& CaseResult::of(device::CounterId id) const {
  return *std::ranges::find(deviations, id, &Deviation::id);
}

bool CaseResult::is_within(double limit) const {
  return problem.empty() && of(device::CounterId::instructions).percent() == 0 &&
         std::abs(of(device::CounterId::cycles).percent()) <= limit;
}

CaseResult compare(const Case& launch, const Result<device::LaunchCounts>& counts) {
  CaseResult out{launch.name, launch.kernel, counts ? "" : counts.error().reason, {}};
  if (!counts) return out;
  for (const auto& [id, count] : launch.counts) out.deviations.push_back({id, (*counts)[id], count});
  return out;
}

Spread spread_of(const std::vector<ReferenceResult>& results, device::CounterId id) {
  Spread out;
  std::vector<double> sizes;
  for (const auto& result : results)
    for (const CaseResult& one : result.cases)
      for (const Deviation& deviation : one.deviations) {
        if (deviation.id != id) continue;
        sizes.push_back(std::abs(deviation.percent()));
        if (sizes.back() > out.largest) out.at = result.name + " " + one.name, out.largest = sizes.back();
      }
  out.cases = sizes.size();
  if (sizes.empty()) return out;
  for (const double size : sizes) out.mean += size / static_cast<double>(sizes.size());
  std::ranges::sort(sizes);
  out.median = (sizes[(sizes.size() - 1) / 2] + sizes[sizes.size() / 2]) / 2;
  return out;
}

}  // namespace kiesel::validate
