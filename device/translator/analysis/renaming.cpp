// Registers split into webs: the definitions and uses that a lane's ways through the code connect. A web
// within one block keeps its register's number.
#include <map>
#include <numeric>

#include "device/translator/analysis/liveness.hpp"

namespace kiesel::translator {
namespace {

class Renamer {
 public:
  explicit Renamer(Code& code) : code_(code), original_(code.registers) {}

  Liveness run() {
    find_webs(find_liveness(code_));
    for (;;) {
      rename();
      Liveness liveness = find_liveness(code_);
      if (!join_waiting(liveness)) return liveness;
    }
  }

 private:
  using Web = std::uint32_t;
  struct Names {  // of an item's operands
    Web rd = kNone, rs1 = kNone, rs2 = kNone, rs3 = kNone, slot = kNone;
  };

  Web new_web(Register original) {
    parent_.push_back(static_cast<Web>(parent_.size()));
    original_of_.push_back(original);
    return parent_.back();
  }
  Web find(Web web) {
    while (parent_[web] != web) web = parent_[web] = parent_[parent_[web]];
    return web;
  }
  void unite(Web a, Web b) { parent_[find(a)] = find(b); }

  Web& at_start(std::uint32_t block, Register r) { return starts_[std::size_t{block} * original_ + r]; }

  void find_webs(const Liveness& liveness) {
    starts_.assign(code_.blocks.size() * original_, kNone);
    for (std::uint32_t b = 0; b < code_.blocks.size(); ++b)
      for (const unsigned r : liveness.start[b].set_bits()) at_start(b, r) = new_web(r);
    global_ = static_cast<Web>(parent_.size());
    std::vector<Web> now(original_);
    for (std::uint32_t b = 0; b < code_.blocks.size(); ++b) {
      Block& block = code_.blocks[b];
      const auto begin = starts_.begin() + static_cast<std::ptrdiff_t>(std::size_t{b} * original_);
      std::copy(begin, begin + static_cast<std::ptrdiff_t>(original_), now.begin());
      for (const Item& item : block.items) names_.push_back(name(item, now));
      for (const std::uint32_t next : block.next)
        for (const unsigned r : liveness.start[next].set_bits()) unite(now[r], at_start(next, r));
    }
  }

  Names name(const Item& item, std::vector<Web>& now) {
    Names names;
    const Operands uses = uses_of(item);
    const auto read = [&](Register r, Web& web) {
      for (unsigned i = 0; i < uses.count; ++i)
        if (uses.reads[i] == r) {
          if (now[r] == kNone) now[r] = new_web(r);  // whatever it holds
          web = now[r];
        }
    };
    read(item.in.rs1, names.rs1);
    read(item.in.rs2, names.rs2);
    read(item.in.rs3, names.rs3);
    if (is_compare_and_swap(item.in)) read(item.in.rd, names.rd);
    if (item.slot != kNone) read(item.slot_register, names.slot);
    if (uses.writes == kNone) return names;
    Web& written = uses.writes == item.slot_register ? names.slot : names.rd;
    if (written == kNone) written = new_web(uses.writes);
    now[uses.writes] = written;
    return names;
  }

  void rename() {
    code_.renamed.clear();
    numbers_.assign(parent_.size(), kNone);
    for (Web web = 0; web < global_; ++web) {
      Register& number = numbers_[find(web)];
      if (number != kNone) continue;
      number = original_ + static_cast<Register>(code_.renamed.size());
      code_.renamed.push_back(original_of_[web]);
    }
    code_.registers = original_ + static_cast<std::uint32_t>(code_.renamed.size());
    auto names = names_.begin();
    for (Block& block : code_.blocks)
      for (Item& item : block.items) {
        set(names->rd, item.in.rd);
        set(names->rs1, item.in.rs1);
        set(names->rs2, item.in.rs2);
        set(names->rs3, item.in.rs3);
        set(names->slot, item.slot_register);
        ++names;
      }
  }

  void set(Web web, Register& operand) {
    if (web == kNone) return;
    const Register number = numbers_[find(web)];
    operand = number == kNone ? original_of_[web] : number;
  }

  // Whether two webs of one register waited at a place, which are one from now on.
  bool join_waiting(const Liveness& liveness) {
    std::vector<Web> web_of(code_.registers, kNone);
    for (Web web = 0; web < global_; ++web) web_of[numbers_[find(web)]] = web;
    bool joined = false;
    for (const Set& waiting : liveness.waiting) {
      std::map<Register, Web> seen;
      for (const unsigned r : waiting.set_bits()) {
        const auto [other, fresh] = seen.try_emplace(code_.original(r), web_of[r]);
        if (fresh || find(other->second) == find(web_of[r])) continue;
        unite(other->second, web_of[r]);
        joined = true;
      }
    }
    return joined;
  }

  Code& code_;
  const std::uint32_t original_;  // registers before
  std::vector<Web> parent_;
  std::vector<Register> original_of_;
  std::vector<Web> starts_;   // by block and register: of what a lane finds there
  Web global_ = 0;            // webs from here on have no start of a block
  std::vector<Names> names_;  // by item, in the order of the blocks
  std::vector<Register> numbers_;
};

}  // namespace

Liveness rename_registers(Code& code) { return Renamer(code).run(); }

}  // namespace kiesel::translator
