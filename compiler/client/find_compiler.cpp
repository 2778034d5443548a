#include <dlfcn.h>
#include <link.h>

#include <filesystem>

#include "compiler/client/client.hpp"
#include "support/config.hpp"

namespace kiesel::compiler {
namespace {

constexpr const char* kProgramName = "kiesel-compiler";

std::filesystem::path folder_of_this_module() {
  Dl_info info{};
  void* module = nullptr;
  if (!::dladdr1(reinterpret_cast<const void*>(&find_compiler), &info, &module, RTLD_DL_LINKMAP)) return {};
  // A program has no name there; argv[0], which dladdr() tells then, is what its caller says.
  const std::filesystem::path name = static_cast<const link_map*>(module)->l_name;
  std::error_code error;
  const auto path = std::filesystem::canonical(name.empty() ? "/proc/self/exe" : name, error);
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
