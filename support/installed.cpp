#include "support/installed.hpp"

#include <dlfcn.h>
#include <link.h>

namespace kiesel {

std::filesystem::path folder_of_this_module() {
  Dl_info info{};
  void* module = nullptr;
  if (!::dladdr1(reinterpret_cast<const void*>(&folder_of_this_module), &info, &module, RTLD_DL_LINKMAP))
    return {};
  // A program has no name there; argv[0], which dladdr() tells then, is what its caller says.
  const std::filesystem::path name = static_cast<const link_map*>(module)->l_name;
  std::error_code error;
  const auto path = std::filesystem::canonical(name.empty() ? "/proc/self/exe" : name, error);
  return error ? std::filesystem::path() : path.parent_path();
}

std::string installed_program(const char* name) {
  const auto here = folder_of_this_module();
  std::error_code error;
  if (!here.empty())
    for (const char* folder :
         {".", "../bin", "../libexec", "../../bin", "../../../bin", "../" KIESEL_LIBRARY_DIR}) {
      const auto candidate = here / folder / name;
      if (std::filesystem::exists(candidate, error)) return candidate.lexically_normal().string();
    }
  return std::string(KIESEL_BINDIR "/") + name;
}

}  // namespace kiesel
