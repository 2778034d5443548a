#include "device/translator/emit/frame.hpp"

#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/registers.hpp"
#include "device/translator/emit/values.hpp"

namespace kiesel::translator {

namespace {

constexpr unsigned kAlignment = 64;  // of frames and the vectors in them
constexpr int kStep = 1, kMask = 2;  // parts of a frame that are no value of a register

// Where a register's value has its place in frames of all segments.
llvm::Value* frame_place(Segment& segment, Register r, int part, llvm::Type* type) {
  Builder& ir = segment.ir;
  const auto [found, fresh] = segment.kernel.frame.try_emplace({r, part}, 0);
  if (fresh) {
    const auto bytes = static_cast<std::uint32_t>(
        (type->getPrimitiveSizeInBits().getFixedSize() + 8 * kAlignment - 1) / (8 * kAlignment) * kAlignment);
    found->second = segment.kernel.out.frame_bytes;
    segment.kernel.out.frame_bytes += bytes;
  }
  return ir.CreateConstInBoundsGEP1_64(ir.i8, segment.frame_pointer, found->second);
}

llvm::LoadInst* take(Segment& segment, Register r, int part, llvm::Type* type) {
  auto* made =
      segment.ir.CreateAlignedLoad(type, frame_place(segment, r, part, type), llvm::Align(kAlignment));
  made->setMetadata(llvm::LLVMContext::MD_tbaa, segment.ir.state_tag);
  return made;
}

// One of the two of a register's kind, which has its place by that.
llvm::LoadInst* take(Segment& segment, Register r, const Kind& kind, bool step) {
  llvm::Type* type = variable(segment, r, kind.rep, step)->getAllocatedType();
  return take(segment, r, static_cast<int>(kind.rep) * 4 + (step ? kStep : 0), type);
}

// The last warp's mask is known without.
bool has_mask(const Segment& segment, const Node& node) {
  return !node.full && !segment.known.request.shape.tail;
}

}  // namespace

// The node's variables, which are stored.
void put_frame(Segment& segment, std::uint32_t node) {
  Builder& ir = segment.ir;
  const auto put = [&](Register r, int part, llvm::Value* v) {
    auto* made =
        ir.CreateAlignedStore(v, frame_place(segment, r, part, v->getType()), llvm::Align(kAlignment));
    made->setMetadata(llvm::LLVMContext::MD_tbaa, ir.state_tag);
    if (const auto* from = llvm::dyn_cast<llvm::LoadInst>(v))
      segment.puts.emplace_back(made, from->getPointerOperand());
  };
  const Node& target = segment.known.kinds.nodes()[node];
  for (const unsigned r : target.needed.set_bits()) {
    if (target.start[r].rep == Rep::kNone) continue;
    const Value value = load_variable(segment, r, target.start[r]);
    put(r, static_cast<int>(value.kind.rep) * 4, value.v);
    if (value.step) put(r, static_cast<int>(value.kind.rep) * 4 + kStep, value.step);
  }
  if (has_mask(segment, target)) put(0, kMask, ir.CreateZExt(load(ir, segment.mask_variable), ir.i64));
}

void take_frame(Segment& segment, std::uint32_t node) {
  Builder& ir = segment.ir;
  const Node& start = segment.known.kinds.nodes()[node];
  for (const unsigned r : start.needed.set_bits()) {
    const Kind& kind = start.start[r];
    if (kind.rep == Rep::kNone) continue;
    const auto take_part = [&](bool step) {
      llvm::AllocaInst* made = variable(segment, r, kind.rep, step);
      if (segment.taken.contains(made)) return;
      llvm::LoadInst* from = take(segment, r, kind, step);
      ir.CreateStore(from, made);
      segment.taken[made] = from;
    };
    take_part(false);
    if (has_step(ir, kind)) take_part(true);
  }
  if (has_mask(segment, start))
    ir.CreateStore(ir.CreateTrunc(take(segment, 0, kMask, ir.i64), ir.mask), segment.mask_variable);
}

// Frames are written where segments end.
void read_frame(Cursor& there) {
  Builder& ir = there.ir;
  const Node& start = there.node;
  for (const unsigned r : start.needed.set_bits()) {
    const Kind& kind = start.start[r];
    if (kind.rep == Rep::kNone) continue;
    Value value{kind, take(there.segment, r, kind, false)};
    if (has_step(ir, kind)) value.step = take(there.segment, r, kind, true);
    there.values[r] = value;
  }
  if (start.full) return;
  llvm::Value* lanes =
      has_mask(there.segment, start) ? take(there.segment, 0, kMask, ir.i64) : there.segment.start_mask;
  there.mask = ir.CreateTrunc(lanes, ir.mask);
}

// What a segment only reads stays in the frame.
void keep_in_frame(Segment& segment) {
  std::vector<llvm::Instruction*> useless;
  for (const auto& [variable, from] : segment.taken) {
    unsigned stores = 0;
    for (const llvm::User* user : variable->users()) stores += llvm::isa<llvm::StoreInst>(user);
    if (stores != 2) continue;  // where it is made, and where it is taken
    for (llvm::User* user : variable->users()) {
      auto* use = llvm::cast<llvm::Instruction>(user);
      if (llvm::isa<llvm::LoadInst>(use)) {
        llvm::Instruction* load = from->clone();
        load->insertBefore(use);
        use->replaceAllUsesWith(load);
      }
      useless.push_back(use);
    }
    for (const auto& [store, what] : segment.puts)
      if (what == variable) useless.push_back(store);
    useless.push_back(variable);
  }
  for (llvm::Instruction* each : useless) each->dropAllReferences();
  for (llvm::Instruction* each : useless) each->eraseFromParent();
}

}  // namespace kiesel::translator
