#include "compiler/spirv/readable.hpp"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <set>

#include "compiler/spirv/tools.hpp"

namespace kiesel::compiler {
namespace {

enum Op : std::uint32_t {
  kOpUndef = 1,
  kOpName = 5,
  kOpString = 7,
  kOpExtension = 10,
  kOpExtInstImport = 11,
  kOpExtInst = 12,
  kOpExecutionMode = 16,
  kOpTypeBool = 20,
  kOpTypeInt = 21,
  kOpTypeFloat = 22,
  kOpTypeVector = 23,
  kOpTypeStruct = 30,
  kOpTypePointer = 32,
  kOpConstantFalse = 42,
  kOpConstant = 43,
  kOpConstantNull = 46,
  kOpSpecConstant = 50,
  kOpFunction = 54,
  kOpLoad = 61,
  kOpStore = 62,
  kOpCopyMemory = 63,
  kOpCopyMemorySized = 64,
  kOpPtrAccessChain = 67,
  kOpVectorShuffle = 79,
  kOpCompositeConstruct = 80,
  kOpCompositeExtract = 81,
  kOpCompositeInsert = 82,
  kOpCopyObject = 83,
  kOpUConvert = 113,
  kOpConvertPtrToU = 117,
  kOpISub = 130,
  kOpSDiv = 135,
  kOpIEqual = 170,
  kOpINotEqual = 171,
  kOpSizeOf = 321,
  kOpExecutionModeId = 331,
  kOpCopyLogical = 400,
  kOpPtrEqual = 401,
  kOpPtrNotEqual = 402,
  kOpPtrDiff = 403,
  kOpDecorateString = 5632,
  kOpMemberDecorateString = 5633,
};

constexpr std::string_view kNonSemanticSet = "NonSemantic.",
                           kNonSemanticExtension = "SPV_KHR_non_semantic_info";
constexpr std::uint32_t kAddressBits = 64, kWordBits = 32;
constexpr std::uint32_t kUndefined = ~0U;  // component of a shuffle

// Results whose names the reader does not take.
bool is_nameless(std::uint32_t code) { return code == kOpString || code == kOpExtInstImport; }

// What the parser of SPIRV-Tools tells of each instruction: where types and results are.
struct Index {
  std::map<std::uint32_t, Instruction> definitions;      // by result
  std::map<std::uint32_t, std::uint32_t> type_of_value;  // by result
};

Index index_of(std::span<const std::uint32_t> words) {
  Index index;
  for_each_parsed(words, [&](const spv_parsed_instruction_t& parsed) {
    if (parsed.result_id) index.definitions[parsed.result_id] = {parsed.words, parsed.num_words};
    if (parsed.result_id && parsed.type_id) index.type_of_value[parsed.result_id] = parsed.type_id;
  });
  return index;
}

class Rewriter {
 public:
  explicit Rewriter(std::span<const std::uint32_t> words)
      : words_(words), index_(index_of(words)), bound_(words[kBoundWord]) {
    own_.reserve(words.size());
  }

  Words run() {
    Words result(words_.begin(), words_.begin() + kHeaderWords);
    std::size_t globals_end = 0;
    for_each_instruction(words_, [&](Instruction instruction) {
      if (opcode(instruction) == kOpFunction && globals_end == 0) globals_end = own_.size();
      rewrite(instruction);
    });
    if (globals_end == 0) globals_end = own_.size();
    const auto middle = own_.begin() + static_cast<std::ptrdiff_t>(globals_end);
    result.insert(result.end(), own_.begin(), middle);
    result.insert(result.end(), globals_.begin(), globals_.end());
    result.insert(result.end(), middle, own_.end());
    result[kBoundWord] = bound_;
    return result;
  }

 private:
  static void append(Words& to, std::uint32_t code, std::initializer_list<std::uint32_t> operands) {
    to.push_back(static_cast<std::uint32_t>(operands.size() + 1) << 16 | code);
    to.insert(to.end(), operands);
  }

  // Of what defines a result.
  std::uint32_t opcode_of(std::uint32_t id) {
    const auto definition = index_.definitions[id];
    return definition.empty() ? 0 : opcode(definition);
  }

