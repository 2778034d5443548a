#include "evaluation/capture/filter.hpp"

#include <fnmatch.h>

#include <algorithm>

#include "support/words.hpp"

namespace kiesel::capture {
namespace {

std::vector<std::string> names_in(std::string_view list) {
  const auto words = words_of(list, ',');
  return {words.begin(), words.end()};
}

}  // namespace

Filter::Filter(const Config& config)
    : kernels_(names_in(config.capture_kernels)),
      first_(config.capture_first),
      last_(config.capture_last ? config.capture_last : ~std::uint64_t{0}),
      every_(std::max<std::uint64_t>(config.capture_every, 1)) {}

bool Filter::is_named(std::string_view kernel) const {
  return kernels_.empty() || std::any_of(kernels_.begin(), kernels_.end(), [&](const std::string& pattern) {
           return ::fnmatch(pattern.c_str(), std::string(kernel).c_str(), 0) == 0;
         });
}

bool Filter::wants(std::uint64_t number, std::string_view kernel) {
  return number >= first_ && number <= last_ && is_named(kernel) && matches_++ % every_ == 0;
}

}  // namespace kiesel::capture
