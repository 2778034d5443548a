#include "device/model/fault_message.hpp"

#include <fmt/format.h>

#include <cstring>

#include "device/isa/instruction.hpp"

namespace kiesel::model {
namespace {

std::string work_item(const CoreState& core) {
  const auto& size = core.grid.local_size;
  const std::uint64_t linear = std::uint64_t{core.fault.warp_rank} * core.lanes + core.fault.lane;
  const std::uint64_t local[3] = {linear % size[0], linear / size[0] % size[1], linear / size[0] / size[1]};
  std::uint64_t id[3];
  for (int d = 0; d < 3; ++d) id[d] = core.grid.first_global_id[d] + core.group[d] * size[d] + local[d];
  return fmt::format("work-item ({}, {}, {})", id[0], id[1], id[2]);
}

std::string instruction(const CoreState& core) {
  const Address pc = core.fault.pc;
  if (pc >= core.code->end) return "the end of the code";
  std::uint32_t word;
  std::memcpy(&word, reinterpret_cast<const void*>(pc), sizeof word);
  return isa::disassemble(word, pc);
}

std::string reason(const CoreState& core, const Memory& memory) {
  const Fault& f = core.fault;
  const auto wild = [&](const char* what) {
    const auto place = memory.find(f.address);
    return fmt::format("{} of {} bytes at address {:#x}, {}{}", what, f.bytes, f.address,
                       memory.describe(f.address),
                       place && place->owner != core.owner ? ", of another context" : "");
  };
  switch (f.kind) {
    case FaultKind::kBadAddress:
      return wild("bad address: access");
    case FaultKind::kReadOnly:
      return wild("store to read-only memory: access");
    case FaultKind::kMisaligned:
      return wild("misaligned address: access");
    case FaultKind::kForeignLocal:
      return wild("local memory of another core: access");
    case FaultKind::kStackOverflow:
      return fmt::format(
          "stack overflow: access of {} bytes at address {:#x}, {} bytes below the private memory of {} "
          "bytes",
          f.bytes, f.address, core.private_window.begin - f.address,
          core.private_window.end - core.private_window.begin);
    case FaultKind::kIllegal:
      return f.pc >= core.code->end ? "execution ran off the end of the code" : "illegal instruction";
    case FaultKind::kDivergentBranch:
      return "conditional branch on which the active lanes disagree";
    case FaultKind::kNotUniform:
      return "operand that must be the same in all active lanes differs";
    case FaultKind::kBadToken:
      return fmt::format("join or pred does not fit the open splits (token or mask {})", f.address);
    case FaultKind::kStackFull:
      return "more splits are open than a warp can nest: a join is missing";
    case FaultKind::kEndedInside:
      return "the warp ends inside a split: a join is missing";
    case FaultKind::kJumpOutside:
      return fmt::format("jump to {:#x}, outside the code", f.address);
    case FaultKind::kBarrierStuck:
      return "barrier that can never open: " + f.detail;
    case FaultKind::kBadBarrier:
      return fmt::format("barrier number {} does not exist", f.address);
    case FaultKind::kPartialMatrix:
      return fmt::format("matrix instruction while lane {} is off: all lanes of a warp do it together",
                         f.lane);
    case FaultKind::kNone:
      break;
  }
  return f.detail;
}

}  // namespace

std::string fault_message(const CoreState& core, const Module& module, const Memory& memory,
                          std::string_view kernel) {
  if (core.fault.kind == FaultKind::kNone) return fmt::format("kernel '{}': {}", kernel, core.fault.detail);
  const std::string place = module.locate(core.fault.pc);
  return fmt::format("kernel '{}', {}, at {} ({:#x}): {}: {}", kernel, work_item(core),
                     place.empty() ? "?" : place, core.fault.pc, instruction(core), reason(core, memory));
}

}  // namespace kiesel::model
