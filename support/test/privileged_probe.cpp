// Tells what options and folders it has, for privileged_test.cpp, and writes one line to the log.
#include <fmt/format.h>

#include "support/cache.hpp"
#include "support/config.hpp"
#include "support/log.hpp"

int main() {
  const auto& config = kiesel::config();
  fmt::print("privileged={}\n", kiesel::is_privileged());
  for (const auto& row : kiesel::option_table())
    if (row.source != "default" && row.name != "cache")
      fmt::print("{}={} from {}\n", row.name, row.value, row.source);
  fmt::print("cache={}\nfolder={}\n", config.cache, kiesel::default_cache_folder().string());
  KIESEL_LOG(kApi, kError, "a line");
  return 0;
}
