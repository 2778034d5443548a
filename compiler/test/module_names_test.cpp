// Names in modules of others: those of functions with a body have no meaning.
#include "compiler/test/module_fixture.hpp"

using namespace kiesel;
using namespace kiesel::compiler;
using namespace kiesel::compiler::test;
using Catch::Matchers::Contains;

namespace {

constexpr const char* kNames[] = {"_Z3maxii",
                                  "_Z3sinf",
                                  "_Z3allii",
                                  "_Z13get_global_idj",
                                  "_Z7barrierj",
                                  "_Z10atomic_addPU3AS1Vjj",
                                  "_Z16__spirv_SDotKHR_Rjjj",
                                  "_Z20__spirv_ocl_s_max_iii",
                                  "_Z3max??",
                                  "_Z",
                                  "_Z99x",
                                  "__spirv_IAdd",
                                  "__spirv_BuiltInGlobalInvocationId",
                                  "__translate_sampler_initializer",
                                  "__kiesel_printf_reserve",
                                  "printf",
                                  "max",
                                  "main",
                                  "memset",
                                  "_start",
                                  "k",
                                  "k.kernel",
                                  "own.k",
                                  "own.f",
                                  "llvm.smax.i32",
                                  "llvm.umul.with.overflow.i32",
                                  "llvm.memset.p1i8.i64",
                                  "llvm.used",
                                  "llvm.global_ctors",
                                  "spirv.llvm_memset_p1_i64",
                                  "spirv.llvm_smax_i32",
                                  "placeholder.f",
                                  "a b\tc",
                                  "a@b",
                                  "a@@VERSION",
                                  "\303\244\\n;{}",
                                  "1",
                                  "."};

// %f(a, b) is a * 10 + b.
const std::string kFunction = R"(
%f = OpFunction %uint None %binary
%fa = OpFunctionParameter %uint
%fb = OpFunctionParameter %uint
%fl = OpLabel
%c10 = OpCompositeExtract %uint %tens 0
%fm = OpIMul %uint %fa %c10
%fr = OpIAdd %uint %fm %fb
OpReturnValue %fr
OpFunctionEnd
)";
const std::string kTypes =
    "%binary = OpTypeFunction %uint %uint %uint\n%ten = OpConstant %uint 10\n"
    "%tens = OpConstantComposite %uint2 %ten %ten\n";

std::string quoted(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) (text += c == '\\' || c == '"' ? "\\" : "") += c;
  return text + "\"";
}

}  // namespace

TEST_CASE("names of a module's functions have no meaning") {
  for (const std::string name : kNames)
    for (const bool exported : {false, true}) {
      INFO(name << (exported ? " exported" : ""));
      const std::string decorations =
          "OpName %f " + quoted(name) +
          (exported ? "\nOpDecorate %f LinkageAttributes " + quoted(name) + " Export\n" : "\n");
      CHECK(results(Text{"%r = OpFunctionCall %uint %f %x %u1", kTypes, kFunction, "", decorations}) ==
            Numbers{1, 11, 21, 31});
    }
}

TEST_CASE("names of a module's functions do not stand in the way of builtins") {
  const std::string header = "%cl = OpExtInstImport \"OpenCL.std\"\n";
  for (const char* name : {"_Z3maxjj", "_Z3minjj", "_Z12__spirv_ocl_", "llvm.umax.i32"}) {
    INFO(name);
    CHECK(results(Text{"%y = OpFunctionCall %uint %f %x %u1\n%z = OpExtInst %uint %cl u_max %x %u2\n"
                       "%w = OpExtInst %uint %cl u_min %y %c256\n%r = OpIAdd %uint %z %w",
                       kTypes + "%c256 = OpConstant %uint 256\n", kFunction, header,
                       std::string("OpName %f \"") + name + "\"\n"}) == Numbers{3, 13, 23, 34});
  }
}

