// Instructions that are rare in what the front end writes, in the forms that SPIR-V allows.
#include "compiler/test/module_fixture.hpp"

using namespace kiesel;
using namespace kiesel::compiler;
using namespace kiesel::compiler::test;

TEST_CASE("variables of a function get their initialiser in each work-item and each call") {
  CHECK(results(Text{"%y = OpFunctionCall %uint %f %x\n%r = OpFunctionCall %uint %f %y",
                     "%binary = OpTypeFunction %uint %uint\n", R"(
%f = OpFunction %uint DontInline %binary
%fx = OpFunctionParameter %uint
%fl = OpLabel
%v = OpVariable %private Function %u3
%w = OpVariable %private Function
%old = OpLoad %uint %v
%new = OpIAdd %uint %old %fx
OpStore %v %new
%fr = OpLoad %uint %v
OpReturnValue %fr
OpFunctionEnd)"}) == Numbers{6, 7, 8, 9});
}

TEST_CASE("a block that a branch names more than once has one value for it") {
  CHECK(results(Text{R"(
OpSelectionMerge %done None
OpSwitch %x %done 1 %one 2 %done 3 %one
%one = OpLabel
OpBranch %done
%done = OpLabel
%y = OpPhi %uint %u0 %entry %u4 %one
%less = OpULessThan %bool %x %u2
OpBranchConditional %less %end %end
%end = OpLabel
%r = OpPhi %uint %y %done)"}) == Numbers{0, 4, 0, 4});
}

TEST_CASE("sums with carry and products of two words") {
  struct Row {
    const char* instruction;
    Numbers low, high;
  };
  const std::uint32_t ones = ~0U;
  const Row rows[] = {
      {"OpIAddCarry %pair %x %big", {ones - 1, ones, 0, 1}, {0, 0, 1, 1}},
      {"OpISubBorrow %pair %x %u2", {ones - 1, ones, 0, 1}, {1, 1, 0, 0}},
      {"OpUMulExtended %pair %x %big", {0, ones - 1, ones - 3, ones - 5}, {0, 0, 1, 2}},
      {"OpSMulExtended %pair %x %big", {0, ones - 1, ones - 3, ones - 5}, {0, ones, ones, ones}},
  };
  for (const auto& [instruction, low, high] : rows)
    for (const bool is_high : {false, true}) {
      INFO(instruction);
      CHECK(results(Text{std::string("%p2 = ") + instruction + "\n%r = OpCompositeExtract %uint %p2 " +
                             (is_high ? "1" : "0"),
                         "%pair = OpTypeStruct %uint %uint\n%big = OpConstant %uint 0xfffffffe\n"}) ==
            (is_high ? high : low));
    }
  CHECK(results(Text{"%v = OpCompositeConstruct %uint2 %x %big\n%p2 = OpIAddCarry %pair %v %v\n"
                     "%high = OpCompositeExtract %uint2 %p2 1\n%r = OpVectorExtractDynamic %uint %high %u1",
                     "%pair = OpTypeStruct %uint2 %uint2\n%big = OpConstant %uint 0xfffffffe\n"}) ==
        Numbers{1, 1, 1, 1});
}

TEST_CASE("counts of shifts and bit fields have a width of their own") {
  CHECK(results(Text{"%c = OpUConvert %uchar %x\n%r = OpShiftLeftLogical %uint %u3 %c",
                     "%uchar = OpTypeInt 8 0\n", "", "OpCapability Int8\n"}) == Numbers{3, 6, 12, 24});
  CHECK(results(Text{"%c = OpUConvert %ulong %x\n%r = OpBitFieldInsert %uint %u0 %u3 %c %l1", "", "",
                     "OpCapability BitInstructions\nOpExtension \"SPV_KHR_bit_instructions\"\n"}) ==
        Numbers{1, 2, 4, 8});
}

TEST_CASE("integers and pointers are cast by their bits; what a generic pointer points to") {
  CHECK(results(Text{"%n = OpBitcast %ulong %p\n%q = OpBitcast %global %n\n%r = OpLoad %uint %q"}) ==
        Numbers{0, 1, 2, 3});
  CHECK(results(Text{"%g = OpPtrCastToGeneric %generic %p\n%r = OpGenericPtrMemSemantics %uint %g",
                     "%generic = OpTypePointer Generic %uint\n", "", "OpCapability GenericPointer\n"}) ==
        Numbers{512, 512, 512, 512});
}

TEST_CASE("functions that are pure and constant") {
  CHECK(results(Text{"%r = OpFunctionCall %uint %f %x", "%binary = OpTypeFunction %uint %uint\n", R"(
%f = OpFunction %uint Pure|Const %binary
%fx = OpFunctionParameter %uint
%fl = OpLabel
%fr = OpIMul %uint %fx %fx
OpReturnValue %fr
OpFunctionEnd)"}) == Numbers{0, 1, 4, 9});
}

TEST_CASE("functions of SPIR-V that OpenCL C has not: float's common maximum, long dot products") {
  CHECK(results(Text{R"(
%f = OpConvertUToF %float %x
%high = OpExtInst %float %set fmax_common %f %one
%low = OpExtInst %float %set fmin_common %f %one
%v = OpCompositeConstruct %float8 %f %f %f %f %high %high %low %low
%dot = OpDot %float %v %v
%r = OpConvertFToU %uint %dot)",
                     "%float = OpTypeFloat 32\n%float8 = OpTypeVector %float 8\n%one = OpConstant %float 1\n",
                     "", "OpCapability Vector16\n%set = OpExtInstImport \"OpenCL.std\"\n"}) ==
        Numbers{2, 8, 26, 56});
}

TEST_CASE("dot products of 8-bit integers have results of all widths") {
  CHECK(results(Text{R"(
%minus = OpNot %uint %x
%wide = OpSDot %ulong %minus %minus PackedVectorFormat4x8Bit
%narrow = OpUConvert %uchar %x
%sum = OpSDotAccSat %uchar %minus %minus %narrow PackedVectorFormat4x8Bit
%w = OpUConvert %uint %wide
%n = OpUConvert %uint %sum
%r = OpIAdd %uint %w %n)",
                     "%uchar = OpTypeInt 8 0\n", "",
                     "OpCapability Int8\nOpCapability DotProduct\nOpCapability DotProductInput4x8BitPacked\n"
                     "OpExtension \"SPV_KHR_integer_dot_product\"\n"}) == Numbers{8, 15, 26, 41});
}

TEST_CASE("blocks may stand before what leads to them") {
  for (const char* end :
       {"OpBranch %second", "OpSwitch %x %second 7 %third 8 %second",
        "OpSwitch %wide %second 7 %second 8 %third", "OpBranchConditional %yes %second %third 1 2"}) {
    INFO(end);
    CHECK(results(Text{std::string(R"(
OpBranch %first
%second = OpLabel
%z = OpIAdd %uint %y %u1
OpBranch %third
%first = OpLabel
%y = OpIMul %uint %x %u2
%wide = OpUConvert %ulong %x
)") + end + R"(
%third = OpLabel
%r = OpPhi %uint %z %second)" +
                           (std::string(end).find("%third") == std::string::npos ? "" : " %u0 %first"),
                       "%yes = OpConstantTrue %bool\n"}) == Numbers{1, 3, 5, 7});
  }
}

TEST_CASE("an image is taken out of a sampled image again") {
  const auto reply = build_module(assemble(
      Text{"%r = OpCopyObject %uint %x",
           "%image = OpTypeImage %void 2D 0 0 0 0 Unknown ReadOnly\n%sampler = OpTypeSampler\n"
           "%sampled = OpTypeSampledImage %image\n%read = OpTypeFunction %uint4 %image %sampler %uint2\n",
           R"(
%f = OpFunction %uint4 None %read
%fi = OpFunctionParameter %image
%fs = OpFunctionParameter %sampler
%fc = OpFunctionParameter %uint2
%fl = OpLabel
%both = OpSampledImage %sampled %fi %fs
%taken = OpImage %image %both
%fr = OpImageRead %uint4 %taken %fc
OpReturnValue %fr
OpFunctionEnd)",
           "OpCapability ImageBasic\nOpCapability LiteralSampler\n", "OpName %both \"both\"\n"}));
  INFO(reply.log);
  CHECK(reply.outcome == Outcome::kSuccess);
}

TEST_CASE("components of built-in variables have pointers; composites hold variables") {
  CHECK(results(Text{
            "%c = OpInBoundsAccessChain %component %gid %u0\n%n = OpLoad %ulong %c\n%r = OpUConvert %uint %n",
            "%component = OpTypePointer Input %ulong\n", "", "", "OpName %c \"c\"\n"}) ==
        Numbers{0, 1, 2, 3});
  CHECK(results(Text{R"(
%one = OpBitwiseAnd %uint %x %u1
%place = OpInBoundsAccessChain %pointers %table %one
%chosen = OpLoad %constant %place
%r = OpLoad %uint %chosen)",
                     R"(%constant = OpTypePointer UniformConstant %uint
%addresses = OpTypeArray %constant %u2
%pointers = OpTypePointer UniformConstant %constant
%whole = OpTypePointer UniformConstant %addresses
%first = OpVariable %constant UniformConstant %u3
%second = OpVariable %constant UniformConstant %u4
%both = OpConstantComposite %addresses %first %second
%table = OpVariable %whole UniformConstant %both
)"}) == Numbers{3, 4, 3, 4});
}

TEST_CASE("debug information that is not valid is left out") {
  CHECK(results(Text{"%r = OpIAdd %uint %x %u1",
                     "%none = OpExtInst %void %debug DebugInfoNone\n"
                     "%to = OpExtInst %void %debug DebugTypePointer %none CrossWorkgroup FlagIsPublic\n",
                     "", "%debug = OpExtInstImport \"OpenCL.DebugInfo.100\"\n", "OpName %to \"to\"\n"}) ==
        Numbers{1, 2, 3, 4});
}

TEST_CASE("a work-group's broadcast names the work-item by 32 bits or by 64") {
  for (const char* id : {"%u3", "%l3"}) {
    INFO(id);
    CHECK(results(Text{std::string("%r = OpGroupBroadcast %uint %u2 %x ") + id, "%l3 = OpConstant %ulong 3\n",
                       "", "OpCapability Groups\n"}) == Numbers{3, 3, 3, 3});
  }
}

TEST_CASE("shifts by more than the width take the low bits of the count") {
  CHECK(results(Text{"%r = OpShiftLeftLogical %uint %x %far", "%far = OpConstant %uint 33\n"}) ==
        Numbers{0, 2, 4, 6});
  // Branches on what is shifted, too.
  CHECK(results(Text{R"(
%count = OpIAdd %uint %x %width
%s = OpShiftLeftLogical %uint %x %count
%t = OpShiftRightLogical %uint %s %width
%same = OpIEqual %bool %s %t
%other = OpINotEqual %bool %s %t
%one = OpSelect %uint %same %s %u0
%two = OpSelect %uint %other %u1 %u0
%r = OpIAdd %uint %one %two)",
                     "%width = OpConstant %uint 64\n"}) == Numbers{0, 2, 8, 24});
}

TEST_CASE("a float out of range is one integer, whatever it is compared with") {
  for (const char* to : {"OpConvertFToS", "OpConvertFToU"}) {
    INFO(to);
    CHECK(results(Text{std::string("%n = ") + to + R"( %uint %big
%less = OpULessThan %bool %n %u2
%equal = OpIEqual %bool %n %u2
%more = OpUGreaterThan %bool %n %u2
%one = OpSelect %uint %less %u1 %u0
%two = OpSelect %uint %equal %u1 %u0
%three = OpSelect %uint %more %u1 %u0
%some = OpIAdd %uint %one %two
%r = OpIAdd %uint %some %three)",
                       "%float = OpTypeFloat 32\n%big = OpConstant %float 1e30\n"}) == Numbers{1, 1, 1, 1});
  }
}
