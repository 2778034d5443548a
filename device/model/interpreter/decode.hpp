// From machine code to what the interpreter runs.
#pragma once

#include "device/isa/target.hpp"
#include "device/model/interpreter/code.hpp"
#include "device/model/interpreter/engine.hpp"

namespace kiesel::model {

// Decodes `bytes` (a multiple of 4) of memory at `begin`. What the target does not have becomes illegal.
Code decode_code(std::uint64_t begin, std::uint64_t bytes, const Engine& engine, const isa::Target& target);

}  // namespace kiesel::model
