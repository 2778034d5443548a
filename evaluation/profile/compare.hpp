// Two or more profiles side by side, with what differs most first.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/result.hpp"

namespace kiesel::profile {

// A profile.json, or the folder that has one. kIo, kInvalidBinary for what is no profile of this format.
Result<nlohmann::ordered_json> read_profile(const std::filesystem::path& path);

// {profiles: [{name, subject, accuracy}], differences: [{kernel, figure, name, unit, values, change,
// verdict}], kernels: [...]}: against the first one.
nlohmann::ordered_json compare(const std::vector<std::pair<std::string, nlohmann::ordered_json>>& profiles);
// As a table for a terminal: the `most` largest differences.
std::string comparison_text(const nlohmann::ordered_json& comparison, std::size_t most);
std::string comparison_page(const nlohmann::ordered_json& comparison);

}  // namespace kiesel::profile
