// A kernel's machine code as the translator sees it: items (instructions with what is known of them) in the
// blocks of one control-flow graph, from the start of a warp to its end. Calls are followed into the callee,
// a copy of it for each call.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "device/translation/translation.hpp"
#include "device/translator/analysis/instruction.hpp"
#include "support/result.hpp"

namespace kiesel::translator {

using translation::TranslationRequest;

// A value that is known: a number, or one that far from an address that only the launch knows.
struct Constant {
  enum class Base : std::uint8_t { kUnknown, kNumber, kModule, kWindowEnd, kLaunchBlock };
  Base base = Base::kUnknown;
  std::int64_t value = 0;
  bool is(Base b) const { return base == b; }
  bool operator==(const Constant&) const = default;
};

// What a register holds wherever it holds anything.
struct Literal {
  Constant number;         // of integers
  std::uint64_t bits = 0;  // of floats
  unsigned bytes = 0;      // of floats: 4 for a boxed single, 8
  bool operator==(const Literal&) const = default;
};

struct Item {
  Instruction in;
  std::uint32_t index = 0;             // of the instruction in the code
  std::uint32_t slot = kNone;          // loads and stores of a slot that is a register
  Register slot_register = kNone;      // that one
  Constant first, second;              // what rs1 and rs2 hold
  Constant result;                     // what rd will hold
  std::uint32_t first_token = kNone;   // the block of the split whose token rs1 holds
  bool first_is_truth = false;         // rs1 holds 0 or 1
  bool second_is_truth = false;        // so does rs2
  bool first_is_lower = false;         // the upper half of rs1 is 0
  bool second_may_be_private = false;  // so may rs2
  bool may_be_private = false;  // rs1 may be an address in private memory, where each lane sees its own
  bool fits = false;            // the upper half of rd will be the sign of the lower one
  bool high_matters = true;     // somebody reads the upper half of rd
};

enum class Ending : std::uint8_t { kFalls, kBranch, kReturn, kSplit, kJoin, kPredicate, kBarrier, kEnd };

struct Block {
  std::uint32_t context = 0;
  std::vector<Item> items;  // the last one is the one that ends it, if any does
  Ending ending = Ending::kFalls;
  std::vector<std::uint32_t> next;  // where a lane may go on; of a branch: taken, not taken
  std::vector<std::uint32_t> before;
  std::vector<std::uint32_t> open;  // blocks whose splits are open at its start, the innermost last
  std::uint32_t split = kNone;      // of a join: the block of its split
  // Of a predicate: where lanes that stay in the loop go on after `next[0]`, and where those that leave do.
  std::uint32_t stay = kNone, leave = kNone;
  std::vector<std::uint32_t> body;  // blocks of its loop
  bool agreed =
      false;           // ends in a branch on what a split or predicate just before it made the lanes agree on
  bool spins = false;  // starts a loop that changes no register it reads: it waits for memory to change
  bool may_wait = false;     // starts a loop with atomics or fences: others may change what it reads
  bool masked_only = false;  // of a split: what is inside is too little to be worth a version without masks
  // Of a split with a side on which lanes go straight to the join: where the other side starts, the join, and
  // what the condition is there.
  std::uint32_t only_side = kNone, join = kNone;
  bool only_side_holds = false;
  const Item& last() const { return items.back(); }
};

// Of the first `items` of the block.
std::size_t instructions_in(const Block& block, std::size_t items);

struct Code {
  std::vector<Block>
      blocks;  // in an order in which loops are contiguous and blocks come behind what leads there
  std::vector<Instruction> instructions;
  std::uint64_t begin = 0;  // of the code in the program
  std::uint32_t slots = 0;
  struct Slot {
    std::int64_t offset;  // from the end of the window
    std::uint8_t bytes;
    bool is_float;
  };
  std::vector<Slot> slot;
  std::uint32_t registers = kSlots;              // numbers in use
  std::vector<std::optional<Literal>> literals;  // by register (find_literals)
  std::vector<Register> renamed;  // from kSlots + slots on: which register or slot each is part of
  Register original(Register r) const { return r < kSlots + slots ? r : renamed[r - kSlots - slots]; }
  bool is_float(Register r) const {
    const Register o = original(r);
    return o >= kSlots ? slot[o - kSlots].is_float : o >= kFloat;
  }
};

// Whether a join's register is known to hold what its split wrote; if not, that is looked at when it runs.
inline bool has_token(const Block& join) { return join.last().first_token == join.split; }

// kUnsupported with the reason where the code has a shape that is not understood.
Result<Code> read_code(const TranslationRequest& request);

// Finds constants and the slots of the stack (constants.cpp).
void find_constants(Code& code, const TranslationRequest& request);
// Block::agreed and only_side; needs constants (agreement.cpp).
void find_agreement(Code& code);

}  // namespace kiesel::translator
