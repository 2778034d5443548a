// Code of the host made from a module, run in this process.
#include "device/translator/host/host_code.hpp"

#include <fmt/format.h>
#include <llvm/AsmParser/Parser.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/SourceMgr.h>
#include <sys/mman.h>

#include <catch2/catch.hpp>
#include <cstring>

namespace kiesel::translator {
namespace {

Result<HostCode> make(const char* text, const std::vector<std::string>& functions,
                      HostLevel level = HostLevel::kBase) {
  llvm::LLVMContext context;
  context.setOpaquePointers(true);
  llvm::SMDiagnostic diagnostic;
  auto module = llvm::parseAssemblyString(text, diagnostic, context);
  INFO(diagnostic.getMessage().str());
  REQUIRE(module);
  return make_host_code(std::move(module), level, functions);
}

// Executable at an address that has nothing to do with where the code was made.
class Mapped {
 public:
  explicit Mapped(const std::vector<std::byte>& bytes) : size_(bytes.size()) {
    memory_ = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory_ != MAP_FAILED);
    std::memcpy(memory_, bytes.data(), size_);
    REQUIRE(mprotect(memory_, size_, PROT_READ | PROT_EXEC) == 0);
  }
  ~Mapped() { munmap(memory_, size_); }
  template <class F>
  F* at(std::uint64_t offset) const {
    return reinterpret_cast<F*>(reinterpret_cast<std::uintptr_t>(memory_) + offset);
  }

 private:
  std::size_t size_;
  void* memory_;
};

constexpr const char* kTwoFunctions = R"(
  @table = private unnamed_addr constant [4 x i64] [i64 7, i64 11, i64 13, i64 17], align 32
  define i64 @pick(i64 %i) {
    %p = getelementptr [4 x i64], ptr @table, i64 0, i64 %i
    %v = load i64, ptr %p
    ret i64 %v
  }
  define void @scale(ptr %out, ptr %in) {
    %a = load <8 x float>, ptr %in, align 4
    %m = fmul <8 x float> %a, <float 1.5, float 2.5, float 3.5, float 4.5, float 5.5, float 6.5, float 7.5, float 8.5>
    %s = call i64 @pick(i64 2)
    %f = uitofp i64 %s to float
    %h = insertelement <8 x float> poison, float %f, i32 0
    %b = shufflevector <8 x float> %h, <8 x float> poison, <8 x i32> zeroinitializer
    %r = fadd <8 x float> %m, %b
    store <8 x float> %r, ptr %out, align 4
    ret void
  })";

TEST_CASE("code with constants and calls runs wherever it is put") {
  for (const auto level : {HostLevel::kBase, HostLevel::kV3, HostLevel::kV4}) {
#if defined(__x86_64__)
    if (level == HostLevel::kV3 && !__builtin_cpu_supports("avx2")) continue;
    if (level == HostLevel::kV4 && !__builtin_cpu_supports("avx512vl")) continue;
#endif
    const auto code = make(kTwoFunctions, {"scale", "pick"}, level);
    if (!code) FAIL(code.error().reason);
    REQUIRE(code->offsets.size() == 2);
    const Mapped one(code->bytes), other(code->bytes);
    for (const Mapped* mapped : {&one, &other}) {
      const float in[8] = {1, 2, 3, 4, 5, 6, 7, 8};
      float out[8] = {};
      mapped->at<void(float*, const float*)>(code->offsets[0])(out, in);
      for (int i = 0; i < 8; ++i) CHECK(out[i] == in[i] * (static_cast<float>(i) + 1.5f) + 13);
      CHECK(mapped->at<std::uint64_t(std::uint64_t)>(code->offsets[1])(3) == 17);
    }
  }
}

