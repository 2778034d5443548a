// Findings that somebody knows and does not want to see. A file has one suppression a line: words that all
// have to fit, such as `kind:race kernel:reduce* line:sums.cl:12 name:'out'`; `#` begins a comment.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evaluation/check/finding.hpp"

namespace kiesel::check {

class Suppressions {
 public:
  // kInvalidArgument with the line.
  static Result<Suppressions> parse(std::string_view text);
  bool fits(const Finding& finding) const;

 private:
  struct Entry {
    std::string kind, kernel, file, name;  // patterns; empty: any
    std::uint32_t line = 0;                // 0: any
  };
  static std::optional<Entry> entry_of(std::string_view line);
  std::vector<Entry> entries_;
};

}  // namespace kiesel::check
