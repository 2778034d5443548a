#include "device/isa/extensions.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "device/isa/quirks.hpp"

namespace kiesel::isa {
namespace {

// Switches on the row of this name. What is wrong with the name, if anything.
std::optional<std::string> add(const auto& table, Target& target, std::string_view name) {
  const auto found = std::ranges::find(table, name, [](const auto& row) { return row.name; });
  if (found != std::end(table)) {
    target.*found->member = true;
    return std::nullopt;
  }
  std::vector<std::string_view> names;
  for (const auto& row : table) names.push_back(row.name);
  return fmt::format("may hold {}", fmt::join(names, ", "));
}

}  // namespace

void clear_extensions(Target& target) {
  for (const TargetExtension& extension : kExtensions) target.*extension.member = false;
}

std::optional<std::string> add_extension(Target& target, std::string_view name) {
  return add(kExtensions, target, name);
}

std::optional<std::string> add_quirk(Target& target, std::string_view name) {
  return add(kQuirks, target, name);
}

std::string extension_names(const Target& target) {
  std::string names;
  for (const TargetExtension& extension : kExtensions)
    if (target.*extension.member) names.append(names.empty() ? "" : " ").append(extension.name);
  return names;
}

std::optional<std::string> check_extensions(const Target& target) {
  const auto has = [&](std::string_view name) {
    return std::ranges::any_of(
        kExtensions, [&](const TargetExtension& row) { return row.name == name && target.*row.member; });
  };
  for (const TargetExtension& row : kExtensions)
    if (target.*row.member && !row.needs.empty() && !has(row.needs))
      return fmt::format("{} needs {}", row.name, row.needs);
  return std::nullopt;
}

}  // namespace kiesel::isa
