// What kind of work an instruction is: for counters and for the units of a design.
#pragma once

#include <cstdint>
#include <iterator>
#include <string_view>

#include "device/isa/instruction.hpp"

namespace kiesel::isa {

enum class OperationClass : std::uint8_t {
  kInteger,
  kMultiply,
  kDivide,
  kFloatAdd,  // additions, multiplications, fused ones
  kFloatDivide,
  kFloatRoot,
  kFloatConvert,  // between float formats and integers
  kFloatCompare,  // comparisons, minima, moves, signs, classes
  kBranch,        // branches and jumps
  kMask,          // tmc, split, join, pred, wsync
  kBarrier,
  kVote,  // votes and shuffles
  kMatrix,
  kCsr,
  kFence,
  kLoad,
  kStore,
  kAtomic
};

// By class.
inline constexpr std::string_view kOperationClassNames[] = {
    "integer",       "multiply",      "divide", "float_add", "float_divide", "float_root",
    "float_convert", "float_compare", "branch", "mask",      "barrier",      "vote",
    "matrix",        "csr",           "fence",  "load",      "store",        "atomic"};
static_assert(std::size(kOperationClassNames) == static_cast<std::size_t>(OperationClass::kAtomic) + 1);

struct Operation {
  OperationClass kind = OperationClass::kInteger;
  std::uint8_t bytes = 0;  // that a lane accesses in memory
  std::uint8_t flops = 0;  // of a lane
};

const Operation& operation(Op op);

}  // namespace kiesel::isa
