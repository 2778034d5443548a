#include "device/translator/analysis/code.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <utility>

#include "device/isa/csr.hpp"

namespace kiesel::translator {
namespace {

using isa::Op;

// More takes seconds to translate.
constexpr std::size_t kMostItems = 8'000, kMostContexts = 200;

Error refuse(std::string reason) { return {Errc::kUnsupported, std::move(reason)}; }

// What the interpreter has to do because the result depends on more than registers and memory.
std::string reason_against(const Instruction& in) {
  const isa::Family family = family_of(in.op);
  if (family == isa::Family::kTrap || family == isa::Family::kLegacy) return "an illegal instruction";
  if (!is_csr(in)) return {};
  const bool writes = in.op == Op::csrrw || in.op == Op::csrrwi || in.rs1 != 0;
  const auto* csr = isa::find_csr(static_cast<std::uint32_t>(in.imm));
  if (!csr || writes) return "a CSR is written";
  switch (in.imm) {
    case isa::csr::fflags:
    case isa::csr::frm:
    case isa::csr::fcsr:
    case isa::csr::mcycle:
    case isa::csr::minstret:
    case isa::csr::cycle:
    case isa::csr::time:
    case isa::csr::instret:
    case isa::csr::active_warps:
      return fmt::format("CSR {} is read", csr->name);
    default:
      return {};
  }
}

class Reader {
 public:
  explicit Reader(const TranslationRequest& request) : request_(request) {}

  Result<Code> run() {
    decode();
    contexts_.push_back({});
    explore(0, index_of(request_.startup));
    if (!error_.empty()) return refuse(error_);
    make_blocks();
    order();
    find_open_splits();
    find_loops();
    if (!error_.empty()) return refuse(error_);
    find_small_splits();
    return std::move(code_);
  }

 private:
  struct Context {
    std::uint32_t parent = kNone, after = 0;  // where a return goes: instruction `after` of the parent
    std::uint32_t entry = 0;
    std::set<std::uint32_t> reached, leaders;
    std::map<std::uint32_t, std::uint32_t> calls;  // instruction of a call -> context of the callee
  };
  using Place = std::pair<std::uint32_t, std::uint32_t>;  // context, instruction

  void fail(std::string reason) {
    if (error_.empty()) error_ = std::move(reason);
  }

  std::uint32_t index_of(std::uint64_t offset) const {
    return static_cast<std::uint32_t>((offset - code_.begin) / 4);
  }

  void decode() {
    code_.begin = request_.code_begin;
    const std::size_t count = (request_.code_end - request_.code_begin) / 4;
    code_.instructions.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      std::uint32_t word;
      std::memcpy(&word, request_.image.data() + (request_.code_begin - request_.image_begin) + i * 4,
                  sizeof word);
      Instruction in = numbered(isa::decode(word));
      if (in.op != Op::illegal && !isa::available(isa::info(in.op).extension, request_.target))
        in.op = Op::illegal;
      code_.instructions[i] = in;
    }
  }

  // The target of a jalr whose register was set just before, or kNone.
  std::uint32_t known_target(std::uint32_t index) const {
    const Instruction& jump = code_.instructions[index];
    if (index == 0) return kNone;
    const Instruction& setter = code_.instructions[index - 1];
    if (setter.rd != jump.rs1) return kNone;
    if (setter.op == Op::csrrs && setter.imm == isa::csr::kernel_entry && jump.imm == 0)
      return index_of(request_.entry);
    if (setter.op != Op::auipc) return kNone;
    const std::int64_t target = static_cast<std::int64_t>(index - 1) + (setter.imm + jump.imm) / 4;
    return target >= 0 && target < static_cast<std::int64_t>(code_.instructions.size())
               ? static_cast<std::uint32_t>(target)
               : kNone;
  }

  // Where lanes go from an instruction, in its context; calls and returns lead into another one.
  std::vector<Place> successors(std::uint32_t context, std::uint32_t index) {
    const Instruction& in = code_.instructions[index];
    const auto target = static_cast<std::uint32_t>(index + in.imm / 4);
    if (in.op == Op::jal)
      return in.rd == 0 ? std::vector<Place>{{context, target}} : call(context, index, target);
    if (in.op == Op::jalr) {
      if (in.rd == 0 && in.rs1 == 1 && in.imm == 0) {
        const Context& here = contexts_[context];
        if (here.parent == kNone) return fail("a return from the start"), std::vector<Place>{};
        return {{here.parent, here.after}};
      }
      const std::uint32_t known = known_target(index);
      if (known == kNone) return fail("an indirect jump"), std::vector<Place>{};
      return in.rd == 0 ? std::vector<Place>{{context, known}} : call(context, index, known);
    }
    if (family_of(in.op) == isa::Family::kBranch) return {{context, target}, {context, index + 1}};
    if (in.op == Op::tmc) {
      if (in.rs1 != 0) fail("a mask is set");
      return {};
    }
    return {{context, index + 1}};
  }

