#include "compiler/backend/entries.hpp"

#include <fmt/format.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/Module.h>
#include <llvm/Transforms/Utils/ModuleUtils.h>

#include <cstddef>

#include "compiler/backend/csr_access.hpp"
#include "device/isa/launch_block.hpp"

namespace kiesel::compiler {
namespace {

// What is in braces are CSRs and offsets in the launch header. tmc x0 ends the warp. Hardware starts a warp
// that gets another work-group again at the five instructions that end there, perhaps with lanes that were
// off before: so these are the first five, and nothing in a register is taken for granted. wsync waits for
// the kernel's last stores. Multiplications are spelt as encodings because code outside functions is
// assembled for the bare base instruction set.
constexpr const char* kStartCode = R"(
.section .text._start,"ax",@progbits
.globl _start
.hidden _start
.type _start,@function
_start:
  csrr t0, {mscratch}
  ld t1, {stack_stride}(t0)
  jal ra, .Lenter
  .insn r 0x0b, 7, 0, x0, x0, x0
  .insn r 0x0b, 0, 0, x0, x0, x0
.Lenter:
  csrr t2, {mhartid}
  .insn r 0x33, 0, 1, t1, t1, t2
  ld sp, {stack_top}(t0)
  sub sp, sp, t1
)";

// With the quirk full-last-mask: the last warp has (size of the work-group) - rank * lanes work-items. A
// warp of rank 0 starts with the right mask, so that work-groups of one warp need nothing.
constexpr const char* kSetMask = R"(
  csrr t0, {group_rank}
  csrr t1, {group_warps}
  addi t2, t0, 1
  bne t1, t2, .Lcall
  beqz t0, .Lcall
  csrr t1, {num_lanes}
  .insn r 0x33, 0, 1, t0, t0, t1
  csrr t1, {local_size_x}
  csrr t2, {local_size_y}
  .insn r 0x33, 0, 1, t1, t1, t2
  csrr t2, {local_size_z}
  .insn r 0x33, 0, 1, t1, t1, t2
  sub t0, t0, t1
  li t1, -1
  srl t1, t1, t0
  .insn r 0x0b, 0, 0, x0, t1, x0
.Lcall:
)";

constexpr const char* kCallEntry = R"(
  csrr t3, {kernel_entry}
  jr t3
)";

constexpr const char* kEndOfStartCode = R"(
.size _start, .-_start
.text
)";

std::string start_code(const isa::Target& target) {
  const std::string text =
      std::string(kStartCode) + (target.full_last_mask ? kSetMask : "") + kCallEntry + kEndOfStartCode;
  return fmt::format(fmt::runtime(text),
#define CSR(number, name, scope, writable, text) fmt::arg(#name, number),
#include "device/isa/csrs.def"
#undef CSR
                     fmt::arg("stack_top", offsetof(isa::LaunchHeader, stack_top)),
                     fmt::arg("stack_stride", offsetof(isa::LaunchHeader, stack_stride)));
}

// Whether a by-value struct is only read, so that the launch block itself can stand for it.
bool only_read(const llvm::Value& pointer) {
  for (const auto& use : pointer.uses()) {
    const auto* user = use.getUser();
    if (llvm::isa<llvm::LoadInst>(user)) continue;
    if (const auto* copy = llvm::dyn_cast<llvm::MemTransferInst>(user))
      if (&copy->getRawSourceUse() == &use && copy->getRawDest() != &pointer) continue;
    if (llvm::isa<llvm::GetElementPtrInst, llvm::BitCastInst, llvm::AddrSpaceCastInst>(user) &&
        only_read(*user))
      continue;
    if (const auto* mark = llvm::dyn_cast<llvm::IntrinsicInst>(user); mark && mark->isLifetimeStartOrEnd())
      continue;
    return false;
  }
  return true;
}

