// Runs the lowering and code generation over IR text.
#pragma once

#include <string>
#include <string_view>

#include "compiler/simt/simt.hpp"

namespace kiesel::simt::test {

struct Lowered {
  Errors errors;         // of lowering, then of the checker
  std::string ir;        // after the lowering
  std::string assembly;  // empty when lowering failed

  unsigned count(std::string_view text) const;  // in `ir`
  unsigned machine_branches() const;            // conditional ones
};

// How often the lowering's assembly occurs in `ir`.
inline constexpr std::string_view kSplit = "0x0b, 2, 0";
inline constexpr std::string_view kJoin = "0x0b, 3, 0";
inline constexpr std::string_view kPred = "0x0b, 5, 0";

// `text` may use @lane() and @uniform(), i64 each: the lane's number, and something that all lanes agree on.
enum class Precision { kAnalysed, kAllDivergent };
Lowered lower(std::string_view text, Precision precision = Precision::kAnalysed, isa::Target target = {});
// Code generation and checker alone, as if the lowering had done nothing.
Lowered check_only(std::string_view text);

}  // namespace kiesel::simt::test
