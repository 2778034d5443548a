#include "device/test/stepping_translator.hpp"

#include <fmt/format.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>

#include <cstring>
#include <set>

#include "device/isa/instruction.hpp"
#include "device/model/translator/encoding.hpp"
#include "device/model/translator/host_code.hpp"

namespace kiesel::device::test {
namespace {

using namespace kiesel::model;
using isa::Format;
using isa::Instruction;
using isa::Op;
using EntryKind = Translation::EntryRegister::Kind;

constexpr std::size_t kMostInstructions = 4000;
constexpr std::uint32_t kLongestSegment = 40;

// May go elsewhere, change the mask, end or stop the warp.
bool is_special(const Instruction& in) {
  switch (in.op) {
    case Op::illegal:
    case Op::tmc:
    case Op::split:
    case Op::join:
    case Op::pred:
    case Op::bar:
    case Op::bar_wait:
    case Op::jalr:
      return true;
    default:
      break;
  }
  const Format format = isa::info(in.op).format;
  return format == Format::kBranch || format == Format::kJump;
}

bool goes_to_target(const Instruction& in) {
  if (in.op == Op::illegal) return false;
  const Format format = isa::info(in.op).format;
  return format == Format::kBranch || format == Format::kJump;
}

bool accesses_memory(const Instruction& in) {
  const Format format = isa::info(in.op).format;
  return format == Format::kLoad || format == Format::kStore || format == Format::kFloatLoad ||
         format == Format::kFloatStore || format == Format::kAtomic || format == Format::kLoadReserved;
}

class Stepper {
 public:
  explicit Stepper(const TranslationRequest& request) : request_(request), b_(context_) {
    context_.setOpaquePointers(true);
    module_ = std::make_unique<llvm::Module>("steps", context_);
    const std::size_t count = (request.code_end - request.code_begin) / 4;
    for (std::size_t i = 0; i < count; ++i) {
      std::uint32_t word;
      std::memcpy(&word, request.image.data() + (request.code_begin - request.image_begin) + i * 4, 4);
      code_.push_back(isa::decode(word));
    }
  }

  Translation run() {
    if (code_.size() > kMostInstructions) {
      out_.refusal = "a long program";
      return out_;
    }
    find_starts();
    std::vector<std::string> names;
    for (const std::uint32_t start : starts_) {
      names.push_back(fmt::format("segment_{}", start));
      make_segment(start, names.back());
    }
    auto code =
        translator::make_host_code(std::move(module_), static_cast<HostLevel>(request_.host_level), names);
    if (!code) {
      out_.refusal = code.error().reason;
      return out_;
    }
    out_.code = std::move(code->bytes);
    for (std::size_t i = 0; i < out_.segments.size(); ++i) out_.segments[i].code_offset = code->offsets[i];
    out_.instructions = static_cast<std::uint32_t>(code_.size());
    return out_;
  }

 private:
  void find_starts() {
    starts_.insert(static_cast<std::uint32_t>((request_.startup - request_.code_begin) / 4));
    for (std::uint32_t i = 0; i < code_.size(); ++i) {
      if (is_special(code_[i]) && i + 1 < code_.size()) starts_.insert(i + 1);
      const std::int64_t target = i + code_[i].imm / 4;
      // Some places have none, so that the interpreter goes on there.
      if (goes_to_target(code_[i]) && target >= 0 && target < static_cast<std::int64_t>(code_.size()) &&
          i % 5)
        starts_.insert(static_cast<std::uint32_t>(target));
    }
  }

  llvm::Value* place(llvm::Value* base, std::uint64_t offset) {
    return b_.CreateConstGEP1_64(b_.getInt8Ty(), base, static_cast<std::uint64_t>(offset));
  }
  llvm::Value* word(llvm::Value* base, std::uint64_t offset) {
    return b_.CreateLoad(b_.getInt64Ty(), place(base, offset));
  }
  llvm::Value* result(Exit exit, std::uint32_t index) {
    return b_.getInt64(std::uint64_t{index} << 32 | static_cast<std::uint32_t>(exit));
  }
  llvm::BasicBlock* block() { return llvm::BasicBlock::Create(context_, "", function_); }
  // Returns the result where the condition is false.
  void require(llvm::Value* condition, llvm::Value* otherwise) {
    auto *out = block(), *on = block();
    b_.CreateCondBr(condition, on, out);
    b_.SetInsertPoint(out);
    b_.CreateRet(otherwise);
    b_.SetInsertPoint(on);
  }

  // One instruction more for each active lane.
  void count() {
    const StateLayout& at = request_.layout;
    auto* lanes = b_.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, word(warp_, at.mask));
    auto* executed = b_.CreateAdd(word(warp_, at.executed), b_.getInt64(1));
    b_.CreateStore(executed, place(warp_, at.executed));
    b_.CreateStore(executed, place(warp_, at.counted_until));
    b_.CreateStore(b_.CreateAdd(word(warp_, at.lane_instructions), lanes),
                   place(warp_, at.lane_instructions));
  }

