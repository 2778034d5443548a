#include <map>
#include <set>
#include <string>

#include "compiler/spirv/mend.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kOpName = 5, kOpEntryPoint = 15, kOpFunction = 54, kOpFunctionCall = 57,
                        kOpVariable = 59, kOpDecorate = 71;
constexpr std::uint32_t kBuiltIn = 11, kLinkageAttributes = 41;

// Who has a name already, and whose name is free to change.
class Names {
 public:
  void look(Instruction instruction) {
    const auto op = opcode(instruction);
    const auto size = instruction.size();
    if (op == kOpEntryPoint && size > 3) kernels_[instruction[2]] = literal_at(instruction, 3);
    if (op == kOpName && size > 2) names_[instruction[1]] = literal_at(instruction, 2);
    if (op == kOpDecorate && size > 3 && instruction[2] == kBuiltIn) fixed_.insert(instruction[1]);
    if (op == kOpDecorate && size > 3 && instruction[2] == kLinkageAttributes) {
      fixed_.insert(instruction[1]);
      taken_.insert(literal_at(instruction, 3));
    }
    if (op == kOpFunction && size > 2) definitions_.insert(function_ = instruction[2]);
    if (op == kOpVariable && size > 2 && !function_) definitions_.insert(instruction[2]);
    if (op == kOpFunctionCall && size > 3) look_at_call(instruction[3]);
  }

  void reserve_kernels() {
    for (const auto& [kernel, name] : kernels_) {
      fixed_.insert(kernel);
      taken_.insert(name);
    }
  }

  // Whether another one has the name that this instruction gives.
  bool is_doubled(Instruction instruction) {
    return opcode(instruction) == kOpName && instruction.size() > 2 &&
           definitions_.contains(instruction[1]) && !fixed_.contains(instruction[1]) &&
           !taken_.insert(literal_at(instruction, 2)).second;
  }

 private:
  // A kernel's entry calls the function that has the body, and the reader knows that by the common name.
  void look_at_call(std::uint32_t callee) {
    const auto kernel = kernels_.find(function_);
    const auto name = names_.find(callee);
    if (kernel != kernels_.end() && name != names_.end() && kernel->second == name->second)
      fixed_.insert(callee);
  }

  std::uint32_t function_ = 0;  // that look() is inside of
  std::map<std::uint32_t, std::string_view> kernels_, names_;
  std::set<std::uint32_t> definitions_, fixed_;
  std::set<std::string_view> taken_;
};

void add_name(Words& words, std::uint32_t target, const std::string& name) {
  const auto length = name.size() / sizeof(std::uint32_t) + 1;
  words.push_back(static_cast<std::uint32_t>(length + 2) << 16 | kOpName);
  words.push_back(target);
  words.resize(words.size() + length);
  std::memcpy(words.data() + words.size() - length, name.data(), name.size());
}

}  // namespace

void own_names(Words& words) {
  if (words.size() < kHeaderWords) return;
  Names names;
  if (!for_each_instruction(words, [&](Instruction instruction) { names.look(instruction); })) return;
  names.reserve_kernels();
  Words named(words.begin(), words.begin() + kHeaderWords);
  named.reserve(words.size());
  for_each_instruction(words, [&](Instruction instruction) {
    if (names.is_doubled(instruction))
      add_name(named, instruction[1],
               std::string(literal_at(instruction, 2)) + "." + std::to_string(instruction[1]));
    else
      named.insert(named.end(), instruction.begin(), instruction.end());
  });
  words = std::move(named);
}

}  // namespace kiesel::compiler