  // A new instruction with a result, in the function that is being rewritten.
  std::uint32_t emit(std::uint32_t code, std::uint32_t type, std::initializer_list<std::uint32_t> operands) {
    const auto result = bound_++;
    own_.push_back(static_cast<std::uint32_t>(operands.size() + 3) << 16 | code);
    own_.insert(own_.end(), {type, result});
    own_.insert(own_.end(), operands);
    index_.type_of_value[result] = type;
    return result;
  }

  // The type of addresses: the module's own, or one that is added.
  std::uint32_t address_type() {
    if (address_type_) return address_type_;
    for (const auto& [id, definition] : index_.definitions)
      if (opcode(definition) == kOpTypeInt && definition[2] == kAddressBits) return address_type_ = id;
    address_type_ = bound_++;
    append(globals_, kOpTypeInt, {address_type_, kAddressBits, 0});
    return address_type_;
  }

  std::uint32_t one() {
    if (one_) return one_;
    const auto type = address_type();
    one_ = bound_++;
    append(globals_, kOpConstant, {type, one_, 1, 0});
    return one_;
  }

  std::uint32_t address_of(std::uint32_t pointer) {
    return emit(kOpConvertPtrToU, address_type(), {pointer});
  }

  // From one element to the next, in bytes.
  std::uint32_t size_of_pointee(std::uint32_t pointer) {
    const auto next = emit(kOpPtrAccessChain, index_.type_of_value[pointer], {pointer, one()});
    const auto end = address_of(next);
    return emit(kOpISub, address_type(), {end, address_of(pointer)});
  }

  // `value`, of the type of addresses, becomes the result of `instruction`.
  void finish_integer(Instruction instruction, std::uint32_t value) {
    const bool same = instruction[1] == address_type();
    append(own_, same ? kOpCopyObject : kOpUConvert, {instruction[1], instruction[2], value});
  }

  void compare(Instruction instruction, std::uint32_t code) {
    const auto first = address_of(instruction[3]);
    const auto second = address_of(instruction[4]);
    append(own_, code, {instruction[1], instruction[2], first, second});
  }

  void difference(Instruction instruction) {
    const auto first = address_of(instruction[3]);
    const auto bytes = emit(kOpISub, address_type(), {first, address_of(instruction[4])});
    finish_integer(instruction, emit(kOpSDiv, address_type(), {bytes, size_of_pointee(instruction[4])}));
  }

  std::uint32_t insert(std::uint32_t type, std::uint32_t composite, std::uint32_t value, std::uint32_t at) {
    return emit(kOpCompositeInsert, type, {value, composite, at});
  }

  // A composite of these constituents; those of a vector may be vectors that are put one after the other.
  std::uint32_t build_composite(std::uint32_t type, std::span<const std::uint32_t> constituents) {
    const bool is_vector = opcode(index_.definitions[type]) == kOpTypeVector;
    auto result = emit(kOpUndef, type, {});
    std::uint32_t at = 0;
    for (const auto value : constituents) {
      const auto part = index_.definitions[index_.type_of_value[value]];
      if (!is_vector || opcode(part) != kOpTypeVector) {
        result = insert(type, result, value, at++);
        continue;
      }
      for (std::uint32_t i = 0; i < part[3]; ++i)
        result = insert(type, result, emit(kOpCompositeExtract, part[2], {value, i}), at++);
    }
    return result;
  }

  // The reader has composites of constants only.
  void construct(Instruction instruction) {
    const auto value = build_composite(instruction[1], instruction.subspan(3));
    append(own_, kOpCopyObject, {instruction[1], instruction[2], value});
  }

  std::uint32_t member_count(Instruction type) {
    if (opcode(type) == kOpTypeStruct) return static_cast<std::uint32_t>(type.size() - 2);
    return index_.definitions[type[3]][3];  // of an array: the constant with its length
  }

