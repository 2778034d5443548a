#include "device/translator/emit/lane_loop.hpp"

#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/masks.hpp"

namespace kiesel::translator {

llvm::AllocaInst* scratch(Segment& segment, unsigned number) {
  Builder& ir = segment.ir;
  if (!segment.scratch[number]) {
    segment.scratch[number] = new_variable(ir, vector_of(ir, ir.i64), "row");
    segment.scratch[number]->setAlignment(llvm::Align(64));
  }
  return segment.scratch[number];
}

// Lanes one after the other in a loop, for what the host has no vector instruction: a function of the module,
// fn(addresses, values, mask, results), of rows of 64 bits. `body` makes what is done for one lane, and what
// it gives goes to the lane's place in the row of results, which starts as `before`.
llvm::Value* lane_loop(Cursor& here, const std::string& name, llvm::Value* addresses, llvm::Value* values,
                       const LaneBody& body, llvm::Value* before) {
  Builder& ir = here.ir;
  auto* type = llvm::FunctionType::get(ir.getVoidTy(), {ir.pointer, ir.pointer, ir.i64, ir.pointer}, false);
  llvm::Function* loop = here.kernel.module.getFunction(name);
  if (!loop) {
    loop = llvm::Function::Create(type, llvm::Function::InternalLinkage, name, here.kernel.module);
    set_helper_attributes(*loop);
    llvm::IRBuilder<> b(ir.getContext());
    auto *start = llvm::BasicBlock::Create(ir.getContext(), "start", loop),
         *each = llvm::BasicBlock::Create(ir.getContext(), "lane", loop),
         *end = llvm::BasicBlock::Create(ir.getContext(), "end", loop);
    b.SetInsertPoint(start);
    llvm::Value* all = loop->getArg(2);
    b.CreateCondBr(b.CreateICmpEQ(all, b.getInt64(0)), end, each);
    b.SetInsertPoint(each);
    llvm::PHINode* left = b.CreatePHI(ir.i64, 2);
    left->addIncoming(all, start);
    llvm::Value* lane = b.CreateBinaryIntrinsic(llvm::Intrinsic::cttz, left, b.getTrue());
    const auto row = [&](unsigned argument) { return b.CreateGEP(ir.i64, loop->getArg(argument), lane); };
    llvm::Value* pointer = b.CreateIntToPtr(b.CreateLoad(ir.i64, row(0)), ir.pointer);
    llvm::Value* value = values ? b.CreateLoad(ir.i64, row(1)) : nullptr;
    llvm::Value* result = body(b, pointer, value, before ? b.CreateLoad(ir.i64, row(3)) : nullptr);
    if (result) b.CreateStore(b.CreateZExt(result, ir.i64), row(3));
    llvm::Value* rest = b.CreateAnd(left, b.CreateSub(left, b.getInt64(1)));
    left->addIncoming(rest, each);
    b.CreateCondBr(b.CreateICmpEQ(rest, b.getInt64(0)), end, each);
    b.SetInsertPoint(end);
    b.CreateRetVoid();
  }
  ir.CreateStore(addresses, scratch(here.segment, 0));
  if (values) ir.CreateStore(values, scratch(here.segment, 1));
  if (before) ir.CreateStore(before, scratch(here.segment, 2));
  ir.CreateCall(loop,
                {scratch(here.segment, 0), scratch(here.segment, 1), mask64(here), scratch(here.segment, 2)});
  return ir.CreateLoad(vector_of(ir, ir.i64), scratch(here.segment, 2));
}

}  // namespace kiesel::translator
