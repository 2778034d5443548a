// What the checks of an application's processes found, put together for people and for CI systems.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "evaluation/check/finding.hpp"
#include "evaluation/check/suppressions.hpp"
#include "evaluation/profile/listing.hpp"

namespace kiesel::check {

struct Data {
  std::vector<Finding> findings;
  std::vector<std::string> notes;  // what could not be checked
  std::uint64_t launches = 0, processes = 0, suppressed = 0;
};

// What collectors wrote to a folder, as far as it is whole. kIo.
Result<Data> read_folder(const std::filesystem::path& folder);
// Adds source lines and puts findings of one cause together.
void locate(Data& data, const profile::Lister& lister);
// Takes away what somebody does not want to see.
void suppress(Data& data, const Suppressions& suppressions);

// The first `most` findings, in two to six lines each.
std::string to_text(const Data& data, std::size_t most);
std::string to_json_text(const Data& data, std::size_t most);
// SARIF 2.1.0.
std::string to_sarif(const Data& data, std::size_t most, const std::string& version);

}  // namespace kiesel::check
