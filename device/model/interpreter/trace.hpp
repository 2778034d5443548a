// What a warp has executed, step by step: for whoever counts or times it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace kiesel::model {

// One instruction of a warp.
struct Step {
  std::uint32_t insn;     // its number in the module's code
  std::uint32_t address;  // its first in Trace::addresses
  std::uint64_t mask;     // active lanes
  bool jumped;            // the next instruction is not the one behind it
  bool mask_changed;      // by it; the end of a warp is none
  bool ended;             // the warp, with it
  bool parted;            // it left some of the active lanes active and no others
};

struct Trace {
  std::vector<Step> steps;
  // Of loads, stores and atomics: of each active lane, ascending lanes. Of barriers: number and count.
  std::vector<std::uint64_t> addresses;

  void clear() {
    steps.clear();
    addresses.clear();
  }
};

}  // namespace kiesel::model
