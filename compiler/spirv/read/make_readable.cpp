#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "compiler/il/constants.hpp"
#include "compiler/spirv/passes.hpp"
#include "compiler/spirv/read/plain_composites.hpp"
#include "compiler/spirv/read/plain_integers.hpp"
#include "compiler/spirv/read/rewriting.hpp"

namespace kiesel::compiler {
namespace {

enum Op : std::uint32_t {
  kOpName = 5,
  kOpString = 7,
  kOpLine = 8,
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
  kOpConstantComposite = 44,
  kOpConstantNull = 46,
  kOpSpecConstantOp = 52,
  kOpFunction = 54,
  kOpVariable = 59,
  kOpLoad = 61,
  kOpStore = 62,
  kOpCopyMemory = 63,
  kOpCopyMemorySized = 64,
  kOpAccessChain = 65,
  kOpInBoundsAccessChain = 66,
  kOpPtrAccessChain = 67,
  kOpInBoundsPtrAccessChain = 70,
  kOpVectorExtractDynamic = 77,
  kOpVectorShuffle = 79,
  kOpCompositeConstruct = 80,
  kOpCompositeExtract = 81,
  kOpCompositeInsert = 82,
  kOpCopyObject = 83,
  kOpSampledImage = 86,
  kOpImageSampleExplicitLod = 88,
  kOpImage = 100,
  kOpUConvert = 113,
  kOpConvertPtrToU = 117,
  kOpFNegate = 127,
  kOpISub = 130,
  kOpFSub = 131,
  kOpSDiv = 135,
  kOpIEqual = 170,
  kOpINotEqual = 171,
  kOpConvertUToPtr = 120,
  kOpBitcast = 124,
  kOpPhi = 245,
  kOpLabel = 248,
  kOpBranchConditional = 250,
  kOpSwitch = 251,
  kOpGetNumPipePackets = 283,
  kOpGetMaxPipePackets = 284,
  kOpNoLine = 317,
  kOpGenericPtrMemSemantics = 69,
  kOpSizeOf = 321,
  kOpExecutionModeId = 331,
  kOpCopyLogical = 400,
  kOpPtrEqual = 401,
  kOpPtrNotEqual = 402,
  kOpPtrDiff = 403,
  kOpDecorateString = 5632,
  kOpMemberDecorateString = 5633,
};

constexpr std::string_view kNonSemanticSet = "NonSemantic.";
// Extensions without anything that the reader sees.
constexpr std::string_view kUnseen[] = {"SPV_KHR_non_semantic_info",
                                        "SPV_EXT_relaxed_printf_string_address_space"};
constexpr std::uint32_t kAddressBits = 64, kWordBits = 32, kByteBits = 8, kSignBit = 1U << 31;
constexpr std::uint32_t kInputStorage = 1, kFunctionStorage = 7, kGenericStorage = 8;
constexpr std::uint32_t kPure = 4, kConst = 8;  // function control

// Results whose names the reader does not take.
bool is_nameless(std::uint32_t code) { return code == kOpString || code == kOpExtInstImport; }

class Rewriter {
 public:
  explicit Rewriter(std::span<const std::uint32_t> words) : words_(words), to_(words) {}

  Words run() {
    for_each_instruction(words_, [&](Instruction instruction) {
      count_edges(instruction);
      find_hidden(instruction);
    });
    for_each_instruction(words_, [&](Instruction instruction) {
      if (opcode(instruction) == kOpFunction) to_.begin_functions();
      rewrite(instruction);
    });
    return to_.finish();
  }

 private:
  std::uint32_t address_type() { return to_.integer_type(kAddressBits); }

  std::uint32_t address_of(std::uint32_t pointer) {
    return to_.emit(kOpConvertPtrToU, address_type(), {pointer});
  }

  // From one element to the next, in bytes.
  std::uint32_t size_of_pointee(std::uint32_t pointer) {
    const auto next =
        to_.emit(kOpPtrAccessChain, to_.type_of(pointer), {pointer, to_.integer_constant(address_type(), 1)});
    const auto end = address_of(next);
    return to_.emit(kOpISub, address_type(), {end, address_of(pointer)});
  }

  // `value`, of the type of addresses, becomes the result of `instruction`.
  void finish_integer(Instruction instruction, std::uint32_t value) {
    const bool same = instruction[1] == address_type();
    to_.append(same ? kOpCopyObject : kOpUConvert, {instruction[1], instruction[2], value});
  }

  void compare(Instruction instruction, std::uint32_t code) {
    const auto first = address_of(instruction[3]);
    const auto second = address_of(instruction[4]);
    to_.append(code, {instruction[1], instruction[2], first, second});
  }

  void difference(Instruction instruction) {
    const auto first = address_of(instruction[3]);
    const auto bytes = to_.emit(kOpISub, address_type(), {first, address_of(instruction[4])});
    finish_integer(instruction, to_.emit(kOpSDiv, address_type(), {bytes, size_of_pointee(instruction[4])}));
  }