llvm::Value* load_argument(llvm::IRBuilder<>& builder, llvm::Value* block, const KernelArgument& argument,
                           llvm::Argument& parameter) {
  auto* address =
      builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), block, argument.offset, argument.name);
  if (parameter.hasByValAttr()) return address;
  const bool is_local = argument.kind == ArgumentKind::kLocalPointer;
  auto* type = is_local ? builder.getInt64Ty() : parameter.getType();
  const auto alignment = is_local ? llvm::Align(8) : llvm::Align(argument.alignment);
  auto* value = builder.CreateAlignedLoad(type, address, alignment, argument.name);
  value->setMetadata(llvm::LLVMContext::MD_invariant_load, llvm::MDNode::get(builder.getContext(), {}));
  if (!is_local) return value;
  auto* base = read_csr(builder, isa::csr::group_local);
  return builder.CreateIntToPtr(builder.CreateAdd(base, value), parameter.getType());
}

llvm::Function* make_entry(KernelFunction& kernel) {
  auto& body = *kernel.body;
  auto& module = *body.getParent();
  auto* type = llvm::FunctionType::get(llvm::Type::getVoidTy(module.getContext()), false);
  auto* entry =
      llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, kernel.description.symbol, module);
  kernel.description.symbol = entry->getName().str();  // two kernels' names may come out alike
  entry->setDSOLocal(true);
  // The body becomes part of the entry without a call site of its own in the source.
  entry->setSubprogram(body.getSubprogram());
  body.setSubprogram(nullptr);

  llvm::IRBuilder<> builder(llvm::BasicBlock::Create(module.getContext(), "entry", entry));
  auto* block = builder.CreateIntToPtr(read_csr(builder, isa::csr::mscratch), builder.getPtrTy());
  std::vector<llvm::Value*> arguments;
  for (auto& parameter : body.args()) {
    const auto& argument = kernel.description.arguments[parameter.getArgNo()];
    arguments.push_back(load_argument(builder, block, argument, parameter));
    if (parameter.hasByValAttr() && only_read(parameter) && body.use_empty())
      body.removeParamAttr(parameter.getArgNo(), llvm::Attribute::ByVal);
  }
  auto* call = builder.CreateCall(&body, arguments);
  for (auto& parameter : body.args())
    if (parameter.hasByValAttr())
      call->addParamAttr(parameter.getArgNo(), llvm::Attribute::getWithByValType(
                                                   module.getContext(), parameter.getParamByValType()));
  builder.CreateRetVoid();
  return entry;
}

// A call whose convention differs from its callee's would be turned into `unreachable`.
void make_ordinary(llvm::Function& function) {
  function.setCallingConv(llvm::CallingConv::C);
  function.setConvergent();
  for (auto& instruction : llvm::instructions(function))
    if (auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction)) call->setCallingConv(llvm::CallingConv::C);
  if (function.isDeclaration()) return;
  function.setLinkage(llvm::GlobalValue::InternalLinkage);
  function.setDSOLocal(true);
  function.addFnAttr(llvm::Attribute::NoUnwind);
  if (!function.hasFnAttribute(llvm::Attribute::NoInline)) function.addFnAttr(llvm::Attribute::AlwaysInline);
}

}  // namespace

void make_entries(llvm::Module& module, std::vector<KernelFunction>& kernels, const isa::Target& target) {
  for (auto& kernel : kernels) {
    kernel.body->removeFnAttr(llvm::Attribute::NoInline);
    kernel.body->removeFnAttr(llvm::Attribute::OptimizeNone);
  }
  for (auto& function : module)
    if (!function.isIntrinsic()) make_ordinary(function);
  for (auto& kernel : kernels) kernel.entry = make_entry(kernel);
  for (auto& kernel : kernels) {
    kernel.entry->setConvergent();
    kernel.entry->addFnAttr(llvm::Attribute::NoUnwind);
  }
  for (auto& variable : module.globals())
    if (!variable.isDeclaration()) {
      variable.setLinkage(llvm::GlobalValue::InternalLinkage);
      variable.setDSOLocal(true);
    }
  module.appendModuleInlineAsm(start_code(target));
}

}  // namespace kiesel::compiler
