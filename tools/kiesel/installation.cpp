#include "tools/kiesel/installation.hpp"

namespace kiesel::tools {
namespace fs = std::filesystem;

fs::path program_folder() {
  std::error_code error;
  return fs::canonical("/proc/self/exe", error).parent_path();
}

std::optional<fs::path> first_of(std::initializer_list<fs::path> candidates) {
  std::error_code error;
  for (const auto& candidate : candidates)
    if (const auto path = program_folder() / candidate; fs::exists(path, error))
      return path.lexically_normal();
  return {};
}

std::optional<fs::path> driver_library() {
  const fs::path installed = fs::path(KIESEL_LIBDIR) / "libkiesel.so";
  return first_of({"../lib/libkiesel.so", ".." / installed, "libkiesel.so", KIESEL_PREFIX / installed});
}

}  // namespace kiesel::tools