  // A variable of a function gets its initialiser by a store behind the variables: the reader makes one
  // variable of all work-items of it.
  void variable(Instruction instruction) {
    if (instruction[3] != kFunctionStorage || instruction.size() < 5) return copy(instruction);
    to_.append(kOpVariable, {instruction[1], instruction[2], instruction[3]});
    initialisers_.push_back({instruction[2], instruction[4]});
  }

  void store_initialisers(Instruction instruction) {
    const auto code = opcode(instruction);
    if (initialisers_.empty() || code == kOpVariable || code == kOpLine || code == kOpNoLine) return;
    for (const auto& [target, value] : std::exchange(initialisers_, {}))
      to_.append(kOpStore, {target, value});
  }

  // Blocks that are the target of one branch more than once.
  void count_edges(Instruction instruction) {
    Words targets;
    if (opcode(instruction) == kOpLabel) counted_block_ = instruction[1];
    if (opcode(instruction) == kOpBranchConditional) targets = {instruction[2], instruction[3]};
    if (opcode(instruction) == kOpSwitch) {
      const std::size_t literal = to_.definition_of_type(instruction[1])[2] > kWordBits ? 2 : 1;
      for (std::size_t at = 2; at < instruction.size(); at += literal + 1) targets.push_back(instruction[at]);
    }
    for (const auto target : targets) ++edges_[{counted_block_, target}];
  }

  // The reader wants a value for each edge, SPIR-V has one for each block.
  void phi(Instruction instruction) {
    Words more(instruction.begin() + 3, instruction.end());
    for (std::size_t at = 3; at < instruction.size(); at += 2) {
      const auto edges = edges_.find({instruction[at + 1], block_});
      for (int i = 1; edges != edges_.end() && i < edges->second; ++i)
        more.insert(more.end(), {instruction[at], instruction[at + 1]});
    }
    to_.append(kOpPhi, {instruction[1], instruction[2]}, more);
  }

  // Between pointers and integers the reader has conversions only.
  void bitcast(Instruction instruction) {
    const bool from_pointer = opcode(to_.definition_of_type(instruction[3])) == kOpTypePointer;
    const bool to_pointer = to_.opcode_of(instruction[1]) == kOpTypePointer;
    if (from_pointer == to_pointer) return copy(instruction);
    to_.append(to_pointer ? kOpConvertUToPtr : kOpConvertPtrToU,
               {instruction[1], instruction[2], instruction[3]});
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
    const Constants constants(words_);
    for (const auto id : instruction.subspan(3)) changed.push_back(constants.value(id).value_or(0));
    to_.copy(changed);
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
    const auto pointee = to_.definition_of_type(instruction[2])[3];
    const auto value = to_.emit(kOpLoad, pointee, {instruction[2]}, source);
    to_.append(kOpStore, {instruction[1], value}, target);
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
    to_.copy(changed);
  }

  // The reader crashes at a negation that is constant: from a zero with a sign it is a difference.
  void computed_constant(Instruction instruction) {
    if (instruction[3] != kOpFNegate) return copy(instruction);
    const auto type = instruction[1];
    const bool is_vector = to_.opcode_of(type) == kOpTypeVector;
    const auto element = is_vector ? to_.definition(type)[2] : type;
    const auto bits = to_.definition(element)[2];
    auto zero = bits > kWordBits ? to_.emit(kOpConstant, element, {0, kSignBit})
                                 : to_.emit(kOpConstant, element, {kSignBit >> (kWordBits - bits)});
    if (is_vector) zero = to_.emit(kOpConstantComposite, type, {}, Words(to_.definition(type)[3], zero));
    to_.append(kOpSpecConstantOp, {type, instruction[2], kOpFSub, zero, instruction[4]});
  }

  // The reader has nulls of scalars only by their values.
  void null(Instruction instruction) {
    const auto type = to_.definition(instruction[1]);
    const auto code = opcode(type);
    if (code == kOpTypeBool) return to_.append(kOpConstantFalse, {instruction[1], instruction[2]});
    if (code != kOpTypeInt && code != kOpTypeFloat) return copy(instruction);
    if (type[2] > kWordBits) return to_.append(kOpConstant, {instruction[1], instruction[2], 0, 0});
    to_.append(kOpConstant, {instruction[1], instruction[2], 0});
  }

  // The function behind it takes a pointer without a type.
  void semantics(Instruction instruction) {
    const auto untyped = to_.pointer_type(kGenericStorage, to_.integer_type(kByteBits));
    const auto pointer = to_.emit(kOpBitcast, untyped, {instruction[3]});
    to_.append(kOpGenericPtrMemSemantics, {instruction[1], instruction[2], pointer});
  }

