#include <dlfcn.h>

#include <filesystem>

#include "compiler/client/client.hpp"
#include "support/config.hpp"

namespace kiesel::compiler {
namespace {

constexpr const char* kProgramName = "kiesel-compiler";

std::filesystem::path folder_of_this_module() {
  Dl_info info{};
  if (!::dladdr(reinterpret_cast<const void*>(&find_compiler), &info) || !info.dli_fname) return {};
  // In a program this is argv[0], which has no folder when the shell found it through PATH.
  const std::filesystem::path name = info.dli_fname;
  std::error_code error;
  const auto path = std::filesystem::canonical(name.has_parent_path() ? name : "/proc/self/exe", error);
  return error ? std::filesystem::path() : path.parent_path();
}

}  // namespace

std::string find_compiler() {
  if (!config().compiler.empty()) return config().compiler;
  const auto here = folder_of_this_module();
  std::error_code error;
  if (!here.empty())
    for (const char* folder : {".", "../bin", "../libexec", "../../bin", "../../../bin"}) {
      const auto candidate = here / folder / kProgramName;
      if (std::filesystem::exists(candidate, error)) return candidate.lexically_normal().string();
    }
  return std::string(KIESEL_BINDIR "/") + kProgramName;
}

}  // namespace kiesel::compiler
