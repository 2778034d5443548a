#include "evaluation/check/kinds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace kiesel::check {

std::optional<Kind> find_kind(std::string_view name) {
  const auto* const found = std::ranges::find(kKindInfos, name, &KindInfo::name);
  if (found == std::end(kKindInfos)) return std::nullopt;
  return static_cast<Kind>(found - std::begin(kKindInfos));
}

Result<Tools> Tools::parse(std::string_view text) {
  Tools tools;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    const auto word = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    const auto* const found = std::ranges::find(kToolNames, word);
    if (word == "all")
      std::fill_n(tools.on, static_cast<std::size_t>(Tool::kLeaks), true);
    else if (found != std::end(kToolNames))
      tools.on[found - std::begin(kToolNames)] = true;
    else
      return Error{Errc::kInvalidArgument,
                   fmt::format("there is no tool '{}', but memory, races, initialisation, synchronisation, "
                               "all of them as all, and leaks",
                               word)};
  }
  return tools;
}

}  // namespace kiesel::check
