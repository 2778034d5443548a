#include <catch2/catch.hpp>
#include <string>

#include "compiler/simt/test/lowering.hpp"

namespace kiesel::simt::test {
namespace {

// `if (condition) yes else no` of an i64 %v: each side is instructions that end with %y and %n.
std::string choice(const std::string& condition, const std::string& yes, const std::string& no) {
  return R"(
declare double @llvm.sqrt.f64(double)
define i64 @k(i64 %v, ptr %p) {
  %l = call i64 @lane()
  %u = call i64 @uniform()
  %c = icmp ugt i64 )" +
         condition + R"(, 5
  br i1 %c, label %a, label %b
a:
)" + yes +
         R"(
  br label %e
b:
)" + no + R"(
  br label %e
e:
  %r = phi i64 [ %y, %a ], [ %n, %b ]
  ret i64 %r
})";
}

unsigned branches(const std::string& text) {
  const auto lowered = lower(text);
  INFO(lowered.ir << lowered.assembly);
  CHECK(lowered.errors == Errors{});
  CHECK(lowered.count(kSplit) == lowered.count(kJoin));
  if (lowered.count(kSplit) == 0) return lowered.machine_branches();
  return lowered.count(kSplit);
}

TEST_CASE("short sides that only compute are no branch") {
  const std::string add = "  %y = add nsw i64 %v, 7", shift = "  %s = shl i64 %v, 3\n  %n = xor i64 %s, %l";
  CHECK(branches(choice("%l", add, shift)) == 0);
  CHECK(branches(choice("%l", "  %y = call i64 asm \"fcvt.l.d $0, $1, rdn\", \"=r,f\"(double 2.5) readnone",
                        shift)) == 0);
}

TEST_CASE("a branch stays where lanes agree, where a side is long, and where it must not run for all") {
  const std::string add = "  %y = add i64 %v, 7", shift = "  %n = shl i64 %v, 3";
  CHECK(lower(choice("%u", add, shift)).count(kSplit) == 0);
  CHECK(branches(choice("%u", add, shift)) == 1);
  std::string chain = "  %n0 = add i64 %v, 1\n";
  for (int i = 1; i < 20; ++i)
    chain += "  %n" + std::to_string(i) + " = mul i64 %n" + std::to_string(i - 1) + ", %v\n";
  CHECK(branches(choice("%l", add, chain + "  %n = xor i64 %n19, 1")) == 1);
  for (const std::string side :
       {"  %n = load i64, ptr %p", "  store i64 1, ptr %p\n  %n = add i64 %v, 1", "  %n = udiv i64 %v, %l",
        "  %n = call i64 asm sideeffect \"csrr $0, 0xCC4\", \"=r\"()",
        "  %n = call i64 asm \"csrr $0, 0xCC4\", \"=r\"() readnone",
        "  %n = call i64 asm \"fcvt.l.d $0, $1, rdn\", \"=r,f\"(double 2.5) readnone convergent",
        "  %d = bitcast i64 %v to double\n  %s = call double @llvm.sqrt.f64(double %d)\n"
        "  %n = bitcast double %s to i64"})
    CHECK(branches(choice("%l", add, side)) == 1);
}

TEST_CASE("of nested branches the inner ones go first, and what is too much for one branch stays") {
  const std::string text = R"(
define float @k(float %v) {
  %c = fcmp ogt float %v, 0.5
  br i1 %c, label %a, label %b
a:
  %x = fmul float %v, 2.0
  br label %e
b:
  %d = fcmp ogt float %v, 0.25
  br i1 %d, label %f, label %g
f:
  %y = fadd float %v, 1.0
  br label %e
g:
  %z = fsub float 3.0, %v
  br label %e
e:
  %r = phi float [ %x, %a ], [ %y, %f ], [ %z, %g ]
  ret float %r
})";
  CHECK(branches(text) == 0);
}

TEST_CASE("a side without an else is no branch either, and a loop around it stays one") {
  const std::string text = R"(
define i64 @k(i64 %v) {
entry:
  %l = call i64 @lane()
  %u = call i64 @uniform()
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %next ]
  %s = phi i64 [ %v, %entry ], [ %s3, %next ]
  %t = and i64 %s, %l
  %c = icmp eq i64 %t, 0
  br i1 %c, label %next, label %more
more:
  %s2 = add i64 %s, %i
  br label %next
next:
  %s3 = phi i64 [ %s, %loop ], [ %s2, %more ]
  %i2 = add i64 %i, 1
  %d = icmp ult i64 %i2, %u
  br i1 %d, label %loop, label %out
out:
  ret i64 %s3
})";
  const auto lowered = lower(text);
  INFO(lowered.ir);
  CHECK(lowered.count(kSplit) == 0);
  CHECK(lowered.machine_branches() == 1);
}

}  // namespace
}  // namespace kiesel::simt::test
