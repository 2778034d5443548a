// A profile as its readers want it: profile.json, tables as CSV, a timeline for Perfetto, and one page.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

#include "evaluation/profile/data.hpp"
#include "evaluation/profile/listing.hpp"
#include "evaluation/profile/machine.hpp"

namespace kiesel::profile {

inline constexpr int kFormatVersion = 1;  // of profile.json, docs/profile.md

struct ReportSettings {
  std::string kiesel{};   // version
  std::string subject{};  // the application's command line, or the capture
  Machines machines{};
  std::vector<std::string> notes{};  // what a reader must know
};

// profile.json.
nlohmann::ordered_json describe(const Data& data, const ReportSettings& settings, const Lister& lister);
// Every other file is made of it.
std::string table_of_kernels(const nlohmann::ordered_json& profile);
std::string table_of_launches(const Data& data);
std::string table_of_transfers(const nlohmann::ordered_json& profile);
std::string table_of_code(const nlohmann::ordered_json& profile);
std::string perfetto_trace(const nlohmann::ordered_json& profile);
std::string page_of(const nlohmann::ordered_json& profile);

// All of it into a folder, which is made. kIo.
Status write_report(const Data& data, const ReportSettings& settings, const Lister& lister,
                    const std::filesystem::path& folder);

}  // namespace kiesel::profile
