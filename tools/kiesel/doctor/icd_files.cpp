#include "tools/kiesel/doctor/icd_files.hpp"

#include <unistd.h>

#include <algorithm>

#include "support/config.hpp"
#include "support/file.hpp"

namespace kiesel::tools::doctor {
namespace {

namespace fs = std::filesystem;

constexpr const char* kVendorsFolder = "/etc/OpenCL/vendors";
// In the order in which they win.
constexpr const char* kVariables[] = {"OCL_ICD_VENDORS", "OPENCL_VENDOR_PATH"};

std::string first_line(const fs::path& file) {
  const auto text = read_text_file(file);
  auto line = text ? text->substr(0, text->find_first_of("\r\n")) : std::string();
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

std::vector<Icd> files_of(const fs::path& folder) {
  std::vector<Icd> icds;
  std::error_code failed;
  for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed))
    if (it->path().extension() == ".icd") icds.push_back({it->path().string(), first_line(it->path())});
  std::sort(icds.begin(), icds.end(), [](const Icd& a, const Icd& b) { return a.source < b.source; });
  return icds;
}

// A folder, an ICD file (without a slash: of the usual folder, where it is there), or a library.
void look_at(const std::string& name, Vendors& out) {
  std::error_code failed;
  fs::path place = name;
  if (place.extension() == ".icd" && name.find('/') == std::string::npos)
    if (const auto usual = fs::path(kVendorsFolder) / place; fs::exists(usual, failed)) place = usual;
  out.place = place.string();
  out.readable = ::access(place.c_str(), R_OK) == 0;
  if (fs::is_directory(place, failed))
    out.icds = files_of(place);
  else if (place.extension() == ".icd")
    out.icds = {{out.place, first_line(place)}};
  else
    out.icds = {{out.variable, name}};
}

// The Khronos loader's list of libraries.
void add_listed(const std::string& list, Vendors& out) {
  for (std::size_t at = 0; at < list.size();) {
    const auto end = std::min(list.find(':', at), list.size());
    if (end > at) out.icds.push_back({"OCL_ICD_FILENAMES", list.substr(at, end - at)});
    at = end + 1;
  }
}

}  // namespace

Vendors find_vendors() {
  Vendors out;
  std::string name = kVendorsFolder;
  for (const char* variable : kVariables)
    if (const auto value = environment_variable(variable); !value.empty() && out.variable.empty())
      out.variable = variable, name = value;
  look_at(name, out);
  add_listed(environment_variable("OCL_ICD_FILENAMES"), out);
  return out;
}

}  // namespace kiesel::tools::doctor