  // `value` as a value of `type`, which has the same members.
  std::uint32_t copy_logically(std::uint32_t value, std::uint32_t from, std::uint32_t type) {
    if (from == type) return value;
    const auto source = index_.definitions[from], target = index_.definitions[type];
    const bool is_struct = opcode(target) == kOpTypeStruct;
    Words members;
    for (std::uint32_t i = 0; i < member_count(target); ++i) {
      const auto member = is_struct ? source[i + 2] : source[2];
      const auto extracted = emit(kOpCompositeExtract, member, {value, i});
      members.push_back(copy_logically(extracted, member, is_struct ? target[i + 2] : target[2]));
    }
    return build_composite(type, members);
  }

  void copy_logical(Instruction instruction) {
    const auto value = copy_logically(instruction[3], index_.type_of_value[instruction[3]], instruction[1]);
    append(own_, kOpCopyObject, {instruction[1], instruction[2], value});
  }

  // Modes whose operands are ids of constants, and the same with numbers.
  void mode(Instruction instruction) {
    struct Row {
      std::uint32_t by_id, by_number;
    };
    constexpr Row kModes[] = {
        {37, 36}, {38, 17}, {39, 18}};  // SubgroupsPerWorkgroup, LocalSize, LocalSizeHint
    const auto* row = std::ranges::find(kModes, instruction[2], &Row::by_id);
    if (row == std::end(kModes)) return copy(instruction);
    Words changed{static_cast<std::uint32_t>(instruction.size()) << 16 | kOpExecutionMode, instruction[1],
                  row->by_number};
    for (const auto id : instruction.subspan(3)) {
      const auto constant = index_.definitions[id];
      const bool known =
          constant.size() > 3 && (opcode(constant) == kOpConstant || opcode(constant) == kOpSpecConstant);
      changed.push_back(known ? constant[3] : 0);
    }
    own_.insert(own_.end(), changed.begin(), changed.end());
  }

  // Words of the memory operands that start at `at`: a mask, and an alignment when it says so.
  static std::size_t memory_operands(Instruction instruction, std::size_t at) {
    constexpr std::uint32_t kAligned = 2;
    if (at >= instruction.size()) return 0;
    return std::min<std::size_t>(instruction[at] & kAligned ? 2 : 1, instruction.size() - at);
  }

  // The reader stops at every copy of this kind: a load and a store. The second set of memory operands, since
  // 1.4, is the load's.
  void copy_memory(Instruction instruction) {
    const auto target = instruction.subspan(3, memory_operands(instruction, 3));
    const auto second = memory_operands(instruction, 3 + target.size());
    const auto source = second ? instruction.subspan(3 + target.size(), second) : target;
    const auto value = bound_++;
    const auto pointer = index_.definitions[index_.type_of_value[instruction[2]]];
    own_.push_back(static_cast<std::uint32_t>(4 + source.size()) << 16 | kOpLoad);
    own_.insert(own_.end(), {pointer[3], value, instruction[2]});
    own_.insert(own_.end(), source.begin(), source.end());
    own_.push_back(static_cast<std::uint32_t>(3 + target.size()) << 16 | kOpStore);
    own_.insert(own_.end(), {instruction[1], value});
    own_.insert(own_.end(), target.begin(), target.end());
  }

  // One set of memory operands for both sides: the smaller alignment.
  void copy_bytes(Instruction instruction) {
    const auto target = memory_operands(instruction, 4), source = memory_operands(instruction, 4 + target);
    if (source == 0) return copy(instruction);
    Words changed(instruction.begin(), instruction.begin() + 5);
    changed[4] |= instruction[4 + target];
    const auto alignment = [&](std::size_t at, std::size_t size) {
      return size > 1 ? instruction[at + 1] : ~0U;
    };
    if (target > 1 || source > 1)
      changed.push_back(std::min(alignment(4, target), alignment(4 + target, source)));
    changed[0] = static_cast<std::uint32_t>(changed.size()) << 16 | kOpCopyMemorySized;
    own_.insert(own_.end(), changed.begin(), changed.end());
  }

  // The reader has nulls of scalars only by their values.
  void null(Instruction instruction) {
    const auto type = index_.definitions[instruction[1]];
    const auto code = opcode(type);
    if (code == kOpTypeBool) return append(own_, kOpConstantFalse, {instruction[1], instruction[2]});
    if (code != kOpTypeInt && code != kOpTypeFloat) return copy(instruction);
    if (type[2] > kWordBits) return append(own_, kOpConstant, {instruction[1], instruction[2], 0, 0});
    append(own_, kOpConstant, {instruction[1], instruction[2], 0});
  }

