// The extensions of the instruction set that a target may have, by name (extensions.def).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "device/isa/target.hpp"

namespace kiesel::isa {

struct TargetExtension {
  std::string_view name;
  bool Target::*member;
  std::string_view needs;     // the name of another one, or nothing
  std::string_view features;  // LLVM's
};
inline constexpr TargetExtension kExtensions[] = {
#define EXTENSION(member, name, usual, needs, features, ...) {name, &Target::member, needs, features},
#include "device/isa/extensions.def"
#undef EXTENSION
};

// Takes all extensions away.
void clear_extensions(Target& target);
// The names of those that the target has, separated by spaces.
std::string extension_names(const Target& target);
// What is wrong with the name, if anything.
std::optional<std::string> add_extension(Target& target, std::string_view name);
// What is wrong with the whole, if anything: an extension without one that it needs.
std::optional<std::string> check_extensions(const Target& target);

}  // namespace kiesel::isa
