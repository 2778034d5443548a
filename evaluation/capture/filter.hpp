// Which launches are wanted, by the options capture_kernels, _first, _last and _every. Threads: any.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/config.hpp"

namespace kiesel::capture {

class Filter {
 public:
  explicit Filter(const Config& config);
  // To be asked once for each launch, in their order.
  bool wants(std::uint64_t number, std::string_view kernel);

 private:
  bool is_named(std::string_view kernel) const;

  const std::vector<std::string> kernels_;  // patterns as of file names; none: all
  const std::uint64_t first_, last_, every_;
  std::atomic<std::uint64_t> matches_{0};
};

}  // namespace kiesel::capture
