#include "compiler/spirv/read/plain_composites.hpp"

#include "compiler/il/constants.hpp"

namespace kiesel::compiler {
namespace {

enum Op : std::uint32_t {
  kOpUndef = 1,
  kOpTypeVector = 23,
  kOpTypeStruct = 30,
  kOpVectorShuffle = 79,
  kOpCompositeConstruct = 80,
  kOpCompositeExtract = 81,
  kOpCompositeInsert = 82,
  kOpCopyObject = 83,
  kOpCopyLogical = 400,
};
constexpr std::uint32_t kUndefined = ~0U;  // component of a shuffle

class Composites {
 public:
  explicit Composites(Rewriting& to) : to_(to) {}

  // The reader has composites of constants only.
  void construct(Instruction instruction) {
    const auto value = build_composite(instruction[1], instruction.subspan(3));
    to_.append(kOpCopyObject, {instruction[1], instruction[2], value});
  }

  void copy_logical(Instruction instruction) {
    const auto value = copy_logically(instruction[3], to_.type_of(instruction[3]), instruction[1]);
    to_.append(kOpCopyObject, {instruction[1], instruction[2], value});
  }

  // The reader wants two vectors of one type, and a component for each that may be undefined.
  void shuffle(Instruction instruction) {
    const auto first = width_of(instruction[3]), second = width_of(instruction[4]);
    Words changed(instruction.begin(), instruction.end());
    if (first > second) changed[4] = widen(instruction[4], instruction[3]);
    if (first < second) changed[3] = widen(instruction[3], instruction[4]);
    for (auto& component : std::span(changed).subspan(5)) {
      if (component == kUndefined) component = 0;
      if (component >= first && first < second) component += second - first;
    }
    to_.copy(changed);
  }

 private:
  std::uint32_t insert(std::uint32_t type, std::uint32_t composite, std::uint32_t value, std::uint32_t at) {
    return to_.emit(kOpCompositeInsert, type, {value, composite, at});
  }

  // A composite of these constituents; those of a vector may be vectors that are put one after the other.
  std::uint32_t build_composite(std::uint32_t type, std::span<const std::uint32_t> constituents) {
    const bool is_vector = to_.opcode_of(type) == kOpTypeVector;
    auto result = to_.emit(kOpUndef, type, {});
    std::uint32_t at = 0;
    for (const auto value : constituents) {
      const auto part = to_.definition_of_type(value);
      if (!is_vector || opcode(part) != kOpTypeVector) {
        result = insert(type, result, value, at++);
        continue;
      }
      for (std::uint32_t i = 0; i < part[3]; ++i)
        result = insert(type, result, to_.emit(kOpCompositeExtract, part[2], {value, i}), at++);
    }
    return result;
  }

  std::uint32_t member_count(Instruction type) {
    if (opcode(type) == kOpTypeStruct) return static_cast<std::uint32_t>(type.size() - 2);
    return Constants(to_.words()).value(type[3]).value_or(0);  // of an array
  }

  // `value` as a value of `type`, which has the same members.
  std::uint32_t copy_logically(std::uint32_t value, std::uint32_t from, std::uint32_t type) {
    if (from == type) return value;
    const auto source = to_.definition(from), target = to_.definition(type);
    const bool is_struct = opcode(target) == kOpTypeStruct;
    Words members;
    for (std::uint32_t i = 0, count = member_count(target); i < count; ++i) {
      const auto member = is_struct ? source[i + 2] : source[2];
      const auto extracted = to_.emit(kOpCompositeExtract, member, {value, i});
      members.push_back(copy_logically(extracted, member, is_struct ? target[i + 2] : target[2]));
    }
    return build_composite(type, members);
  }

  std::uint32_t width_of(std::uint32_t vector) { return to_.definition_of_type(vector)[3]; }

  // `vector` as one of the type of `like`, which is longer.
  std::uint32_t widen(std::uint32_t vector, std::uint32_t like) {
    Words components(width_of(like));
    for (std::uint32_t i = 0; i < width_of(vector); ++i) components[i] = i;
    return to_.emit(kOpVectorShuffle, to_.type_of(like), {vector, vector}, components);
  }

  Rewriting& to_;
};

}  // namespace

bool write_plain_composites(Rewriting& to, Instruction instruction) {
  switch (opcode(instruction)) {
    case kOpCompositeConstruct:
      Composites(to).construct(instruction);
      return true;
    case kOpVectorShuffle:
      Composites(to).shuffle(instruction);
      return true;
    case kOpCopyLogical:
      Composites(to).copy_logical(instruction);
      return true;
    default:
      return false;
  }
}

}  // namespace kiesel::compiler
