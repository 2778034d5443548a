// An engine executes warps: the same source compiled for a number of lanes and a level of the host's
// instruction set.
#pragma once

#include <cstdint>
#include <memory>

#include "device/model/interpreter/warp.hpp"
#include "device/translation/host_level.hpp"
#include "device/translation/state_layout.hpp"

namespace kiesel::model {

using translation::HostLevel, translation::StateLayout;

struct Trace;
}  // namespace kiesel::model
namespace kiesel::device {
struct Interest;
class Observer;
}  // namespace kiesel::device
namespace kiesel::model {

struct Engine {
  const char* host;  // "v4"
  HostLevel level;
  unsigned width;        // lanes of its registers
  Warp* (*make_warp)();  // with registers zero
  void (*destroy_warp)(Warp*);
  void (*clear_registers)(Warp&);
  void (*set_mask)(Warp&, std::uint64_t mask);
  // Runs until the warp stops or `budget` instructions are done (Stop::kNone).
  void (*run)(Warp&, std::uint64_t budget);
  // The same, and appends what it did. A step that faulted is among them.
  void (*run_traced)(Warp&, std::uint64_t budget, Trace&);
  // The same with an observer, and what is of interest to it by instruction.
  void (*run_observed)(Warp&, std::uint64_t budget, device::Observer&, const device::Interest*);
  // Handlers of an instruction; `flags_matter` asks for exact fflags.
  void (*bind)(const isa::Instruction&, bool flags_matter, Insn&);
  // Where translated code finds a warp's state.
  StateLayout (*layout)();
  // Puts what the instruction wrote into a row of 64 bits a lane, where translated code finds it.
  void (*unfold)(Warp&, const Insn&);
  // One lane's registers, for tests and messages.
  std::uint64_t (*read_x)(const Warp&, unsigned reg, unsigned lane);
};

// The best engine that this host can run, up to a level. Lanes is a power of two up to 64.
const Engine& engine_for(unsigned lanes, HostLevel most = HostLevel::kV4);

}  // namespace kiesel::model
