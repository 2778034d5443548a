#include "tools/kiesel/installation.hpp"

#include <fmt/format.h>

#include "compiler/client/client.hpp"
#include "support/cache.hpp"
#include "support/file.hpp"

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

std::string this_version() {
  CacheKey key;
  for (const fs::path& program : {fs::path("/proc/self/exe"), fs::path(compiler::find_compiler())})
    if (const auto bytes = read_binary_file(fs::path(program))) key.add(std::span<const std::byte>(*bytes));
  return fmt::format("{} {}", KIESEL_VERSION, key.text().substr(0, 16));
}

std::optional<fs::path> driver_library() {
  const fs::path installed = fs::path(KIESEL_LIBDIR) / "libkiesel.so";
  return first_of({"../lib/libkiesel.so", ".." / installed, "libkiesel.so", KIESEL_PREFIX / installed});
}

}  // namespace kiesel::tools
