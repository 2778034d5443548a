#include "evaluation/profile/report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "support/file.hpp"

namespace kiesel::profile {

Status write_report(const Data& data, const ReportSettings& settings, const Lister& lister,
                    const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Error{Errc::kIo, fmt::format("cannot make {}: {}", folder.string(), error.message())};
  const auto profile = describe(data, settings, lister);
  const std::pair<const char*, std::string> files[] = {
      {"profile.json", profile.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)},
      {"kernels.csv", table_of_kernels(profile)},
      {"launches.csv", table_of_launches(data)},
      {"transfers.csv", table_of_transfers(profile)},
      {"code.csv", table_of_code(profile)},
      {"timeline.perfetto-trace", perfetto_trace(profile)},
      {"report.html", page_of(profile)},
  };
  for (const auto& [name, text] : files)
    if (auto written = write_file_atomically(folder / name, text); !written) return written;
  return {};
}

}  // namespace kiesel::profile
