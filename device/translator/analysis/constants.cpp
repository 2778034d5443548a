// What registers are known to hold, and the slots of the stack that can be kept in registers: those whose
// address goes nowhere but into loads and stores.
#include <algorithm>
#include <array>
#include <cstring>
#include <map>

#include "device/isa/csr.hpp"
#include "device/isa/launch_block.hpp"
#include "device/translator/analysis/code.hpp"
#include "device/translator/analysis/ranges.hpp"

namespace kiesel::translator {
namespace {

using isa::Format;
using isa::Op;
using Base = Constant::Base;

struct Registers : std::array<Constant, 32> {
  std::uint32_t truths = 1;              // registers that hold 0 or 1, as bits
  std::uint32_t windows = 0;             // registers that may hold an address in the window
  std::array<Range, 32> ranges;          // what registers lie in
  std::array<std::uint32_t, 32> tokens;  // the blocks of the splits whose tokens registers hold
  Registers() {
    tokens.fill(kNone);
    ranges[0] = {0, 0};
  }
  std::uint32_t token(Register r) const { return r < kFloat ? tokens[r] : kNone; }
  Constant at(Register r) const { return r < kFloat ? (*this)[r] : Constant(); }
  bool is_truth(Register r) const { return r < kFloat && (truths >> r & 1); }
  Range range(Register r) const { return r < kFloat ? ranges[r] : Range(); }
  bool is_window(Register r) const { return r < kFloat && (windows >> r & 1); }
};

constexpr unsigned kPreciseRounds = 2;          // of all blocks; ranges that still grow do so in a loop
constexpr std::int64_t kSmallestWindow = 4096;  // bytes of private memory that every lane has

Constant number(std::int64_t value) { return {Base::kNumber, value}; }
std::int64_t sext32(std::int64_t v) { return static_cast<std::int32_t>(v); }
std::uint64_t u(std::int64_t v) { return static_cast<std::uint64_t>(v); }
std::int64_t s(std::uint64_t v) { return static_cast<std::int64_t>(v); }

bool is_access(const Instruction& in) { return is_load(in) || is_store(in); }

class Finder {
 public:
  Finder(Code& code, const TranslationRequest& request) : code_(code), request_(request) {}

  void run() {
    propagate();
    if (stores_addresses()) {  // what is loaded from private memory may be one, then
      addresses_stored_ = true;
      propagate();
    }
    find_slots();
    shorten();
  }

 private:
  Constant evaluate(const Item& item) const {
    const Instruction& in = item.in;
    const Constant a = item.first;
    const bool has_b = isa::info(in.op).format == Format::kR;
    const Constant b = has_b ? item.second : number(in.imm);
    switch (in.op) {
      case Op::lui:
        return number(in.imm);
      case Op::auipc:
        return {Base::kModule, s(code_.begin) + std::int64_t{item.index} * 4 + in.imm};
      case Op::jal:
      case Op::jalr:
        return {Base::kModule, s(code_.begin) + std::int64_t{item.index} * 4 + 4};
      case Op::csrrs:
      case Op::csrrc:
      case Op::csrrsi:
      case Op::csrrci:
        return of_csr(static_cast<std::uint32_t>(in.imm));
      case Op::add:
      case Op::addi:
        if (b.is(Base::kNumber) && !a.is(Base::kUnknown)) return {a.base, s(u(a.value) + u(b.value))};
        if (a.is(Base::kNumber) && !b.is(Base::kUnknown)) return {b.base, s(u(a.value) + u(b.value))};
        return {};
      case Op::sub:
        if (b.is(Base::kNumber) && !a.is(Base::kUnknown)) return {a.base, s(u(a.value) - u(b.value))};
        return {};
      case Op::mul:
        if ((a.is(Base::kNumber) && a.value == 0) || (b.is(Base::kNumber) && b.value == 0)) return number(0);
        break;
      case Op::ld:
        if (a.is(Base::kLaunchBlock)) return of_header(a.value + in.imm);
        return {};
      default:
        break;
    }
    if (!a.is(Base::kNumber) || !b.is(Base::kNumber)) return {};
    const std::uint64_t x = u(a.value), y = u(b.value);
    switch (in.op) {
      case Op::addw:
      case Op::addiw:
        return number(sext32(s(x + y)));
      case Op::subw:
        return number(sext32(s(x - y)));
      case Op::slli:
      case Op::sll:
        return number(s(x << (y & 63)));
      case Op::srli:
      case Op::srl:
        return number(s(x >> (y & 63)));
      case Op::srai:
      case Op::sra:
        return number(a.value >> (y & 63));
      case Op::slliw:
      case Op::sllw:
        return number(sext32(s(x << (y & 31))));
      case Op::srliw:
      case Op::srlw:
        return number(sext32(s((x & 0xFFFFFFFF) >> (y & 31))));
      case Op::and_:
      case Op::andi:
        return number(s(x & y));
      case Op::or_:
      case Op::ori:
        return number(s(x | y));
      case Op::xor_:
      case Op::xori:
        return number(s(x ^ y));
      case Op::bset:
      case Op::bseti:
        return number(s(x | std::uint64_t{1} << (y & 63)));
      case Op::mul:
        return number(s(x * y));
      case Op::mulw:
        return number(sext32(s(x * y)));
      default:
        return {};
    }
  }