  void step(std::uint32_t index) {
    count();
    std::uint32_t site = kNoSite;
    if (accesses_memory(code_[index])) {
      site = static_cast<std::uint32_t>(out_.sites.size());
      out_.sites.push_back({8});
    }
    auto* type = llvm::FunctionType::get(
        b_.getInt1Ty(), {b_.getPtrTy(), b_.getInt32Ty(), b_.getInt32Ty(), b_.getInt64Ty()}, false);
    auto* callee = b_.CreateLoad(b_.getPtrTy(), place(shared_, offsetof(WarpContext, step)));
    auto* good = b_.CreateCall(
        type, callee, {warp_, b_.getInt32(index), b_.getInt32(site), word(warp_, request_.layout.mask)});
    good->addRetAttr(llvm::Attribute::ZExt);
    require(good, result(Exit::kFault, index));
  }

  void poll(std::uint32_t start) {
    auto* executed = word(warp_, request_.layout.executed);
    auto* due = b_.CreateICmpUGE(executed, word(shared_, offsetof(WarpContext, poll_at)));
    auto *ask = block(), *on = block();
    b_.CreateCondBr(due, ask, on);
    b_.SetInsertPoint(ask);
    auto* type =
        llvm::FunctionType::get(b_.getInt1Ty(), {b_.getPtrTy(), b_.getInt64Ty(), b_.getInt1Ty()}, false);
    auto* callee = b_.CreateLoad(b_.getPtrTy(), place(shared_, offsetof(WarpContext, poll)));
    auto* good = b_.CreateCall(type, callee, {warp_, executed, b_.getTrue()});
    good->addParamAttr(2, llvm::Attribute::ZExt);
    good->addRetAttr(llvm::Attribute::ZExt);
    require(good, result(Exit::kInterpret, start));
    b_.CreateBr(on);
    b_.SetInsertPoint(on);
  }

  void make_segment(std::uint32_t start, const std::string& name) {
    auto* type = llvm::FunctionType::get(b_.getInt64Ty(), {b_.getPtrTy(), b_.getPtrTy()}, false);
    function_ = llvm::Function::Create(type, llvm::Function::ExternalLinkage, name, *module_);
    warp_ = function_->getArg(0);
    shared_ = function_->getArg(1);
    b_.SetInsertPoint(block());
    poll(start);
    std::uint32_t index = start;
    while (index < code_.size() && !is_special(code_[index]) && index - start < kLongestSegment)
      step(index++);
    if (index < code_.size() && code_[index].op == Op::tmc && code_[index].rs1 == 0) {
      auto* depth = b_.CreateLoad(b_.getInt32Ty(), place(warp_, request_.layout.depth));
      require(b_.CreateICmpEQ(depth, b_.getInt32(0)), result(Exit::kInterpret, index));
      count();
      const auto add = [&](std::uint64_t offset, llvm::Value* v) {
        b_.CreateStore(b_.CreateAdd(word(shared_, offset), v), place(shared_, offset));
      };
      add(offsetof(WarpContext, ended_warps), b_.getInt64(1));
      add(offsetof(WarpContext, ended_instructions), word(warp_, request_.layout.executed));
      add(offsetof(WarpContext, ended_lane_instructions), word(warp_, request_.layout.lane_instructions));
      b_.CreateRet(result(Exit::kEnded, 0));
    } else {
      b_.CreateRet(result(Exit::kInterpretOne, index));
    }
    out_.segments.push_back({start, 0, entry()});
  }

  // Nothing here reads registers; to be fitted must not hurt them.
  static std::vector<Translation::EntryRegister> entry() {
    return {{2, EntryKind::kUniform, 0}, {5, EntryKind::kInteger, 0}, {32 + 3, EntryKind::kWide, 0}};
  }

  const TranslationRequest& request_;
  llvm::LLVMContext context_;
  std::unique_ptr<llvm::Module> module_;
  llvm::IRBuilder<> b_;
  std::vector<Instruction> code_;
  std::set<std::uint32_t> starts_;
  Translation out_;
  llvm::Function* function_ = nullptr;
  llvm::Value *warp_ = nullptr, *shared_ = nullptr;
};

}  // namespace

Translation translate_by_steps(const TranslationRequest& request) { return Stepper(request).run(); }

TranslationService stepping_service() {
  return {[](std::span<const std::byte> bytes) -> Result<std::vector<std::byte>> {
            const auto request = decode_request(bytes);
            if (!request) return Error{Errc::kIo, "a damaged request"};
            return encode(translate_by_steps(*request));
          },
          "steps"};
}

}  // namespace kiesel::device::test