// Steps of a sum of products, with a branch around every other one.
std::string long_function(int steps) {
  std::string text = "define i64 @mix(i64 %x) {\n  br label %b0\nb0:\n  %v0 = add i64 %x, 0\n";
  for (int i = 1; i <= steps; ++i)
    text += fmt::format(
        "  %m{0} = mul i64 %v{1}, {2}\n  %s{0} = xor i64 %m{0}, %x\n  %c{0} = icmp sgt i64 %s{0}, {2}\n"
        "  br i1 %c{0}, label %d{0}, label %b{0}\nd{0}:\n  %a{0} = add i64 %s{0}, {0}\n  br label %b{0}\n"
        "b{0}:\n  %v{0} = phi i64 [%s{0}, %b{1}], [%a{0}, %d{0}]\n",
        i, i - 1, 2 * i + 3);
  return text + fmt::format("  ret i64 %v{}\n}}", steps);
}

TEST_CASE("functions of any length become code, the longest ones in the time that they are worth") {
  for (const int steps : {100, 1000, 4000}) {  // 800, 8,000 and 32,000 instructions: three ways to allocate
    const auto code = make(long_function(steps).c_str(), {"mix"});
    if (!code) FAIL(code.error().reason);
    const Mapped mapped(code->bytes);
    for (const std::int64_t x : {0, 1, -7, 123456789}) {
      auto value = static_cast<std::uint64_t>(x);
      for (int i = 1; i <= steps; ++i) {
        value = value * static_cast<std::uint64_t>(2 * i + 3) ^ static_cast<std::uint64_t>(x);
        if (static_cast<std::int64_t>(value) > 2 * i + 3) value += static_cast<std::uint64_t>(i);
      }
      CHECK(mapped.at<std::uint64_t(std::int64_t)>(code->offsets[0])(x) == value);
    }
  }
}

TEST_CASE("a switch becomes code that runs wherever it is put") {
  const auto code = make(R"(
    define i64 @choose(i64 %x) {
      switch i64 %x, label %no [i64 0, label %a
                                i64 1, label %b
                                i64 2, label %c
                                i64 3, label %d
                                i64 4, label %e]
    a:
      %va = mul i64 %x, 3
      ret i64 %va
    b:
      fence seq_cst
      ret i64 100
    c:
      %vc = sub i64 %x, 77
      ret i64 %vc
    d:
      fence acquire
      ret i64 200
    e:
      %ve = shl i64 %x, 9
      ret i64 %ve
    no:
      ret i64 -1
    })",
                         {"choose"});
  if (!code) FAIL(code.error().reason);
  const Mapped mapped(code->bytes);
  auto* choose = mapped.at<std::int64_t(std::int64_t)>(code->offsets[0]);
  const std::int64_t expected[] = {0, 100, -75, 200, 2048, -1};
  for (std::int64_t i = 0; i < 6; ++i) CHECK(choose(i) == expected[i]);
}

void check_refusal(const char* text, std::vector<std::string> functions, const char* words) {
  const auto code = make(text, functions);
  REQUIRE_FALSE(code.ok());
  CHECK(code.error().code == Errc::kUnsupported);
  INFO(code.error().reason);
  CHECK(code.error().reason.find(words) != std::string::npos);
}

TEST_CASE("code that needs anything else is refused by name") {
  check_refusal(R"(
    declare float @llvm.fma.f32(float, float, float)
    define float @f(float %a) {
      %r = call float @llvm.fma.f32(float %a, float %a, float %a)
      ret float %r
    })",
                {"f"}, "fmaf");
  check_refusal(R"(
    @counter = internal global i64 5
    define i64 @f() {
      %v = load volatile i64, ptr @counter
      store volatile i64 %v, ptr @counter
      ret i64 %v
    })",
                {"f"}, "variables");
  check_refusal(R"(
    @where = private constant ptr @f
    define ptr @f() {
      %v = load volatile ptr, ptr @where
      ret ptr %v
    })",
                {"f"}, "relocation");
  check_refusal("define void @f() { ret void }", {"g"}, "no function 'g'");
}

}  // namespace
}  // namespace kiesel::translator
