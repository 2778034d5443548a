#include "device/isa/operation_class.hpp"

#include <array>

#include "device/isa/operands.hpp"

namespace kiesel::isa {
namespace {

using enum OperationClass;

// By bits 31 to 27 of OP-FP.
Operation float_operation(std::uint32_t funct5) {
  switch (funct5) {
    case 0x00:
    case 0x01:
    case 0x02:
      return {kFloatAdd, 0, 1};
    case 0x03:
      return {kFloatDivide, 0, 1};
    case 0x0B:
      return {kFloatRoot, 0, 1};
    case 0x08:
    case 0x18:
    case 0x1A:
      return {kFloatConvert};
    default:
      return {kFloatCompare};
  }
}

// Custom-0, by funct3 where funct7 is 0.
OperationClass simt_class(std::uint32_t funct3) { return funct3 == 4 || funct3 == 6 ? kBarrier : kMask; }

Operation operation_of(const OpInfo& info) {
  const std::uint32_t word = info.match, funct3 = detail::bits(word, 12, 3),
                      funct7 = detail::bits(word, 25, 7);
  const auto bytes = static_cast<std::uint8_t>(1u << (funct3 & 3));
  switch (word & 0x7F) {
    case 0x03:
    case 0x07:
      return {kLoad, bytes};
    case 0x23:
    case 0x27:
      return {kStore, bytes};
    case 0x2F:
      return {kAtomic, bytes};
    case 0x63:
    case 0x67:
    case 0x6F:
      return {kBranch};
    case 0x0F:
      return {kFence};
    case 0x73:
      return {kCsr};
    case 0x33:
    case 0x3B:
      return {funct7 != 1 ? kInteger : funct3 < 4 ? kMultiply : kDivide};
    case 0x43:
    case 0x47:
    case 0x4B:
    case 0x4F:
      return {kFloatAdd, 0, 2};
    case 0x53:
      return float_operation(word >> 27);
    case 0x0B:
      return {funct7 == 2 ? kMatrix : funct7 ? kVote : simt_class(funct3)};
    case 0x2B:
      return {kMultiply};
    default:
      return {kInteger};
  }
}

const std::array<Operation, static_cast<std::size_t>(Op::kCount)> kOperations = [] {
  std::array<Operation, static_cast<std::size_t>(Op::kCount)> out{};
  for (std::size_t op = 1; op < out.size(); ++op) out[op] = operation_of(info(static_cast<Op>(op)));
  return out;
}();

}  // namespace

const Operation& operation(Op op) { return kOperations[static_cast<std::size_t>(op)]; }

}  // namespace kiesel::isa
