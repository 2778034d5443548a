#include <catch2/catch.hpp>

#include "compiler/simt/test/lowering.hpp"

namespace kiesel::simt::test {
namespace {

// A function of two arguments whose body is one operation; it must come out without a branch.
std::string function(const std::string& type, const std::string& body) {
  return "define " + type + " @f(" + type + " %a, " + type + " %b, i1 %c) {\n  %r = " + body + "\n  ret " +
         type + " %r\n}\n";
}

void check_branchless(const std::string& text) {
  isa::Target plain;
  plain.zicond = plain.bitmanip = false;
  for (const isa::Target& target : {isa::Target{}, plain}) {
    const auto lowered = lower(text, Precision::kAnalysed, target);
    INFO(text << lowered.assembly);
    CHECK(lowered.errors == Errors{});
    CHECK(lowered.machine_branches() == 0);
  }
}

TEST_CASE("a select of any type is no branch") {
  for (const std::string type : {"i1", "i7", "i8", "i16", "i32", "i64", "i128", "float", "double", "half",
                                 "ptr", "<3 x i32>", "<4 x float>", "{ i32, double, [2 x i8] }"})
    check_branchless(function(type, "select i1 %c, " + type + " %a, " + type + " %b"));
  check_branchless(function("i32", "select i1 %c, i32 5, i32 11"));
  check_branchless(function("float", "select i1 %c, float 0.0, float %b"));
}

TEST_CASE("integer operations that code generation builds from selects are no branches") {
  for (const std::string type : {"i8", "i16", "i32", "i64"})
    for (const std::string name :
         {"smax", "smin", "umax", "umin", "uadd.sat", "usub.sat", "sadd.sat", "ssub.sat"})
      check_branchless("declare " + type + " @llvm." + name + "." + type + "(" + type + ", " + type + ")\n" +
                       function(type, "call " + type + " @llvm." + name + "." + type + "(" + type + " %a, " +
                                          type + " %b)"));
  check_branchless("declare i32 @llvm.abs.i32(i32, i1)\n" +
                   function("i32", "call i32 @llvm.abs.i32(i32 %a, i1 false)"));
  check_branchless(function("i128", "shl i128 %a, %b"));
  check_branchless(function("i128", "ashr i128 %a, %b"));
  check_branchless(function("i128", "lshr i128 %a, %b"));
  for (const std::string name : {"sshl.sat", "ushl.sat", "smax", "umin"})
    for (const std::string type : {"i8", "i32", "i64", "i128"})
      check_branchless("declare " + type + " @llvm." + name + "." + type + "(" + type + ", " + type + ")\n" +
                       function(type, "call " + type + " @llvm." + name + "." + type + "(" + type + " %a, " +
                                          type + " %b)"));
  check_branchless("declare i32 @llvm.ctlz.i32(i32, i1)\n" +
                   function("i32", "call i32 @llvm.ctlz.i32(i32 %a, i1 false)"));
}

TEST_CASE("the float extremes that keep NaN are no branches") {
  for (const std::string type : {"half", "float", "double"})
    for (const std::string name : {"minimum", "maximum"}) {
      const std::string suffix = type == "half" ? "f16" : type == "float" ? "f32" : "f64";
      const std::string callee = type + " @llvm." + name + "." + suffix;
      check_branchless("declare " + callee + "(" + type + ", " + type + ")\n" +
                       function(type, "call " + callee + "(" + type + " %a, " + type + " %b)"));
    }
}

TEST_CASE("conversions that code generation builds from selects are no branches") {
  check_branchless("define float @f(i1 %c) {\n  %r = uitofp i1 %c to float\n  ret float %r\n}");
  check_branchless("define double @f(i1 %c) {\n  %r = sitofp i1 %c to double\n  ret double %r\n}");
  for (const std::string to : {"uitofp", "sitofp"})
    for (const std::string extended : {"zext", "sext"})
      check_branchless("define float @f(float %a) {\n  %c = fcmp ogt float %a, 0.0\n  %x = " + extended +
                       " i1 %c to i32\n  %r = " + to + " i32 %x to float\n  ret float %r\n}");
  // the absolute value of what a comparison of vectors gives, as a number
  check_branchless(
      "declare i32 @llvm.abs.i32(i32, i1)\n"
      "define float @f(float %a) {\n  %v = insertelement <2 x float> zeroinitializer, float %a, i64 0\n"
      "  %c = fcmp ogt <2 x float> %v, <float 1.0, float -1.0>\n  %x = sext <2 x i1> %c to <2 x i32>\n"
      "  %e = extractelement <2 x i32> %x, i64 0\n  %p = call i32 @llvm.abs.i32(i32 %e, i1 false)\n"
      "  %r = uitofp i32 %p to float\n  ret float %r\n}");
  check_branchless(
      "declare i32 @llvm.fptosi.sat.i32.f32(float)\n"
      "define i32 @f(float %a) {\n  %r = call i32 @llvm.fptosi.sat.i32.f32(float %a)\n  ret i32 %r\n}");
}

// Instruction selection takes the vectors apart, and sees choices only then.
TEST_CASE("comparisons of vectors that become numbers are no branches") {
  const std::string n = GENERATE("2", "3", "4", "8", "16");
  const std::string type = GENERATE("half", "float", "double", "i8", "i16", "i32", "i64");
  const bool is_float = type[0] != 'i';
  const std::string compare = is_float ? "fcmp olt <" : "icmp slt <";
  for (const std::string extended : {"zext", "sext"})
    for (const std::string to : {"uitofp", "sitofp"})
      for (const std::string between :
           {"lshr %x, splat", "add %x, splat", "and %x, splat", "sub zeroinitializer, %x"}) {
        std::string ones = "i32 1";
        for (int i = 1; i < std::stoi(n); ++i) ones += ", i32 1";
        std::string number =
            between.substr(0, between.find(' ')) + " <" + n + " x i32>" + between.substr(between.find(' '));
        if (const auto at = number.find("splat"); at != std::string::npos)
          number.replace(at, 5, "<" + ones + ">");
        check_branchless("define <" + n + " x float> @f(<" + n + " x " + type + "> %a, <" + n + " x " + type +
                         "> %b) {\n  %c = " + compare + n + " x " + type + "> %a, %b\n  %x = " + extended +
                         " <" + n + " x i1> %c to <" + n + " x i32>\n  %y = " + number + "\n  %r = " + to +
                         " <" + n + " x i32> %y to <" + n + " x float>\n  ret <" + n + " x float> %r\n}");
      }
}

TEST_CASE("no atomic operation becomes a loop of lr and sc") {
  const auto* operation =
      GENERATE("atomicrmw nand ptr %p, i32 %v seq_cst", "atomicrmw umax ptr %p, i32 %v seq_cst");
  const auto lowered =
      lower("define i32 @f(ptr %p, i32 %v) {\n  %r = " + std::string(operation) +
            "\n  ret i32 %r\n}\n"
            "define i8 @g(ptr %p, i8 %v) {\n  %r = atomicrmw add ptr %p, i8 %v seq_cst\n  ret i8 %r\n}\n"
            "define float @h(ptr %p, float %v) {\n  %r = atomicrmw fadd ptr %p, float %v seq_cst\n"
            "  ret float %r\n}\n"
            "define i64 @c(ptr %p, i64 %v) {\n  %x = cmpxchg ptr %p, i64 7, i64 %v seq_cst seq_cst\n"
            "  %r = extractvalue { i64, i1 } %x, 0\n  ret i64 %r\n}");
  CHECK(lowered.errors == Errors{});
  CHECK(lowered.assembly.find("\tlr.") == std::string::npos);
}

TEST_CASE("without compare-and-swap lanes take turns with LR and SC, which one lane alone need not") {
  isa::Target target;
  target.cas = false;
  constexpr const char* kSwap =
      "define i64 @c(ptr %p, i64 %v) {\n"
      "  %x = cmpxchg ptr %p, i64 7, i64 %v seq_cst seq_cst\n"
      "  %r = extractvalue { i64, i1 } %x, 0\n  ret i64 %r\n}";
  for (const std::uint32_t lanes : {32U, 1U}) {
    target.lanes = lanes;
    const auto lowered = lower(kSwap, Precision::kAnalysed, target);
    CHECK(lowered.errors == Errors{});
    CHECK(lowered.assembly.find("\tlr.d.aqrl") != std::string::npos);
    CHECK((lowered.count("csrr $0, 0xcc0") > 0) == (lanes > 1));
  }
}

}  // namespace
}  // namespace kiesel::simt::test
