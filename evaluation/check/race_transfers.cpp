// Transfers that nothing orders with kernels.
#include <fmt/format.h>

#include "evaluation/check/race_tool.hpp"

namespace kiesel::check {

void RaceTool::transferred(Transfer transfer) {
  for (const Launch& launch : launches_) find_between(transfer, launch);
  transfers_.push_back(std::move(transfer));
}

// Also with one that began after the transfer was done, but was enqueued before.
void RaceTool::find_transfers() {
  for (const Transfer& transfer : transfers_) find_between(transfer, launches_.back());
}

void RaceTool::find_between(const Transfer& transfer, const Launch& launch) {
  const Times& a = transfer.times;
  const Times& b = launch.times;
  if (a.submitted >= b.done || b.submitted >= a.done) return;
  for (const auto& row : transfer.rows)
    for (std::uint64_t at = row.begin; at < row.end();) {
      const std::uint64_t next = std::min(row.end(), (at & ~(RaceShadow::kBytes - 1)) + RaceShadow::kBytes);
      if (RacePage* const page = global_.find(at))
        if (find_in_page(transfer, launch, *page, at, next)) return;
      at = next;
    }
}

// True when there is one: the first one is told.
bool RaceTool::find_in_page(const Transfer& transfer, const Launch& launch, RacePage& page,
                            std::uint64_t begin, std::uint64_t end) {
  const auto of_launch = [&](const Record& record) {
    return record.segment() >= launch.begin && launch_of(record.segment()) == &launch;
  };
  for (std::uint64_t at = begin; at < end; at += std::uint64_t{1} << page.shift()) {
    const Use& use = *page.at(at);
    const Record* const record = of_launch(use.store)                     ? &use.store
                                 : transfer.writes && of_launch(use.load) ? &use.load
                                                                          : nullptr;
    if (!record) continue;
    report(transfer, launch, *record, at);
    return true;
  }
  return false;
}

void RaceTool::report(const Transfer& transfer, const Launch& launch, const Record& record,
                      std::uint64_t address) {
  const auto allocation = map_.find(address);
  if (!allocation) return;
  const auto memory = launch.state.name_of(*allocation, address);
  const auto& fact = launch.state.program->facts()[record.instruction()];
  Finding finding;
  finding.kind = Kind::kKernelRace;
  finding.kernel = launch.state.kernel;
  finding.launch = launch.state.number;
  finding.deed = launch.state.deed(record.instruction(), what_of(fact), who(launch, record));
  finding.what = fmt::format("a kernel and a {} that no event or queue orders use byte {} of {}",
                             transfer.what, address - allocation->begin, memory.name);
  finding.object = memory.object;
  finding.name = memory.name;
  reporter_.collector().add({finding.kind, launch.state.program->name(), finding.kernel,
                             finding.deed.place.address, 0, finding.name},
                            1, [&] { return std::move(finding); });
}

std::string RaceTool::who(const Launch& launch, const Record& record) {
  const Group* const group = group_of(launch, record.segment());
  if (!group) return "a work-item";
  const std::uint32_t rank = (record.segment() - group->begin) % launch.state.shape.group_warps;
  return launch.state.who({group->number[0], group->number[1], group->number[2]}, rank, record.lane());
}

}  // namespace kiesel::check
