// Damage to programs, the same for the same numbers.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace kiesel::conformance {

using Random = std::mt19937_64;
using Module = std::vector<std::uint32_t>;

// One to three changes: words and bits, instructions that are left out, doubled, exchanged or moved, operands
// that are exchanged or taken from the same place of a like instruction, a module that ends too soon.
// `other` lends instructions.
Module mutate_module(Module words, const Module& other, Random& random);

// One or two changes of tokens (left out, doubled, exchanged, taken from elsewhere) or bytes.
std::string mutate_source(const std::string& text, Random& random);

}  // namespace kiesel::conformance
