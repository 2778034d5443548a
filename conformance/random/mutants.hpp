// Programs with one wrong mask, to see whether the random kernels would notice a compiler that makes them.
#pragma once

#include <cstddef>
#include <random>
#include <span>
#include <vector>

namespace kiesel::conformance {

// Offsets in a program binary of all instructions of its code that change masks.
std::vector<std::size_t> mask_operations(std::span<const std::byte> binary);

// The binary with an illegal instruction there: whether anything runs through it.
std::vector<std::byte> with_trap(std::span<const std::byte> binary, std::size_t place);

// The binary with the mask there wrong: the instruction is gone, or it and its branch see no lane's
// condition, so that all go the same way and the device has nothing to complain about. Sealed again: nothing
// but its behaviour tells.
std::vector<std::byte> make_mutant(std::span<const std::byte> binary, std::size_t place,
                                   std::mt19937_64& random);

}  // namespace kiesel::conformance
