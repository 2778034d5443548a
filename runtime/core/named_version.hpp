// Lists of names with versions, in the two forms that OpenCL 3.0 asks for: extensions, features, language
// versions.
#pragma once

#include <CL/cl.h>

#include <string>
#include <vector>

namespace kiesel::runtime {

struct NamedVersion {
  const char* name;
  cl_version version;
};

std::vector<cl_name_version> name_versions(const std::vector<NamedVersion>& list);
std::string joined_names(const std::vector<NamedVersion>& list);  // separated by spaces

}  // namespace kiesel::runtime
