// A module that is being written again, instruction by instruction.
#pragma once

#include <deque>
#include <initializer_list>
#include <map>
#include <span>
#include <vector>

#include "compiler/il/words.hpp"

namespace kiesel::compiler {

class Rewriting {
 public:
  explicit Rewriting(std::span<const std::uint32_t> words);

  void begin_functions();  // what follows belongs to functions
  Words finish();

  void copy(Instruction instruction) { own_.insert(own_.end(), instruction.begin(), instruction.end()); }
  // Operands are those and then `more`.
  void append(std::uint32_t code, std::initializer_list<std::uint32_t> operands, Instruction more = {});
  // A new instruction of a function, for its result.
  std::uint32_t emit(std::uint32_t code, std::uint32_t type, std::initializer_list<std::uint32_t> operands,
                     Instruction more = {});

  std::uint32_t fresh() { return bound_++; }  // an id that nothing has

  std::span<const std::uint32_t> words() const { return words_; }  // as they were
  // Empty, or 0, where the module defines nothing.
  Instruction definition(std::uint32_t id) const;
  std::uint32_t opcode_of(std::uint32_t id) const;
  std::uint32_t type_of(std::uint32_t value) const;
  Instruction definition_of_type(std::uint32_t value) const { return definition(type_of(value)); }

  // The module's own, or one that is added.
  std::uint32_t boolean_type();
  std::uint32_t integer_type(std::uint32_t bits);
  std::uint32_t float_type(std::uint32_t bits);
  std::uint32_t vector_type(std::uint32_t component, std::uint32_t count);  // the component where that is 1
  std::uint32_t function_type(std::uint32_t result);                        // without parameters
  std::uint32_t pointer_type(std::uint32_t storage, std::uint32_t pointee);
  std::uint32_t integer_constant(std::uint32_t type, std::uint32_t value);  // of a vector: in each component
  std::uint32_t opencl_functions();                                         // the extended instruction set

 private:
  std::uint32_t find_or_add(Words key);

  std::span<const std::uint32_t> words_;
  std::vector<Instruction> definitions_;    // by result
  std::vector<std::uint32_t> types_;        // by result
  std::map<Words, std::uint32_t> globals_;  // types and constants: code and operands, without the result
  std::deque<Words> added_;                 // of them
  Words own_;
  std::size_t globals_end_ = 0;
  std::uint32_t bound_, opencl_functions_ = 0;
};

}  // namespace kiesel::compiler