  std::vector<Place> call(std::uint32_t context, std::uint32_t index, std::uint32_t target) {
    if (code_.instructions[index].rd != 1)
      return fail("a call that does not link in ra"), std::vector<Place>{};
    const auto known = contexts_[context].calls.find(index);
    if (known != contexts_[context].calls.end()) return {{known->second, target}};
    if (contexts_.size() >= kMostContexts) return fail("too many calls"), std::vector<Place>{};
    for (std::uint32_t c = context; c != kNone; c = contexts_[c].parent)
      if (contexts_[c].entry == target && c != 0) return fail("recursion"), std::vector<Place>{};
    const auto callee = static_cast<std::uint32_t>(contexts_.size());
    contexts_.push_back({});
    contexts_[callee].parent = context;
    contexts_[callee].after = index + 1;
    contexts_[callee].entry = target;
    contexts_[context].calls[index] = callee;
    return {{callee, target}};
  }

  static bool ends_block(const Instruction& in) {
    switch (in.op) {
      case Op::jal:
      case Op::jalr:
      case Op::tmc:
      case Op::split:
      case Op::join:
      case Op::pred:
      case Op::bar:
      case Op::bar_wait:
        return true;
      default:
        return family_of(in.op) == isa::Family::kBranch;
    }
  }

  void explore(std::uint32_t context, std::uint32_t index) {
    std::vector<Place> left{{context, index}};
    contexts_[context].leaders.insert(index);
    std::size_t items = 0;
    while (!left.empty() && error_.empty()) {
      const auto [c, i] = left.back();
      left.pop_back();
      if (i >= code_.instructions.size()) return fail("execution runs off the code");
      if (!contexts_[c].reached.insert(i).second) continue;
      if (++items > kMostItems) return fail("too much code");
      const Instruction& in = code_.instructions[i];
      if (auto reason = reason_against(in); !reason.empty()) return fail(std::move(reason));
      const bool ends = ends_block(in);
      for (const Place& place : successors(c, i)) {
        if (ends) contexts_[place.first].leaders.insert(place.second);
        left.push_back(place);
      }
    }
  }

  static Ending ending_of(const Instruction& in) {
    switch (in.op) {
      case Op::split:
        return Ending::kSplit;
      case Op::join:
        return Ending::kJoin;
      case Op::pred:
        return Ending::kPredicate;
      case Op::bar:
      case Op::bar_wait:
        return Ending::kBarrier;
      case Op::tmc:
        return Ending::kEnd;
      case Op::jalr:
        return in.rd == 0 && in.rs1 == 1 ? Ending::kReturn : Ending::kFalls;
      default:
        return family_of(in.op) == isa::Family::kBranch ? Ending::kBranch : Ending::kFalls;
    }
  }

  void make_blocks() {
    std::map<Place, std::uint32_t> number;
    for (std::uint32_t c = 0; c < contexts_.size(); ++c)
      for (const std::uint32_t leader : contexts_[c].leaders)
        number.emplace(Place{c, leader}, static_cast<std::uint32_t>(number.size()));
    code_.blocks.resize(number.size());
    for (const auto& [place, id] : number) {
      Block& block = code_.blocks[id];
      block.context = place.first;
      std::uint32_t index = place.second;
      for (;; ++index) {
        for (const Instruction& part : parts_of(code_.instructions[index], request_.target.lanes)) {
          block.items.emplace_back();
          block.items.back().in = part;
          block.items.back().index = index;
        }
        if (ends_block(block.last().in) || contexts_[place.first].leaders.contains(index + 1)) break;
      }
      block.ending = ending_of(block.last().in);
      for (const Place& place_after : successors(place.first, index)) {
        const auto found = number.find(place_after);
        block.next.push_back(found->second);
      }
    }
  }

  // Reverse post-order; a loop's blocks stay together because its exits are visited first.
  void order() {
    const std::size_t count = code_.blocks.size();
    std::vector<std::uint32_t> position(count, kNone);
    std::vector<std::uint32_t> sequence;
    std::vector<std::uint8_t> seen(count, 0);
    struct Frame {
      std::uint32_t block;
      std::size_t next;
    };
    std::vector<Frame> stack{{0, 0}};
    seen[0] = 1;
    // contexts_[0]'s first leader is the start only if it is the lowest: look it up instead.
    for (std::uint32_t b = 0; b < count; ++b)
      if (code_.blocks[b].context == 0 && code_.blocks[b].items[0].index == index_of(request_.startup)) {
        seen[0] = 0;
        stack[0] = {b, 0};
        seen[b] = 1;
      }
    while (!stack.empty()) {
      Frame& frame = stack.back();
      const auto& next = code_.blocks[frame.block].next;
      if (frame.next < next.size()) {
        const std::uint32_t to = next[frame.next++];
        if (!seen[to]) {
          seen[to] = 1;
          stack.push_back({to, 0});
        }
        continue;
      }
      sequence.push_back(frame.block);
      stack.pop_back();
    }
    std::reverse(sequence.begin(), sequence.end());
    std::vector<Block> ordered;
    for (std::uint32_t i = 0; i < sequence.size(); ++i) position[sequence[i]] = i;
    for (const std::uint32_t b : sequence) ordered.push_back(std::move(code_.blocks[b]));
    code_.blocks = std::move(ordered);
    for (std::uint32_t b = 0; b < code_.blocks.size(); ++b) {
      for (std::uint32_t& to : code_.blocks[b].next) to = position[to];
      for (const std::uint32_t to : code_.blocks[b].next) code_.blocks[to].before.push_back(b);
    }
  }

