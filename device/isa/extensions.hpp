// The extensions of the instruction set that a target may have, by name: one table for configuration files,
// plug-in devices and messages.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "device/isa/target.hpp"

namespace kiesel::isa {

struct TargetExtension {
  std::string_view name;
  bool Target::*member;
};
inline constexpr TargetExtension kExtensions[] = {
    {"A", &Target::atomics}, {"Zacas", &Target::cas},   {"Zicond", &Target::zicond},
    {"Zfh", &Target::half},  {"Zb", &Target::bitmanip}, {"vote", &Target::votes},
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