  Constant of_csr(std::uint32_t csr) const {
    switch (csr) {
      case isa::csr::mscratch:
        return {Base::kLaunchBlock, 0};
      case isa::csr::kernel_entry:
        return {Base::kModule, s(request_.entry)};
      case isa::csr::num_lanes:
        return number(request_.target.lanes);
      case isa::csr::num_warps:
        return number(request_.target.warps);
      case isa::csr::group_slot:
        return number(0);
      default:
        return {};
    }
  }

  // The device wrote these fields itself: each lane has a window of its own.
  static Constant of_header(std::int64_t offset) {
    if (offset == offsetof(isa::LaunchHeader, stack_top)) return {Base::kWindowEnd, 0};
    if (offset == offsetof(isa::LaunchHeader, stack_stride)) return number(0);
    return {};
  }

  static bool makes_truth(const Item& item, const Registers& registers) {
    const Instruction& in = item.in;
    const bool first = registers.is_truth(in.rs1), second = registers.is_truth(in.rs2);
    switch (in.op) {
      case Op::slt:
      case Op::slti:
      case Op::sltu:
      case Op::sltiu:
      case Op::feq_s:
      case Op::flt_s:
      case Op::fle_s:
      case Op::feq_d:
      case Op::flt_d:
      case Op::fle_d:
      case Op::feq_h:
      case Op::flt_h:
      case Op::fle_h:
      case Op::bext:
      case Op::bexti:
      case Op::vote_all:
      case Op::vote_any:
      case Op::vote_uni:
        return true;
      case Op::srli:
        return in.imm == 63 || (in.imm == 31 && registers.range(in.rs1).is_lower());
      case Op::srliw:
        return in.imm == 31;
      case Op::xori:
        return first && in.imm == 1;
      case Op::andi:
        return first || in.imm == 1;
      case Op::addi:
        return (first && in.imm == 0) || (in.rs1 == 0 && (in.imm == 0 || in.imm == 1));
      case Op::and_:
        return first || second;
      case Op::or_:
      case Op::xor_:
      case Op::minu:
      case Op::maxu:
        return first && second;
      case Op::andn:
      case Op::czero_eqz:
      case Op::czero_nez:
        return first;
      default:
        return item.result.is(Base::kNumber) && (item.result.value == 0 || item.result.value == 1);
    }
  }

  // Numbers of 32 bits without a sign, shifted right, need no upper half.
  void shorten() {
    for (Block& block : code_.blocks)
      for (Item& item : block.items)
        if (item.in.op == Op::srli && item.first_is_lower && item.in.imm >= 1 && item.in.imm <= 31)
          item.in.op = Op::srliw;
  }

  // What is computed from an address in the window may be one.
  bool makes_window(const Item& item, const Registers& registers) const {
    if (item.result.is(Base::kWindowEnd)) return true;
    if (!item.result.is(Base::kUnknown)) return false;
    if (family_of(item.in.op) == isa::Family::kLoad && !addresses_stored_) return false;
    bool any = false;
    for (const char c : isa::info(item.in.op).syntax)
      any |= (c == 's' && registers.is_window(item.in.rs1)) || (c == 't' && registers.is_window(item.in.rs2));
    return any && !makes_truth(item, registers);
  }

  std::uint32_t token(const Block& block, const Item& item) const {
    if (item.in.op == Op::split) return static_cast<std::uint32_t>(&block - code_.blocks.data());
    return item.in.op == Op::addi && item.in.imm == 0 ? item.first_token : kNone;
  }

  void write(Registers& registers, const Block& block, const Item& item) const {
    const Operands operands = operands_of(item.in);
    if (operands.writes >= 32) return;
    const bool truth = makes_truth(item, registers), window = makes_window(item, registers);
    registers[operands.writes] = item.result;
    registers.tokens[operands.writes] = token(block, item);
    registers.truths &= ~(1u << operands.writes);
    if (truth) registers.truths |= 1u << operands.writes;
    registers.windows &= ~(1u << operands.writes);
    if (window) registers.windows |= 1u << operands.writes;
  }

  void visit(Block& block, Registers& registers) const {
    for (Item& item : block.items) {
      item.first = registers.at(item.in.rs1);
      item.second = registers.at(item.in.rs2);
      item.first_token = registers.token(item.in.rs1);
      item.first_is_truth = registers.is_truth(item.in.rs1);
      item.second_is_truth = registers.is_truth(item.in.rs2);
      item.first_is_lower = registers.range(item.in.rs1).is_lower();
      item.may_be_private = registers.is_window(item.in.rs1);
      item.second_may_be_private = registers.is_window(item.in.rs2);
      item.result = evaluate(item);
      const Range range = range_of(item, registers.range(item.in.rs1), registers.range(item.in.rs2));
      item.fits = range.fits();
      write(registers, block, item);
      if (const Register r = operands_of(item.in).writes; r < 32) registers.ranges[r] = range;
    }
  }

