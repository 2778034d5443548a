// What Vortex 3.0 does otherwise than its description says, and what is done about it; docs/vortex.md tells
// its makers more. Those for which programs are built otherwise are in device/isa/quirks.hpp, too.
#pragma once

#include <string_view>

namespace kiesel::vortex {

struct Quirk {
  std::string_view name;
  bool in_simulator;  // also of simx, which is not made of the hardware's description
  bool in_program;    // the compiler goes around it
  std::string_view what, work_around;
};

inline constexpr std::string_view kFullLastMask = "full-last-mask";
inline constexpr std::string_view kMixedAccess = "mixed-access";
inline constexpr std::string_view kWideGroup = "wide-group";
inline constexpr std::string_view kGlobalAtomics = "global-atomics";
inline constexpr std::string_view kLonelyGroup = "lonely-group";
inline constexpr std::string_view kCyclesAddUp = "cycles-add-up";

// All seen in d76b7f24e of July 2026; no later version has been tried.
inline constexpr Quirk kQuirks[] = {
    {kFullLastMask, false, true,
     "a partial last warp starts with all lanes active when warps are dispatched back to back",
     "each warp sets its mask when it starts"},
    {kMixedAccess, false, true,
     "a load whose lanes mix local and other memory sends one half twice, and the simulation ends",
     "generic accesses are split by address space"},
    {kWideGroup, false, true,
     "local ids y and z count up in work-groups that have as many work-items in one direction as a core has "
     "lanes",
     "ids in a direction of size 1 are 0, without asking"},
    {kGlobalAtomics, true, true,
     "an atomic operation on local memory ends the simulation, or the launch never ends",
     "programs with one do not build, and the device reports atomics of global memory only"},
    {kLonelyGroup, false, false,
     "with several cores, a launch of fewer work-groups than cores ends early or never",
     "it gets as many work-groups as there are cores; those that are too many end at once"},
    {kCyclesAddUp, false, false, "cycles and instructions go on counting from launch to launch",
     "differences are counted"},
};

}  // namespace kiesel::vortex