  void find_open_splits() {
    std::vector<std::uint8_t> known(code_.blocks.size(), 0);
    std::vector<std::uint8_t> joined(code_.blocks.size(), 0);
    std::vector<std::uint32_t> left{0};
    known[0] = 1;
    while (!left.empty() && error_.empty()) {
      const std::uint32_t b = left.back();
      left.pop_back();
      Block& block = code_.blocks[b];
      auto open = block.open;
      if (block.ending == Ending::kSplit) open.push_back(b);
      if (open.size() + 1 >= request_.target.lanes && request_.target.lanes > 1 && open.size() > 1)
        return fail("splits are nested too deeply");
      if (block.ending == Ending::kJoin) {
        if (open.empty()) return fail("a join without a split");
        block.split = open.back();
        // All lanes would go on behind the one that the second side comes to.
        if (std::exchange(joined[block.split], 1)) return fail("a split with two joins");
        open.pop_back();
      }
      if (block.ending == Ending::kEnd && !open.empty()) return fail("an end inside a split");
      for (const std::uint32_t to : block.next) {
        if (known[to]) {
          if (code_.blocks[to].open != open) return fail("splits and joins that do not nest");
          continue;
        }
        known[to] = 1;
        code_.blocks[to].open = open;
        left.push_back(to);
      }
    }
  }

  // A version without masks pays in loops, and where it is most of the code.
  void find_small_splits() {
    std::size_t all = 0;
    for (const Block& block : code_.blocks) all += block.items.size();
    std::map<std::uint32_t, std::size_t> inside;
    std::set<std::uint32_t> loops;
    for (std::uint32_t b = 0; b < code_.blocks.size(); ++b) {
      const Block& block = code_.blocks[b];
      const bool closes =
          std::any_of(block.next.begin(), block.next.end(), [&](std::uint32_t to) { return to <= b; });
      for (const std::uint32_t split : block.open) {
        inside[split] += block.items.size();
        if (closes) loops.insert(split);
      }
    }
    for (std::uint32_t b = 0; b < code_.blocks.size(); ++b)
      if (code_.blocks[b].ending == Ending::kSplit)
        code_.blocks[b].masked_only = !loops.contains(b) && inside[b] < std::max<std::size_t>(24, all / 4);
  }

  // A predicate is followed by a branch on its condition: back into the loop, or out of it.
  void find_loops() {
    for (std::uint32_t b = 0; b < code_.blocks.size() && error_.empty(); ++b) {
      Block& block = code_.blocks[b];
      if (block.ending != Ending::kPredicate) continue;
      const Instruction& pred = block.last().in;
      const Block& rest = code_.blocks[block.next[0]];
      const Instruction& branch = rest.last().in;
      const bool tests =
          (branch.op == Op::bne || branch.op == Op::beq) &&
          ((branch.rs1 == pred.rs1 && branch.rs2 == 0) || (branch.rs2 == pred.rs1 && branch.rs1 == 0));
      bool changed = false;
      for (const Item& item : rest.items) changed |= operands_of(item.in).writes == pred.rs1;
      if (rest.ending != Ending::kBranch || !tests || changed) return fail("a predicate without its branch");
      const bool stay_is_taken = (branch.op == Op::bne) != pred.negate;
      block.stay = rest.next[stay_is_taken ? 0 : 1];
      block.leave = rest.next[stay_is_taken ? 1 : 0];
      std::vector<std::uint32_t> left{b};
      std::set<std::uint32_t> body{b, block.stay, block.next[0]};
      while (!left.empty()) {
        const std::uint32_t at = left.back();
        left.pop_back();
        if (at == block.stay) continue;
        for (const std::uint32_t from : code_.blocks[at].before)
          if (body.insert(from).second) left.push_back(from);
      }
      block.body.assign(body.begin(), body.end());
    }
  }

  const TranslationRequest& request_;
  Code code_;
  std::vector<Context> contexts_;
  std::string error_;
};

}  // namespace

std::size_t instructions_in(const Block& block, std::size_t items) {
  const auto end = block.items.begin() + static_cast<std::ptrdiff_t>(items);
  return static_cast<std::size_t>(
      std::count_if(block.items.begin(), end, [](const Item& item) { return item.in.part == Part::kWhole; }));
}

Result<Code> read_code(const TranslationRequest& request) {
  auto code = Reader(request).run();
  if (code) find_constants(*code, request);
  return code;
}

}  // namespace kiesel::translator
