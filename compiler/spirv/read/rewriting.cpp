#include "compiler/spirv/read/rewriting.hpp"

#include <algorithm>

#include "compiler/spirv/tools.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kOpExtInstImport = 11, kOpTypeBool = 20, kOpTypeInt = 21, kOpTypeFloat = 22,
                        kOpTypeVector = 23, kOpTypePointer = 32, kOpTypeFunction = 33, kOpConstant = 43,
                        kOpConstantComposite = 44;
constexpr std::uint32_t kWordBits = 32;
constexpr std::string_view kOpenclFunctions = "OpenCL.std";

std::uint32_t first_word(std::uint32_t code, std::size_t operands) {
  return static_cast<std::uint32_t>(operands + 1) << 16 | code;
}

bool is_constant(std::uint32_t code) { return code == kOpConstant || code == kOpConstantComposite; }
bool is_type(std::uint32_t code) {
  return code == kOpTypeBool || code == kOpTypeInt || code == kOpTypeFloat || code == kOpTypeVector ||
         code == kOpTypePointer || code == kOpTypeFunction;
}

}  // namespace

Rewriting::Rewriting(std::span<const std::uint32_t> words)
    : words_(words), definitions_(words[kBoundWord]), types_(words[kBoundWord]), bound_(words[kBoundWord]) {
  own_.reserve(words.size());
  for_each_parsed(words, [&](const spv_parsed_instruction_t& parsed) {
    if (!parsed.result_id || parsed.result_id >= bound_) return;  // words that are no module may say anything
    definitions_[parsed.result_id] = {parsed.words, parsed.num_words};
    types_[parsed.result_id] = parsed.type_id;
  });
}

void Rewriting::begin_functions() {
  if (!globals_end_) globals_end_ = own_.size();
}

Words Rewriting::finish() {
  begin_functions();
  Words result(words_.begin(), words_.begin() + kHeaderWords);
  result[kBoundWord] = bound_;
  const auto middle = own_.begin() + static_cast<std::ptrdiff_t>(globals_end_);
  result.insert(result.end(), own_.begin(), middle);
  for (const auto& global : added_) result.insert(result.end(), global.begin(), global.end());
  result.insert(result.end(), middle, own_.end());
  return result;
}

void Rewriting::append(std::uint32_t code, std::initializer_list<std::uint32_t> operands, Instruction more) {
  own_.push_back(first_word(code, operands.size() + more.size()));
  own_.insert(own_.end(), operands);
  own_.insert(own_.end(), more.begin(), more.end());
}

std::uint32_t Rewriting::emit(std::uint32_t code, std::uint32_t type,
                              std::initializer_list<std::uint32_t> operands, Instruction more) {
  const auto result = bound_++;
  own_.push_back(first_word(code, 2 + operands.size() + more.size()));
  own_.insert(own_.end(), {type, result});
  own_.insert(own_.end(), operands);
  own_.insert(own_.end(), more.begin(), more.end());
  types_.resize(bound_);
  types_[result] = type;
  return result;
}

Instruction Rewriting::definition(std::uint32_t id) const {
  return id < definitions_.size() ? definitions_[id] : Instruction{};
}

std::uint32_t Rewriting::opcode_of(std::uint32_t id) const {
  const auto found = definition(id);
  return found.empty() ? 0 : opcode(found);
}

std::uint32_t Rewriting::type_of(std::uint32_t value) const {
  return value < types_.size() ? types_[value] : 0;
}

std::uint32_t Rewriting::find_or_add(Words key) {
  if (globals_.empty())
    for (const auto& known : definitions_) {
      if (known.empty() || !(is_type(opcode(known)) || is_constant(opcode(known)))) continue;
      Words words(known.begin(), known.end());
      const auto result = is_type(opcode(known)) ? 1 : 2;
      const auto id = words[result];
      words.erase(words.begin() + result);
      words[0] = opcode(known);
      globals_.emplace(std::move(words), id);
    }
  const auto [at, is_new] = globals_.emplace(key, bound_);
  if (!is_new) return at->second;
  const auto result = bound_++;
  const bool has_type = is_constant(key[0]);
  const auto type = has_type ? key[1] : 0;
  key.insert(key.begin() + (has_type ? 2 : 1), result);
  key[0] = first_word(key[0], key.size() - 1);
  added_.push_back(std::move(key));
  definitions_.resize(bound_);
  types_.resize(bound_);
  definitions_[result] = added_.back();
  types_[result] = type;
  return result;
}

std::uint32_t Rewriting::boolean_type() { return find_or_add({kOpTypeBool}); }

std::uint32_t Rewriting::integer_type(std::uint32_t bits) { return find_or_add({kOpTypeInt, bits, 0}); }

std::uint32_t Rewriting::float_type(std::uint32_t bits) { return find_or_add({kOpTypeFloat, bits}); }

std::uint32_t Rewriting::vector_type(std::uint32_t component, std::uint32_t count) {
  return count == 1 ? component : find_or_add({kOpTypeVector, component, count});
}

std::uint32_t Rewriting::function_type(std::uint32_t result) {
  return find_or_add({kOpTypeFunction, result});
}

std::uint32_t Rewriting::pointer_type(std::uint32_t storage, std::uint32_t pointee) {
  return find_or_add({kOpTypePointer, storage, pointee});
}

std::uint32_t Rewriting::integer_constant(std::uint32_t type, std::uint32_t value) {
  const auto shape = definition(type);
  if (opcode(shape) == kOpTypeVector) {
    Words key{kOpConstantComposite, type};
    key.insert(key.end(), shape[3], integer_constant(shape[2], value));
    return find_or_add(std::move(key));
  }
  return find_or_add(shape[2] > kWordBits ? Words{kOpConstant, type, value, 0}
                                          : Words{kOpConstant, type, value});
}

std::uint32_t Rewriting::opencl_functions() {
  if (opencl_functions_) return opencl_functions_;
  for (const auto& known : definitions_)
    if (!known.empty() && opcode(known) == kOpExtInstImport && literal_at(known, 2) == kOpenclFunctions)
      return opencl_functions_ = known[1];
  opencl_functions_ = bound_++;
  Words import{0, opencl_functions_};
  import.resize(2 + kOpenclFunctions.size() / sizeof(std::uint32_t) + 1);  // zeros behind the name
  std::memcpy(&import[2], kOpenclFunctions.data(), kOpenclFunctions.size());
  import[0] = first_word(kOpExtInstImport, import.size() - 1);
  added_.push_back(std::move(import));
  return opencl_functions_;
}

}  // namespace kiesel::compiler