  // Results that the reader must not see: what nobody samples, which would stay as a call of nothing, and
  // pointers into built-in variables, which are no variables there.
  void find_hidden(Instruction instruction) {
    if (opcode(instruction) == kOpSampledImage) hidden_.insert(instruction[2]);
    if (opcode(instruction) == kOpImageSampleExplicitLod) hidden_.erase(instruction[3]);
    const auto index = index_of_component(instruction);
    if (!index) return;
    hidden_.insert(instruction[2]);
    components_[instruction[2]] = {instruction[3], index};
  }

  // Of an access chain to a component of a vector in Input: the last index; else 0.
  std::uint32_t index_of_component(Instruction instruction) {
    const auto code = opcode(instruction);
    const bool with_element = code == kOpPtrAccessChain || code == kOpInBoundsPtrAccessChain;
    if (!with_element && code != kOpAccessChain && code != kOpInBoundsAccessChain) return 0;
    const auto variable = to_.definition(instruction[3]);
    if (variable.empty() || opcode(variable) != kOpVariable || variable[3] != kInputStorage) return 0;
    return instruction.size() == (with_element ? 6 : 5) ? instruction.back() : 0;
  }

  void load(Instruction instruction) {
    const auto component = components_.find(instruction[3]);
    if (component == components_.end()) return copy(instruction);
    const auto [variable, index] = component->second;
    const auto vector = to_.emit(kOpLoad, to_.definition_of_type(variable)[3], {variable});
    to_.append(kOpVectorExtractDynamic, {instruction[1], instruction[2], vector, index});
  }

  // The image that was put together with a sampler.
  void image(Instruction instruction) {
    const auto sampled = to_.definition(instruction[3]);
    if (opcode(sampled) != kOpSampledImage) return copy(instruction);
    to_.append(kOpCopyObject, {instruction[1], instruction[2], sampled[3]});
  }

  // Both queries of pipes have one name for pipes to read and to write: one type, too.
  void pipe_query(Instruction instruction) {
    const auto type = to_.type_of(instruction[3]);
    if (!queried_pipe_) queried_pipe_ = type;
    Words changed(instruction.begin(), instruction.end());
    if (type != queried_pipe_) changed[3] = to_.emit(kOpBitcast, queried_pipe_, {instruction[3]});
    to_.copy(changed);
  }

  // A function without effects that also reads no memory: the reader takes one of the two.
  void function(Instruction instruction) {
    const auto control = instruction[3] & kConst ? instruction[3] & ~kPure : instruction[3];
    to_.append(kOpFunction, {instruction[1], instruction[2], control, instruction[4]});
  }

  void copy(Instruction instruction) { to_.copy(instruction); }

  void rewrite(Instruction instruction) {
    store_initialisers(instruction);
    switch (opcode(instruction)) {
      case kOpName:
        if (!is_nameless(to_.opcode_of(instruction[1])) && !hidden_.contains(instruction[1]))
          copy(instruction);
        return;
      case kOpExtension:
        if (!std::ranges::count(kUnseen, literal_at(instruction, 1))) copy(instruction);
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
      case kOpPtrEqual:
        return compare(instruction, kOpIEqual);
      case kOpPtrNotEqual:
        return compare(instruction, kOpINotEqual);
      case kOpPtrDiff:
        return difference(instruction);
      case kOpSizeOf:
        return finish_integer(instruction, size_of_pointee(instruction[3]));
      case kOpSpecConstantOp:
        return computed_constant(instruction);
      case kOpVariable:
        return variable(instruction);
      case kOpLabel:
        block_ = instruction[1];
        return copy(instruction);
      case kOpPhi:
        return phi(instruction);
      case kOpBitcast:
        return bitcast(instruction);
      case kOpGenericPtrMemSemantics:
        return semantics(instruction);
      case kOpSampledImage:
      case kOpAccessChain:
      case kOpInBoundsAccessChain:
      case kOpPtrAccessChain:
      case kOpInBoundsPtrAccessChain:
        if (!hidden_.contains(instruction[2])) copy(instruction);
        return;
      case kOpLoad:
        return load(instruction);
      case kOpImage:
        return image(instruction);
      case kOpGetNumPipePackets:
      case kOpGetMaxPipePackets:
        return pipe_query(instruction);
      case kOpFunction:
        return function(instruction);
      default:
        if (!write_plain_integers(to_, instruction) && !write_plain_composites(to_, instruction))
          copy(instruction);
    }
  }

  std::span<const std::uint32_t> words_;
  Rewriting to_;
  std::set<std::uint32_t> meaningless_, hidden_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> initialisers_;  // variables and values, to be stored
  std::map<std::pair<std::uint32_t, std::uint32_t>, int> edges_;       // from block to block
  std::map<std::uint32_t, std::pair<std::uint32_t, std::uint32_t>>
      components_;  // pointers to them: variable, index
  std::uint32_t block_ = 0, counted_block_ = 0, queried_pipe_ = 0;
};

}  // namespace

void make_readable(Words& words) { words = Rewriter(words).run(); }

}  // namespace kiesel::compiler
