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
#define QUIRK(member, name, wrong, work_around, versions) \
  {name, &Target::member, wrong, work_around, versions},
#include "device/isa/quirks.def"
#undef QUIRK
};

// What is wrong with the name, if anything.
std::optional<std::string> add_quirk(Target& target, std::string_view name);

}  // namespace kiesel::isa
