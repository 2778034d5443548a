// Rules of SPIR-V that the validator of this version does not check and the reader takes for granted.
#pragma once

#include <span>

#include "compiler/il/words.hpp"
#include "support/result.hpp"

namespace kiesel::compiler {

// kInvalidArgument with the first rule that is broken. `words` have passed the validator.
Status check_rules(std::span<const std::uint32_t> words);

}  // namespace kiesel::compiler
