#include "tools/kiesel/refuse.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace kiesel::tools {

int refuse(std::string_view command, std::string_view reason) {
  fmt::print(stderr, "kiesel {}: {}\n", command, reason);
  return 2;
}

}  // namespace kiesel::tools
