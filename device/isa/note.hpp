// What the compiler notes of synchronisation where it is asked to (build option -kiesel-notes): machine code
// alone does not say which memory a barrier orders, or that a load is an atomic one. A note is an instruction
// that does nothing, `slt x0, note, x0` (a hint of RISC-V's for custom use), before what it is about.
#pragma once

#include <cstdint>

#include "device/isa/instruction.hpp"

namespace kiesel::isa {

enum class NoteKind : std::uint8_t {
  kNone,
  kBarrier,          // the next bar
  kSubGroupBarrier,  // here
  kSubGroup,         // here: all work-items of the sub-group must come
  kFence,            // here
  kAtomic,           // the next access that is not to private memory
  kLoad,             // likewise, and it only loads
  kStore             // likewise, and it only stores
};

// As OpenCL numbers them: cl_mem_fence_flags (1 local, 2 global, 4 image), memory_order and memory_scope in
// the order of their C enumerations.
// `part`: for sub-groups, their size where it is a part of the warp.
struct Note {
  NoteKind kind = NoteKind::kNone;
  std::uint8_t flags = 0, order = 0, scope = 0, part = 0;
};
inline constexpr std::uint8_t kRelaxed = 0, kAcquire = 2, kRelease = 3, kAcquireRelease = 4, kInOrder = 5;
inline constexpr std::uint8_t kScopeWorkItem = 0, kScopeWorkGroup = 1, kScopeDevice = 2, kScopeAll = 3,
                              kScopeSubGroup = 4;

constexpr Note to_note(std::uint64_t word) {
  const auto byte = [&](unsigned n) { return static_cast<std::uint8_t>(word >> 8 * n); };
  return {byte(0) <= static_cast<std::uint8_t>(NoteKind::kStore) ? static_cast<NoteKind>(byte(0))
                                                                 : NoteKind::kNone,
          byte(1), byte(2), byte(3), byte(4)};
}

inline bool is_note(const Instruction& in) {
  return in.op == Op::slt && in.rd == 0 && in.rs1 != 0 && in.rs2 == 0;
}

}  // namespace kiesel::isa
