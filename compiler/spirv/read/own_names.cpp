#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "compiler/spirv/names.hpp"
#include "compiler/spirv/passes.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kOpLine = 8, kOpTypeStruct = 30, kOpFunction = 54, kOpFunctionParameter = 55,
                        kOpFunctionEnd = 56, kOpFunctionCall = 57, kOpVariable = 59, kOpLabel = 248,
                        kOpReturn = 253, kOpNoLine = 317;
constexpr std::uint32_t kBuiltIn = 11;

bool begins_with(std::string_view name, std::initializer_list<std::string_view> beginnings) {
  return std::ranges::any_of(beginnings, [&](std::string_view begin) { return name.starts_with(begin); });
}

// No program can mean these: LLVM's intrinsics, what the library calls by itself.
bool is_inaccessible(std::string_view import) {
  return begins_with(import, {"llvm.", "__kiesel", kOwnPrefix}) || import == "printf";
}

// The writer's kernels do nothing but call the function that has the body. The reader makes one of the two
// when they have one name.
class Wrappers {
 public:
  void look(Instruction instruction) {
    switch (opcode(instruction)) {
      case kOpFunction:
        *this = Wrappers(instruction[2], std::move(callees_));
        return;
      case kOpFunctionParameter:
        parameters_.push_back(instruction[2]);
        return;
      case kOpFunctionCall:
        only_calls_ &= !callee_ && std::ranges::equal(instruction.subspan(4), parameters_);
        callee_ = instruction[3];
        return;
      case kOpFunctionEnd:
        if (only_calls_ && callee_) callees_[function_] = callee_;
        return;
      case kOpLabel:
      case kOpReturn:
      case kOpLine:
      case kOpNoLine:
        return;
      default:
        only_calls_ = false;
    }
  }
  std::uint32_t callee(std::uint32_t wrapper) const {
    const auto found = callees_.find(wrapper);
    return found == callees_.end() ? 0 : found->second;
  }

  Wrappers() = default;

 private:
  Wrappers(std::uint32_t function, std::map<std::uint32_t, std::uint32_t> callees)
      : function_(function), only_calls_(true), callees_(std::move(callees)) {}

  std::uint32_t function_ = 0, callee_ = 0;
  bool only_calls_ = false;
  std::vector<std::uint32_t> parameters_;
  std::map<std::uint32_t, std::uint32_t> callees_;
};

class Names {
 public:
  void look(Instruction instruction) {
    const auto op = opcode(instruction);
    const auto place = place_of_name(instruction);
    if (op == kOpEntryPoint && place) kernels_.try_emplace(instruction[2], literal_at(instruction, place));
    if (op == kOpName && place) names_.try_emplace(instruction[1], literal_at(instruction, place));
    if (op == kOpDecorate && place) linkage_.try_emplace(instruction[1], literal_at(instruction, place));
    if (op == kOpDecorate && instruction.size() > 3 && instruction[2] == kBuiltIn)
      builtins_.insert(instruction[1]);
    if (op == kOpTypeStruct) structs_.insert(instruction[1]);
    if (op == kOpVariable && !function_) variables_.push_back(instruction[2]);
    if (op == kOpFunction) functions_.push_back(function_ = instruction[2]);
    if (op == kOpLabel) bodies_.insert(function_);
    wrappers_.look(instruction);
  }

  void choose() {
    for (const auto function : functions_)
      if (is_import(function)) taken_.emplace(linkage_[function]);
    for (const auto& [kernel, name] : kernels_) give(kernel, std::string(kOwnPrefix) + std::string(name));
    for (const auto& [kernel, name] : kernels_)
      if (const auto body = wrappers_.callee(kernel); body && name_of(body) == name)
        chosen_.emplace(body, chosen_[kernel]);
    for (const auto function : functions_)
      if (!is_import(function)) choose(function, "function");
    for (const auto variable : variables_)
      if (!builtins_.contains(variable)) choose(variable, "");
  }

  Words rewrite(const Words& words) const {
    Words renamed(words.begin(), words.begin() + kHeaderWords);
    renamed.reserve(words.size() + chosen_.size() * 8);
    const auto place = end_of_modes(words);
    std::size_t at = kHeaderWords;
    for_each_instruction(words, [&](Instruction instruction) {
      if (at == place) add_names(renamed);
      rewrite(renamed, instruction);
      at += instruction.size();
    });
    return renamed;
  }

 private:
  std::string_view name_of(std::uint32_t id) const {
    const auto linkage = linkage_.find(id);
    const auto name = names_.find(id);
    return linkage != linkage_.end() ? linkage->second
           : name != names_.end()    ? name->second
                                     : std::string_view();
  }

  // Found by its name, in the library of builtins.
  bool is_import(std::uint32_t function) const {
    return !bodies_.contains(function) && !is_inaccessible(name_of(function));
  }

  void choose(std::uint32_t id, std::string_view otherwise) {
    auto name = name_of(id);
    if (name.empty()) name = otherwise;
    if (!name.empty()) give(id, std::string(kOwnPrefix) + std::string(name));
  }

  void give(std::uint32_t id, const std::string& name) {
    if (chosen_.contains(id)) return;
    auto own = name;
    while (!taken_.insert(own).second) own = own + "." + std::to_string(id);
    chosen_.emplace(id, std::move(own));
  }

  void add_names(Words& words) const {
    for (const auto& [id, name] : chosen_) {
      const std::uint32_t nameless[] = {kOpName, id, 0};
      append_named(words, nameless, 2, name);
    }
  }

  void rewrite(Words& words, Instruction instruction) const {
    const auto place = place_of_name(instruction);
    const auto op = opcode(instruction);
    const auto name = literal_at(instruction, place);
    const auto copy = [&] { words.insert(words.end(), instruction.begin(), instruction.end()); };
    if (!place) return copy();
    if (op == kOpString) {
      const auto begin = begins_with_kernel(name);
      return append_named(words, instruction, place,
                          std::string(name.substr(0, begin)).append(kOwnPrefix).append(name.substr(begin)));
    }
    const auto chosen = chosen_.find(instruction[op == kOpEntryPoint ? 2 : 1]);
    if (op == kOpName) {
      // The types of images and events have such names.
      const bool is_type = structs_.contains(instruction[1]) && begins_with(name, {"opencl.", "spirv."});
      if (chosen == chosen_.end() && !is_type) copy();
    } else if (chosen == chosen_.end()) {
      copy();
    } else {
      append_named(words, instruction, place, chosen->second);
    }
  }

  std::uint32_t function_ = 0;  // that look() is inside of
  std::vector<std::uint32_t> functions_, variables_;
  std::map<std::uint32_t, std::string_view> kernels_, names_, linkage_;
  std::set<std::uint32_t> bodies_, builtins_, structs_;
  Wrappers wrappers_;
  std::map<std::uint32_t, std::string> chosen_;
  std::set<std::string> taken_;
};

}  // namespace

void own_names(Words& words) {
  if (words.size() < kHeaderWords) return;
  Names names;
  if (!for_each_instruction(words, [&](Instruction instruction) { names.look(instruction); })) return;
  names.choose();
  words = names.rewrite(words);
}

}  // namespace kiesel::compiler
