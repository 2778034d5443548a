// A kernel's machine code as the translator sees it: items (instructions with what is known of them) in the
// blocks of one control-flow graph, from the start of a warp to its end. Calls are followed into the callee,
// a copy of it for each call.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "device/isa/instruction.hpp"
#include "device/model/translator/translation.hpp"
#include "support/result.hpp"

namespace kiesel::model::translator {

// Registers in one numbering: x0-x31, f0-f31, then the slots of the stack that are kept in registers.
using Register = std::uint32_t;
inline constexpr Register kFloat = 32, kSlots = 64;
inline constexpr std::uint32_t kNone = ~std::uint32_t{0};

// The registers of an instruction, x0 left out.
struct Operands {
  std::uint32_t writes = kNone;
  unsigned count = 0;
  Register reads[4] = {};
};
Operands operands_of(const isa::Instruction& in);

// Bytes of a load's, store's or atomic's value.
unsigned access_bytes(isa::Op op);
bool is_load(const isa::Instruction& in);
bool is_store(const isa::Instruction& in);
// Of the lower halves of its operands, to a sign-extended result.
bool is_word(isa::Op op);

// A value that is known: a number, or one that far from an address that only the launch knows.
struct Constant {
  enum class Base : std::uint8_t { kUnknown, kNumber, kModule, kWindowEnd, kLaunchBlock };
  Base base = Base::kUnknown;
  std::int64_t value = 0;
  bool is(Base b) const { return base == b; }
  bool operator==(const Constant&) const = default;
};

struct Item {
  isa::Instruction in;
  std::uint32_t index = 0;             // of the instruction in the code
  std::uint32_t slot = kNone;          // loads and stores of a slot that is a register
  Constant first, second;              // what rs1 and rs2 hold
  Constant result;                     // what rd will hold
  bool first_is_truth = false;         // rs1 holds 0 or 1
  bool second_may_be_private = false;  // so may rs2
  bool may_be_private = false;  // rs1 may be an address in private memory, where each lane sees its own
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
  bool masked_only = false;  // of a split: what is inside is too little to be worth a version without masks
  const Item& last() const { return items.back(); }
};

struct Code {
  std::vector<Block>
      blocks;  // in an order in which loops are contiguous and blocks come behind what leads there
  std::vector<isa::Instruction> instructions;
  std::uint64_t begin = 0;  // of the code in the program
  std::uint32_t slots = 0;
  struct Slot {
    std::int64_t offset;  // from the end of the window
    std::uint8_t bytes;
    bool is_float;
  };
  std::vector<Slot> slot;
};

// kUnsupported with the reason where the code has a shape that is not understood.
Result<Code> read_code(const TranslationRequest& request);

// Finds constants and the slots of the stack (constants.cpp).
void find_constants(Code& code, const TranslationRequest& request);

}  // namespace kiesel::model::translator
