// The checker on code that the lowering would not make.
#include <catch2/catch.hpp>

#include "compiler/simt/merge_groups.hpp"
#include "compiler/simt/test/lowering.hpp"

namespace kiesel::simt::test {
namespace {

// Verbs of hand-made code: split returns {token, predicate}.
const std::string kSplitCall =
    "call { i64, i64 } asm sideeffect \".insn r 0x0b, 2, 0, $0, $1, x0\", \"=r,=r,1,~{memory}\"(i64 %z) "
    "convergent\n";
const std::string kJoinCall =
    "call void asm sideeffect \".insn r 0x0b, 3, 0, x0, $0, x0\", \"r,~{memory}\"(i64 %t) convergent\n";
const std::string kMaskCall = "call i64 asm sideeffect \"csrr $0, 0xcc4\", \"=r,~{memory}\"() convergent\n";
const std::string kPredCall =
    "call i64 asm sideeffect \".insn r 0x0b, 5, 0, x0, $0, $2\", \"=r,0,r,~{memory}\"(i64 %z, i64 %m) "
    "convergent\n";

std::string guarded(const std::string& tested, const std::string& join) {
  return "define void @k(ptr %p) {\n"
         "  %l = call i64 @lane()\n"
         "  %c = icmp ugt i64 %l, 5\n"
         "  %z = zext i1 %c to i64\n"
         "  %s = " +
         kSplitCall +
         "  %t = extractvalue { i64, i64 } %s, 0\n"
         "  %y = extractvalue { i64, i64 } %s, 1\n"
         "  %d = " +
         tested +
         "\n"
         "  br i1 %d, label %a, label %b\n"
         "a:\n  store volatile i64 1, ptr %p\n  br label %b\n"
         "b:\n  " +
         join + "  ret void\n}\n";
}

std::string masked_loop(const std::string& before, const std::string& inside, const std::string& stay,
                        const std::string& leave) {
  return "define void @k(ptr %p) {\n"
         "entry:\n  %l = call i64 @lane()\n" +
         before +
         "  br label %loop\n"
         "loop:\n  %i = phi i64 [ 0, %entry ], [ %i2, %loop ]\n" +
         inside +
         "  store volatile i64 %i, ptr %p\n"
         "  %i2 = add i64 %i, 1\n"
         "  %c = icmp ult i64 %i2, %l\n"
         "  %z = zext i1 %c to i64\n"
         "  %k = " +
         kPredCall +
         "  %d = icmp ne i64 %k, 0\n"
         "  br i1 %d, label %" +
         stay + ", label %" + leave +
         "\n"
         "out:\n  ret void\n}\n";
}

bool accepts(const std::string& text) { return check_only(text).errors.empty(); }

TEST_CASE("the checker accepts a split whose branch tests what it read and whose token joins") {
  CHECK(accepts(guarded("icmp ne i64 %y, 0", kJoinCall)));
}

TEST_CASE("the checker rejects a branch on which lanes may disagree without a guard") {
  const auto checked = check_only(
      "define void @k(ptr %p) {\n"
      "  %l = call i64 @lane()\n"
      "  %c = icmp ugt i64 %l, 5\n"
      "  br i1 %c, label %a, label %b\n"
      "a:\n  store volatile i64 1, ptr %p\n  br label %b\n"
      "b:\n  ret void\n}\n");
  REQUIRE(checked.errors.size() == 1);
  CHECK(checked.errors[0].text.find("function k: lanes may disagree") != std::string::npos);
}

TEST_CASE("the checker rejects a branch that code generation invents") {
  CHECK_FALSE(
      accepts("define float @f(float %a, float %b, i1 %c) {\n"
              "  %r = select i1 %c, float %a, float %b\n  ret float %r\n}"));
  // Beside a split that guards something else, in the same block.
  CHECK_FALSE(
      accepts("define void @k(ptr %p, float %x) {\n"
              "  %l = call i64 @lane()\n"
              "  %c = icmp ugt i64 %l, 5\n"
              "  %z = zext i1 %c to i64\n"
              "  %s = " +
              kSplitCall +
              "  %t = extractvalue { i64, i64 } %s, 0\n"
              "  %y = extractvalue { i64, i64 } %s, 1\n"
              "  %o = fcmp ogt float %x, 1.0\n"
              "  %v = select i1 %o, float %x, float 3.0\n"
              "  store volatile float %v, ptr %p\n"
              "  %d = icmp ne i64 %y, 0\n"
              "  br i1 %d, label %a, label %b\n"
              "a:\n  store volatile i64 1, ptr %p\n  br label %b\n"
              "b:\n  " +
              kJoinCall + "  ret void\n}\n"));
}

TEST_CASE(
    "the checker rejects a split that guards another condition, or is not joined, or by another token") {
  CHECK_FALSE(accepts(guarded("icmp ugt i64 %l, 7", kJoinCall)));
  CHECK_FALSE(accepts(guarded("icmp ne i64 %y, 0", "")));
  CHECK_FALSE(accepts(
      guarded("icmp ne i64 %y, 0",
              "%u = call i64 @uniform()\n  call void asm sideeffect \".insn r 0x0b, 3, 0, x0, $0, x0\", "
              "\"r,~{memory}\"(i64 %u) convergent\n")));
}

TEST_CASE("the checker rejects a join on one side only") {
  CHECK_FALSE(
      accepts("define void @k(ptr %p) {\n"
              "  %l = call i64 @lane()\n"
              "  %c = icmp ugt i64 %l, 5\n"
              "  %z = zext i1 %c to i64\n"
              "  %s = " +
              kSplitCall +
              "  %t = extractvalue { i64, i64 } %s, 0\n"
              "  %y = extractvalue { i64, i64 } %s, 1\n"
              "  %d = icmp ne i64 %y, 0\n"
              "  br i1 %d, label %a, label %b\n"
              "a:\n  store volatile i64 1, ptr %p\n  " +
              kJoinCall +
              "  br label %b\n"
              "b:\n  store volatile i64 2, ptr %p\n  ret void\n}\n"));
}

TEST_CASE("the checker accepts a pred that restores the mask from before the loop, and no other") {
  CHECK(accepts(masked_loop("  %m = " + kMaskCall, "", "loop", "out")));
  CHECK_FALSE(accepts(masked_loop("", "  %m = " + kMaskCall, "loop", "out")));
  CHECK_FALSE(accepts(masked_loop("  %m = add i64 %l, 1\n", "", "loop", "out")));
  CHECK_FALSE(accepts(masked_loop("  %m = " + kMaskCall, "", "out", "loop")));
}

TEST_CASE("the checker takes what a loop computed for different behind it once lanes have left one by one") {
  const auto behind = [](const std::string& value) {
    std::string text = masked_loop("  %u = call i64 @uniform()\n  %m = " + kMaskCall, "", "loop", "out");
    text.replace(text.find("out:\n"), std::string::npos,
                 "out:\n  %t = mul i64 " + value +
                     ", 3\n  %e = icmp ugt i64 %t, 99\n  br i1 %e, label %a, label %b\n"
                     "a:\n  store volatile i64 1, ptr %p\n  br label %b\nb:\n  ret void\n}\n");
    return text;
  };
  CHECK(accepts(behind("%u")));
  CHECK_FALSE(accepts(behind("%i")));
  CHECK_FALSE(accepts(behind("%i2")));
}

TEST_CASE("merges that hand one value around are that value, and others stay") {
  const auto always = [](ValueId, ValueId) { return true; };
  // 10 and 11 feed each other and take 1 from outside; 12 takes 1 and 2; 13 sees only 12 and itself.
  const MergeNodes nodes{
      {10, {{1, 11}}}, {11, {{10, 11}}}, {12, {{1, 2, 13}}}, {13, {{12, 13}}}, {14, {{10, 11}}}};
  const auto found = find_superfluous(nodes, always);
  CHECK(found == std::map<ValueId, ValueId>{{10, 1}, {11, 1}, {13, 12}, {14, 1}});
  const auto vetoed = find_superfluous(nodes, [](ValueId node, ValueId) { return node != 11; });
  CHECK(vetoed == std::map<ValueId, ValueId>{{13, 12}});
}

TEST_CASE("the checker takes a plain load from where all lanes agree for uniform, a volatile one not") {
  const auto with_load = [](const std::string& load) {
    return "define void @k() {\n"
           "  %u = call i64 @uniform()\n"
           "  %p = inttoptr i64 %u to ptr\n"
           "  %v = " +
           load +
           "\n"
           "  %c = icmp ugt i64 %v, 5\n"
           "  br i1 %c, label %a, label %b\n"
           "a:\n  store volatile i64 1, ptr %p\n  br label %b\n"
           "b:\n  ret void\n}\n";
  };
  CHECK(accepts(with_load("load i64, ptr %p")));
  CHECK_FALSE(accepts(with_load("load volatile i64, ptr %p")));
}

}  // namespace
}  // namespace kiesel::simt::test