  std::uint32_t width_of(std::uint32_t vector) { return index_.definitions[index_.type_of_value[vector]][3]; }

  // `vector` as one of the type of `like`, which is longer.
  std::uint32_t widen(std::uint32_t vector, std::uint32_t like) {
    const auto length = 5 + width_of(like);
    own_.push_back(length << 16 | kOpVectorShuffle);
    const auto result = bound_++;
    own_.insert(own_.end(), {index_.type_of_value[like], result, vector, vector});
    for (std::uint32_t i = 0; i < width_of(like); ++i) own_.push_back(i < width_of(vector) ? i : 0);
    return result;
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
    own_.insert(own_.end(), changed.begin(), changed.end());
  }

  void copy(Instruction instruction) { own_.insert(own_.end(), instruction.begin(), instruction.end()); }

  void rewrite(Instruction instruction) {
    switch (opcode(instruction)) {
      case kOpName:
        if (!is_nameless(opcode_of(instruction[1]))) copy(instruction);
        return;
      case kOpExtension:
        if (literal_at(instruction, 1) != kNonSemanticExtension) copy(instruction);
        return;
      case kOpExtInstImport:
        if (!literal_at(instruction, 2).starts_with(kNonSemanticSet)) return copy(instruction);
        meaningless_.insert(instruction[1]);
        return;
      case kOpExtInst:
        if (!meaningless_.contains(instruction[3])) copy(instruction);
        return;
      case kOpDecorateString:
      case kOpMemberDecorateString:
        return;
      case kOpConstantNull:
        return null(instruction);
      case kOpExecutionModeId:
        return mode(instruction);
      case kOpCopyMemory:
        return copy_memory(instruction);
      case kOpCopyMemorySized:
        return copy_bytes(instruction);
      case kOpCompositeConstruct:
        return construct(instruction);
      case kOpVectorShuffle:
        return shuffle(instruction);
      case kOpCopyLogical:
        return copy_logical(instruction);
      case kOpPtrEqual:
        return compare(instruction, kOpIEqual);
      case kOpPtrNotEqual:
        return compare(instruction, kOpINotEqual);
      case kOpPtrDiff:
        return difference(instruction);
      case kOpSizeOf:
        return finish_integer(instruction, size_of_pointee(instruction[3]));
      default:
        copy(instruction);
    }
  }

  std::span<const std::uint32_t> words_;
  Index index_;
  Words own_, globals_;  // the module's instructions; types and constants that are added
  std::set<std::uint32_t> meaningless_;
  std::uint32_t bound_, address_type_ = 0, one_ = 0;
};

bool is_unknown(Instruction instruction) {
  switch (opcode(instruction)) {
    case kOpExtension:
      return literal_at(instruction, 1) == kNonSemanticExtension;
    case kOpExtInstImport:
      return literal_at(instruction, 2).starts_with(kNonSemanticSet);
    case kOpCopyMemorySized:
      return instruction.size() > 5;
    case kOpConstantNull:
    case kOpVectorShuffle:
    case kOpCompositeConstruct:
    case kOpCopyMemory:
    case kOpSizeOf:
    case kOpExecutionModeId:
    case kOpCopyLogical:
    case kOpPtrEqual:
    case kOpPtrNotEqual:
    case kOpPtrDiff:
    case kOpDecorateString:
    case kOpMemberDecorateString:
      return true;
    default:
      return false;
  }
}

}  // namespace

Words make_readable(std::span<const std::uint32_t> words) {
  bool unknown = false;
  std::set<std::uint32_t> nameless;
  for_each_instruction(words, [&](Instruction instruction) {
    if (is_nameless(opcode(instruction))) nameless.insert(instruction[1]);
    unknown |=
        is_unknown(instruction) || (opcode(instruction) == kOpName && nameless.contains(instruction[1]));
  });
  return unknown ? Rewriter(words).run() : Words(words.begin(), words.end());
}

}  // namespace kiesel::compiler
