// Operations on wide integers, lowered and then run by the host: their inline assembly is empty on a target
// without Zicond, so the code is the same for every machine.
#include <llvm/AsmParser/Parser.h>
#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/SourceMgr.h>
#include <llvm/Support/TargetSelect.h>

#include <bit>
#include <catch2/catch.hpp>
#include <cstring>
#include <functional>

#include "compiler/simt/simt.hpp"

namespace kiesel::simt::test {
namespace {

using Wide = unsigned __int128;
using Signed = __int128;

Wide wide(std::uint64_t high, std::uint64_t low) { return Wide{high} << 64 | low; }

constexpr char kDeclarations[] = R"(
declare {i128, i1} @llvm.uadd.with.overflow.i128(i128, i128)
declare {i128, i1} @llvm.usub.with.overflow.i128(i128, i128)
declare {i128, i1} @llvm.smul.with.overflow.i128(i128, i128)
declare i128 @llvm.fshl.i128(i128, i128, i128)
declare i128 @llvm.fshr.i128(i128, i128, i128)
declare i128 @llvm.ctlz.i128(i128, i1)
declare i128 @llvm.cttz.i128(i128, i1)
declare i128 @llvm.ushl.sat.i128(i128, i128)
)";

std::string overflow_of(const std::string& name) {
  return "%p = call {i128, i1} @llvm." + name +
         ".with.overflow.i128(i128 %a, i128 %b)\n%o = extractvalue {i128, i1} %p, 1\n"
         "%v = extractvalue {i128, i1} %p, 0\n%z = zext i1 %o to i128\n%r = xor i128 %v, %z";
}

Wide leading_zeros(Wide value) {
  Wide count = 0;
  while (count < 128 && !(value >> (127 - int(count)) & 1)) ++count;
  return count;
}

Wide trailing_zeros(Wide value) {
  Wide count = 0;
  while (count < 128 && !(value >> int(count) & 1)) ++count;
  return count;
}

// `body` computes %r of `result` from %a and %b, i128 each.
class HostFunction {
 public:
  HostFunction(const std::string& operand, const std::string& result, const std::string& body) {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    llvm::InitializeNativeTargetAsmParser();
    auto context = std::make_unique<llvm::LLVMContext>();
    context->setOpaquePointers(true);
    llvm::SMDiagnostic diagnostic;
    auto module = llvm::parseAssemblyString(
        kDeclarations + std::string("define void @f(ptr %pa, ptr %pb, ptr %pr) {\n  %a = load ") + operand +
            ", ptr %pa, align 1\n  %b = load " + operand + ", ptr %pb, align 1\n" + body + "\n  store " +
            result + " %r, ptr %pr, align 1\n  ret void\n}\n",
        diagnostic, *context);
    if (!module) throw std::runtime_error(diagnostic.getMessage().str() + body);
    isa::Target target;
    target.zicond = target.bitmanip = false;
    Errors errors;
    llvm::legacy::PassManager passes;
    add_ir_passes(passes, target, errors);
    passes.run(*module);
    REQUIRE(errors == Errors{});
    jit_ = llvm::cantFail(llvm::orc::LLJITBuilder().create());
    module->setDataLayout(jit_->getDataLayout());
    llvm::cantFail(jit_->addIRModule(llvm::orc::ThreadSafeModule(std::move(module), std::move(context))));
    function_ = llvm::cantFail(jit_->lookup("f")).toPtr<void(const void*, const void*, void*)>();
  }
  template <class Result, class Operand>
  Result run(Operand a, Operand b) const {
    Result result{};
    function_(&a, &b, &result);
    return result;
  }

