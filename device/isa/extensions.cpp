#include "device/isa/extensions.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace kiesel::isa {

void clear_extensions(Target& target) {
  for (const TargetExtension& extension : kExtensions) target.*extension.member = false;
}

std::optional<std::string> add_extension(Target& target, std::string_view name) {
  const auto found = std::find_if(std::begin(kExtensions), std::end(kExtensions),
                                  [&](const TargetExtension& extension) { return extension.name == name; });
  if (found != std::end(kExtensions)) {
    target.*found->member = true;
    return std::nullopt;
  }
  std::vector<std::string_view> names;
  for (const TargetExtension& extension : kExtensions) names.push_back(extension.name);
  return fmt::format("may hold {}", fmt::join(names, ", "));
}

std::string extension_names(const Target& target) {
  std::string names;
  for (const TargetExtension& extension : kExtensions)
    if (target.*extension.member) names.append(names.empty() ? "" : " ").append(extension.name);
  return names;
}

std::optional<std::string> check_extensions(const Target& target) {
  if (target.cas && !target.atomics) return "Zacas needs A";
  return std::nullopt;
}

}  // namespace kiesel::isa
