// Registers that hold the same number wherever they hold anything: literals that the compiler keeps in
// registers and on the stack.
#include <cstring>

#include "device/translator/analysis/kinds.hpp"

namespace kiesel::translator {
namespace {

using isa::Format;
using isa::Op;

class Finder {
 public:
  Finder(Code& code, const Liveness& liveness, const TranslationRequest& request)
      : code_(code), request_(request), first_renamed_(kSlots + code.slots), found_(code.registers) {
    for (const unsigned r : liveness.start[0].set_bits()) found_[r].state = State::kDiffers;
  }

  void run() {
    for (bool changed = true; changed;) {
      changed = false;
      for (const Block& block : code_.blocks) {
        for (Register r = 0; r < first_renamed_; ++r) found_[r].state = State::kDiffers;
        for (const Item& item : block.items) {
          const Register r = uses_of(item).writes;
          if (r == kNone) continue;
          const Found value = value_of(item);
          if (r < first_renamed_)
            found_[r] = value;
          else
            changed |= meet(found_[r], value);
        }
      }
    }
    code_.literals.assign(code_.registers, {});
    for (Register r = first_renamed_; r < code_.registers; ++r)
      if (found_[r].state == State::kOne) code_.literals[r] = found_[r].literal;
  }

 private:
  // kNone: no write of it was seen that is known yet.
  enum class State : std::uint8_t { kNone, kOne, kDiffers };
  struct Found {
    State state = State::kNone;
    Literal literal;
    bool operator==(const Found&) const = default;
  };

  static bool meet(Found& to, const Found& value) {
    if (value.state == State::kNone || to.state == State::kDiffers || to == value) return false;
    to = to.state == State::kNone ? value : Found{State::kDiffers, {}};
    return true;
  }

  Found value_of(const Item& item) const {
    const Found differs{State::kDiffers, {}};
    const Operands uses = uses_of(item);
    const bool is_float = code_.is_float(uses.writes);
    const auto moved = [&](unsigned bytes) {
      const Found& from = found_[uses.reads[0]];
      return from.state == State::kOne && from.literal.bytes != bytes ? differs : from;
    };
    if (item.slot != kNone) {
      if (!is_float || uses.count == 0) return differs;
      return moved(code_.slot[item.slot].bytes);
    }
    if (!is_float) {
      if (item.result.is(Constant::Base::kUnknown)) return differs;
      return {State::kOne, {item.result, 0, 0}};
    }
    if (item.in.op == Op::fsgnj_d && item.in.rs1 == item.in.rs2) return moved(8);
    if (item.in.op == Op::fsgnj_s && item.in.rs1 == item.in.rs2) return moved(4);
    if (item.in.op == Op::fmv_w_x && (item.in.rs1 == 0 || item.first.is(Constant::Base::kNumber)))
      return {State::kOne, {{}, item.in.rs1 ? static_cast<std::uint32_t>(item.first.value) : 0, 4}};
    const std::byte* bytes = nullptr;
    if (item.in.op == Op::fld || item.in.op == Op::flw) bytes = fixed_bytes(request_, item);
    if (!bytes) return differs;
    Found out{State::kOne, {{}, 0, access_bytes(item.in.op)}};
    std::memcpy(&out.literal.bits, bytes, out.literal.bytes);
    return out;
  }

  Code& code_;
  const TranslationRequest& request_;
  const Register first_renamed_;  // those before may hold several things in a block
  std::vector<Found> found_;      // by register
};

}  // namespace

void find_literals(Code& code, const Liveness& liveness, const TranslationRequest& request) {
  Finder(code, liveness, request).run();
}

}  // namespace kiesel::translator
