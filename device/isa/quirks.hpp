// What devices do otherwise than the instruction set says, where programs can be made to live with it: a
// target has a quirk or not, as it has an extension. A plug-in switches on those of its hardware's version.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "device/isa/target.hpp"

namespace kiesel::isa {

struct Quirk {
  std::string_view name;
  bool Target::*member;
  std::string_view wrong, work_around, versions;
};
inline constexpr Quirk kQuirks[] = {
    {"full-last-mask", &Target::full_last_mask,
     "the last warp of a work-group of several warps starts with all lanes active, those behind the end of "
     "the work-group, too",
     "the start-up code of each warp sets its mask", "Vortex 3.0 RTL (d76b7f24e); simx is right"},
    {"mixed-access", &Target::mixed_access,
     "an access whose lanes mean local memory and other memory at once stops the core",
     "accesses through generic pointers are parted by address", "Vortex 3.0 RTL (d76b7f24e); simx is right"},
    {"wide-group", &Target::wide_group,
     "local ids y and z are wrong in work-groups that have as many work-items in one direction as a core has "
     "lanes",
     "a local id in a direction of size 1 is 0, whatever its register says",
     "Vortex 3.0 RTL (d76b7f24e); simx is right"},
    {"global-atomics", &Target::global_atomics, "atomics do not reach local memory",
     "atomics of local memory are not reported, and a program with them does not build",
     "Vortex 3.0 (d76b7f24e) with A: simx; the RTL by its text"},
};

// What is wrong with the name, if anything.
std::optional<std::string> add_quirk(Target& target, std::string_view name);

}  // namespace kiesel::isa