  void propagate() {
    std::vector<Registers> start(code_.blocks.size());
    std::vector<std::uint8_t> known(code_.blocks.size(), 0);
    Registers first;
    first[0] = number(0);
    start[0] = first;
    known[0] = 1;
    unsigned round = 0;
    for (bool changed = true; changed; ++round) {
      changed = false;
      for (std::uint32_t b = 0; b < code_.blocks.size(); ++b) {
        if (!known[b]) continue;
        Registers registers = start[b];
        visit(code_.blocks[b], registers);
        for (const std::uint32_t to : code_.blocks[b].next) {
          if (!known[to]) {
            known[to] = 1;
            start[to] = registers;
            changed = true;
            continue;
          }
          if (registers.windows & ~start[to].windows) {
            start[to].windows |= registers.windows;
            changed = true;
          }
          if (start[to].truths & ~registers.truths) {
            start[to].truths &= registers.truths;
            changed = true;
          }
          for (unsigned r = 1; r < 32; ++r) {
            if (start[to].tokens[r] != registers.tokens[r] && start[to].tokens[r] != kNone) {
              start[to].tokens[r] = kNone;
              changed = true;
            }
            if (const Range both = hull(start[to].ranges[r], registers.ranges[r]);
                both != start[to].ranges[r]) {
              start[to].ranges[r] = round < kPreciseRounds ? both : widened(start[to].ranges[r], both);
              changed = true;
            }
            if (start[to][r] == registers[r] || start[to][r].is(Base::kUnknown)) continue;
            start[to][r] = {};
            changed = true;
          }
        }
      }
    }
  }

  bool stores_addresses() const {
    for (const Block& block : code_.blocks)
      for (const Item& item : block.items) {
        const bool stores = is_atomic(item.in) || family_of(item.in.op) == isa::Family::kStore;
        if (stores && item.second_may_be_private) return true;
      }
    return false;
  }

  // An access that may be of private memory, at a place that is not known.
  static bool escapes(const Item& item) {
    return (is_access(item.in) || is_atomic(item.in)) && item.may_be_private &&
           (!is_access(item.in) || !item.first.is(Base::kWindowEnd));
  }

  void find_slots() {
    struct Use {
      unsigned bytes;
      bool is_float, bad;
    };
    std::map<std::int64_t, Use> uses;
    bool escaped = false;
    for (const Block& block : code_.blocks)
      for (const Item& item : block.items) {
        escaped |= escapes(item);
        if (!is_access(item.in) || !item.first.is(Base::kWindowEnd)) continue;
        const unsigned bytes = access_bytes(item.in.op);
        const isa::Family family = family_of(item.in.op);
        const bool is_float = family == isa::Family::kFloatLoad || family == isa::Family::kFloatStore;
        const bool odd = bytes < 4 || item.in.op == Op::lwu;
        auto [use, fresh] = uses.try_emplace(item.first.value + item.in.imm, Use{bytes, is_float, odd});
        if (!fresh && (use->second.bytes != bytes || use->second.is_float != is_float))
          use->second.bad = true;
        use->second.bytes = std::max(use->second.bytes, bytes);
        use->second.bad |= odd;
      }
    if (escaped || addresses_stored_) return;
    std::int64_t end = INT64_MIN;
    Use* before = nullptr;
    for (auto& [offset, use] : uses) {
      if (before && offset < end) before->bad = use.bad = true;
      end = std::max(end, offset + static_cast<std::int64_t>(use.bytes));
      use.bad |= (offset & (use.bytes - 1)) != 0 || offset >= 0 || offset < -kSmallestWindow;
      before = &use;
    }
    std::map<std::int64_t, std::uint32_t> number_of;
    for (const auto& [offset, use] : uses) {
      if (use.bad) continue;
      number_of[offset] = code_.slots++;
      code_.slot.push_back({offset, static_cast<std::uint8_t>(use.bytes), use.is_float});
    }
    for (Block& block : code_.blocks)
      for (Item& item : block.items)
        if (is_access(item.in) && item.first.is(Base::kWindowEnd))
          if (const auto found = number_of.find(item.first.value + item.in.imm); found != number_of.end()) {
            item.slot = found->second;
            item.slot_register = kSlots + item.slot;
          }
  }

  Code& code_;
  const TranslationRequest& request_;
  bool addresses_stored_ = false;
};

}  // namespace

void find_constants(Code& code, const TranslationRequest& request) {
  Finder(code, request).run();
  find_agreement(code);
  code.registers = kSlots + code.slots;
}

}  // namespace kiesel::translator
