#include "device/translator/emit/host_calls.hpp"

#include <cstddef>

#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/lane_by_lane.hpp"
#include "device/translator/emit/masks.hpp"
#include "device/translator/emit/registers.hpp"
#include "device/translator/emit/scalar_loop.hpp"
#include "device/translator/emit/state.hpp"

namespace kiesel::translator {

// Calls a function of the context, step() or poll(), through one of the module that keeps all registers, so
// that nothing has to be saved where the code leaves its usual way.
llvm::Value* call_host(Segment& segment, const std::string& name, std::size_t offset,
                       const std::vector<llvm::Value*>& arguments) {
  Builder& ir = segment.ir;
  llvm::Function* made = segment.kernel.module.getFunction(name);
  if (!made) {
    std::vector<llvm::Type*> types;
    for (llvm::Value* argument : arguments) types.push_back(argument->getType());
    auto* passed = llvm::FunctionType::get(ir.i1, types, false);
    types.push_back(ir.pointer);
    made = llvm::Function::Create(llvm::FunctionType::get(ir.i1, types, false),
                                  llvm::Function::InternalLinkage, name, segment.kernel.module);
    made->addFnAttr(llvm::Attribute::Cold);
    set_helper_attributes(*made);
    llvm::IRBuilder<> b(llvm::BasicBlock::Create(ir.getContext(), "start", made));
    std::vector<llvm::Value*> given;
    for (unsigned i = 0; i < arguments.size(); ++i) given.push_back(made->getArg(i));
    llvm::Value* shared = made->getArg(static_cast<unsigned>(arguments.size()));
    llvm::Value* function = b.CreateLoad(ir.pointer, b.CreateConstInBoundsGEP1_64(ir.i8, shared, offset));
    clear_upper_halves(ir, b);
    llvm::CallInst* done = b.CreateCall(passed, function, given);
    done->addRetAttr(llvm::Attribute::ZExt);
    for (unsigned i = 0; i < given.size(); ++i)
      if (types[i] == ir.i1) done->addParamAttr(i, llvm::Attribute::ZExt);
    b.CreateRet(done);
  }
  std::vector<llvm::Value*> all = arguments;
  all.push_back(segment.shared);
  return ir.CreateCall(made, all);
}

void call_step(Cursor& here, const Item& item, std::uint32_t site) {
  Builder& ir = here.ir;
  llvm::Value* done =
      call_host(here.segment, "step", offsetof(WarpContext, step),
                {here.segment.warp, ir.getInt32(item.index), ir.getInt32(site), mask64(here)});
  llvm::BasicBlock* on = new_block(ir, "stepped");
  branch_likely(ir, done, on, here.segment.faulted);  // nobody asks what a warp counted that had a fault
  ir.SetInsertPoint(on);
}

// The instruction as the interpreter does it; `kind` is what its result is read as.
Value step(Cursor& here, const Item& item, std::uint32_t site, const Kind& kind) {
  Builder& ir = here.ir;
  const Operands uses = operands_of(item.in);
  const auto values = here.values;
  for (unsigned i = 0; i < uses.count; ++i) {
    const Register r = uses.reads[i];
    Constant constant;
    if (r == item.in.rs1) constant = item.first;
    if (r == item.in.rs2 && constant.is(Constant::Base::kUnknown)) constant = item.second;
    put_register(here.segment, here.known.code.original(r), read(here, r, constant));
  }
  here.values = values;
  call_step(here, item, site);
  if (here.turn && here.turn->ranges.contains(site)) keep_range(here.segment, *here.turn, site);
  if (uses.writes == kNone) return {};
  // All lanes of the result are in its row, singles in 64 bits.
  const Register d = here.known.code.original(uses.writes);
  const StateLayout& at = here.known.request.layout;
  const std::uint32_t row = at.width * 8, place = d >= kFloat ? at.f + (d - kFloat) * row : at.x + d * row;
  const bool once = is_uniform(kind.rep);
  llvm::Value* v;
  if (once) {
    llvm::Value* lane = first_lane(here);
    auto* made = ir.CreateLoad(ir.i64, ir.CreateGEP(ir.i64, state(here.segment, place), lane));
    made->setMetadata(llvm::LLVMContext::MD_tbaa, ir.state_tag);
    v = made;
  } else {
    v = load_state(here.segment, place, vector_of(ir, ir.i64));
  }
  if (is_single(kind.rep) || kind.rep == Rep::kNarrow)
    v = ir.CreateTrunc(v, once ? ir.i32 : vector_of(ir, ir.i32));
  if (is_float(kind.rep)) {
    llvm::Type* element = is_single(kind.rep) ? ir.f32 : ir.f64;
    v = ir.CreateBitCast(v, once ? element : vector_of(ir, element));
  }
  return {kind, v};
}

}  // namespace kiesel::translator
