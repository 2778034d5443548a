// What the integer constants of a module are worth.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>

#include "compiler/il/words.hpp"

namespace kiesel::compiler {

class Constants {
 public:
  // `words` stay where they are.
  explicit Constants(std::span<const std::uint32_t> words);
  // The low 32 bits of an integer constant, specialised or computed from such; nothing for what is none.
  std::optional<std::uint32_t> value(std::uint32_t id) const;

 private:
  std::optional<std::uint32_t> compute_value(std::uint32_t id) const;

  std::map<std::uint32_t, Instruction> definitions_;
  mutable std::map<std::uint32_t, std::optional<std::uint32_t>> values_;  // that were asked for
};

}  // namespace kiesel::compiler