TEST_CASE("two functions and a variable of one name, and names of nothing, stay apart") {
  std::string second = kFunction;
  for (std::size_t at = 0; (at = second.find("%f", at)) != std::string::npos; at += 2) second[at + 1] = 'g';
  second.replace(second.find("c10"), 3, "d10").replace(second.find("%c10"), 4, "%d10");
  second.replace(second.find("OpIMul"), 6, "OpIAdd");
  const std::string variable = "%state = OpVariable %global CrossWorkgroup %u4\n";
  for (const std::string name : {"k", "_Z3maxii", "", "f", "own.k", "llvm.used"}) {
    INFO(name);
    const auto named = quoted(name) + "\n";
    CHECK(results(Text{"%y = OpFunctionCall %uint %f %x %u1\n%z = OpFunctionCall %uint %g %x %u1\n"
                       "%w = OpLoad %uint %state\n%v = OpIAdd %uint %y %z\n%r = OpIAdd %uint %v %w",
                       kTypes + variable, kFunction + second, "",
                       "OpName %f " + named + "OpName %g " + named + "OpName %state " + named +
                           "OpName %k \"other\"\n"}) == Numbers{16, 27, 38, 49});
  }
}

TEST_CASE("a kernel is called as its entry point says") {
  for (const std::string name : kNames) {
    INFO(name);
    std::string text = Text{"%r = OpFunctionCall %uint %f %x %u1", kTypes, kFunction, "",
                            "OpName %k \"_Z3sinf\"\nOpName %f \"f\"\n"};
    text.replace(text.find("\"k\""), 3, quoted(name));
    const auto reply = build_module(assemble(text));
    Loaded program(reply);
    REQUIRE(program.program().kernels.size() == 1);
    CHECK(program.program().kernels[0].name == name);
    const Buffer<std::uint32_t> a({0, 1, 2, 3});
    check_ok(program.launch(name.c_str(), {4, 1, 1}, {4, 1, 1}, a));
    CHECK(a.read() == Numbers{1, 11, 21, 31});
  }
}

// The writer's own kernels are wrappers of functions of their names; this one does more than call.
TEST_CASE("a kernel that calls a function of its name is still a kernel") {
  const std::string function = R"(
%f = OpFunction %void None %kernel
%fa = OpFunctionParameter %global
%fl = OpLabel
OpStore %fa %u4 Aligned 4
OpReturn
OpFunctionEnd
)";
  CHECK(results(Text{"%r = OpIAdd %uint %x %u1\n%call = OpFunctionCall %void %f %a", "", function, "",
                     "OpName %f \"k\"\n"})[3] == 4);
}

TEST_CASE("types of a module may be named as images are") {
  CHECK(results(Text{"%y = OpCompositeConstruct %image %x %u1\n%r = OpCompositeExtract %uint %y 0",
                     "%image = OpTypeStruct %uint %uint\n", "", "",
                     "OpName %image \"opencl.image2d_ro_t\"\n"}) == Numbers{0, 1, 2, 3});
}

TEST_CASE("what a module imports and nobody defines is told, or a builtin") {
  const auto import = [](const std::string& name) {
    return Text{"%r = OpFunctionCall %uint %f %x %u2", kTypes,
                "%f = OpFunction %uint None %binary\n%fa = OpFunctionParameter %uint\n"
                "%fb = OpFunctionParameter %uint\nOpFunctionEnd\n",
                "", "OpDecorate %f LinkageAttributes \"" + name + "\" Import\n"};
  };
  CHECK(results(import("_Z3maxjj")) == Numbers{2, 2, 2, 3});
  for (const char* name : {"llvm.umax.i32", "__kiesel_printf_reserve", "printf", "nothing", "own.k"}) {
    const auto reply = build_module(assemble(import(name)));
    CHECK(reply.outcome == Outcome::kFailed);
    CHECK_THAT(reply.log, Contains(std::string("undefined function '") + name + "'"));
  }
}

TEST_CASE("a function may be several kernels, and a module may have several variables of a built-in one") {
  std::string text = Text{
      "%ids2 = OpLoad %ulong3 %gid2\n%i2 = OpCompositeExtract %ulong %ids2 0\n"
      "%i32 = OpUConvert %uint %i2\n%r = OpIAdd %uint %i32 %u3",
      "%gid2 = OpVariable %input Input\n", "", "",
      "OpEntryPoint Kernel %k \"other\" %gid %gid2\nOpExecutionMode %k LocalSizeHint 4 1 1\n"
      "OpDecorate %gid2 BuiltIn GlobalInvocationId\n"};
  text.replace(text.find("\"k\" %gid"), 8, "\"k\" %gid %gid2");
  Loaded program(build_module(assemble(text)));
  for (const char* name : {"k", "other"}) {
    const Buffer<std::uint32_t> a({0, 0, 0, 0});
    check_ok(program.launch(name, {4, 1, 1}, {4, 1, 1}, a));
    CHECK(a.read() == Numbers{3, 4, 5, 6});
  }
}