 private:
  std::unique_ptr<llvm::orc::LLJIT> jit_;
  void (*function_)(const void*, const void*, void*) = nullptr;
};

const Wide kValues[] = {0,
                        1,
                        2,
                        63,
                        64,
                        127,
                        1000000007,
                        wide(0, ~0ull),
                        wide(1, 0),
                        wide(1, 1),
                        wide(0x123456789abcdef0, 0xfedcba9876543210),
                        wide(0x7fffffffffffffff, ~0ull),
                        wide(0x8000000000000000, 0),
                        wide(0x8000000000000000, 1),
                        wide(~0ull, ~0ull),
                        wide(~0ull, 0),
                        wide(~0ull, ~0ull - 6)};

struct Operation {
  std::string body;
  std::function<Wide(Wide, Wide)> right;
};

TEST_CASE("wide integers give what the host gives") {
  const Operation operations[] = {
      {"%r = udiv i128 %a, %b", [](Wide a, Wide b) { return a / b; }},
      {"%r = urem i128 %a, %b", [](Wide a, Wide b) { return a % b; }},
      {"%r = sdiv i128 %a, %b", [](Wide a, Wide b) { return Wide(Signed(a) / Signed(b)); }},
      {"%r = srem i128 %a, %b", [](Wide a, Wide b) { return Wide(Signed(a) % Signed(b)); }},
      {"%n = and i128 %b, 127\n%r = shl i128 %a, %n", [](Wide a, Wide b) { return a << (b & 127); }},
      {"%n = and i128 %b, 127\n%r = lshr i128 %a, %n", [](Wide a, Wide b) { return a >> (b & 127); }},
      {"%n = and i128 %b, 127\n%r = ashr i128 %a, %n",
       [](Wide a, Wide b) { return Wide(Signed(a) >> (b & 127)); }},
      {"%c = icmp ult i128 %a, %b\n%r = zext i1 %c to i128", [](Wide a, Wide b) { return Wide(a < b); }},
      {"%c = icmp uge i128 %a, %b\n%r = zext i1 %c to i128", [](Wide a, Wide b) { return Wide(a >= b); }},
      {"%c = icmp sgt i128 %a, %b\n%r = zext i1 %c to i128",
       [](Wide a, Wide b) { return Wide(Signed(a) > Signed(b)); }},
      {"%c = icmp sle i128 %a, %b\n%r = zext i1 %c to i128",
       [](Wide a, Wide b) { return Wide(Signed(a) <= Signed(b)); }},
      {overflow_of("uadd"), [](Wide a, Wide b) { return (a + b) ^ Wide(a + b < a); }},
      {overflow_of("usub"), [](Wide a, Wide b) { return (a - b) ^ Wide(a < b); }},
      {overflow_of("smul"),
       [](Wide a, Wide b) {
         Signed product = 0;
         const bool lost = __builtin_mul_overflow(Signed(a), Signed(b), &product);
         return Wide(product) ^ Wide(lost);
       }},
      {"%r = call i128 @llvm.fshl.i128(i128 %a, i128 %b, i128 %b)",
       [](Wide a, Wide b) { return b & 127 ? a << (b & 127) | b >> (128 - (b & 127)) : a; }},
      {"%r = call i128 @llvm.fshr.i128(i128 %a, i128 %b, i128 %b)",
       [](Wide a, Wide b) { return b & 127 ? a << (128 - (b & 127)) | b >> (b & 127) : b; }},
      {"%r = call i128 @llvm.ctlz.i128(i128 %a, i1 false)", [](Wide a, Wide) { return leading_zeros(a); }},
      {"%r = call i128 @llvm.cttz.i128(i128 %a, i1 false)", [](Wide a, Wide) { return trailing_zeros(a); }},
      {"%n = and i128 %b, 127\n%r = call i128 @llvm.ushl.sat.i128(i128 %a, i128 %n)",
       [](Wide a, Wide b) { return a << (b & 127) >> (b & 127) == a ? a << (b & 127) : ~Wide{0}; }},
  };
  for (const Operation& operation : operations) {
    const HostFunction function("i128", "i128", operation.body);
    for (const Wide a : kValues)
      for (const Wide b : kValues) {
        if (operation.body.find("div") != std::string::npos ||
            operation.body.find("rem") != std::string::npos)
          if (b == 0 || (b == ~Wide{0} && a == wide(0x8000000000000000, 0))) continue;
        INFO(operation.body << " " << std::uint64_t(a >> 64) << ":" << std::uint64_t(a) << " "
                            << std::uint64_t(b >> 64) << ":" << std::uint64_t(b));
        CHECK(function.run<Wide>(a, b) == operation.right(a, b));
      }
  }
}

TEST_CASE("wide integers and floats become each other as on the host") {
  const HostFunction to_float("i128", "float", "%r = uitofp i128 %a to float");
  const HostFunction to_double("i128", "double", "%r = sitofp i128 %a to double");
  const HostFunction from_double("double", "i128", "%r = fptosi double %a to i128");
  const HostFunction from_float("float", "i128", "%r = fptoui float %a to i128");
  for (const Wide seed : kValues)
    for (const Wide other : kValues)
      for (const Wide value : {seed, seed ^ other >> 3, seed + (other << 40)}) {
        CHECK(std::bit_cast<std::uint32_t>(to_float.run<float>(value, value)) ==
              std::bit_cast<std::uint32_t>(static_cast<float>(value)));
        CHECK(std::bit_cast<std::uint64_t>(to_double.run<double>(value, value)) ==
              std::bit_cast<std::uint64_t>(static_cast<double>(Signed(value))));
      }
  for (const double value :
       {0.0, -0.0, 0.9, -0.9, 1.0, -1.5, 4e9, -1e19, 1.8446744073709552e19, 1.1e30, -1.7e38})
    CHECK(from_double.run<Signed>(value, value) == static_cast<Signed>(value));
  for (const float value : {0.0f, 0.9f, 1.0f, 16777215.0f, 4.3e9f, 1.8446744e19f, 3.4e38f})
    CHECK(from_float.run<Wide>(value, value) == static_cast<Wide>(value));
}

}  // namespace
}  // namespace kiesel::simt::test
