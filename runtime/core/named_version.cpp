#include "runtime/core/named_version.hpp"

#include <cstdio>

namespace kiesel::runtime {

std::vector<cl_name_version> name_versions(const std::vector<NamedVersion>& list) {
  std::vector<cl_name_version> out;
  for (const auto& entry : list) {
    cl_name_version row{};
    row.version = entry.version;
    std::snprintf(row.name, sizeof row.name, "%s", entry.name);
    out.push_back(row);
  }
  return out;
}

std::string joined_names(const std::vector<NamedVersion>& list) {
  std::string out;
  for (const auto& entry : list) out += out.empty() ? entry.name : std::string(" ") + entry.name;
  return out;
}

}  // namespace kiesel::runtime
