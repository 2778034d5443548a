// What producers of SPIR-V for SYCL and HIP leave: hints that are not valid, extensions that they forget,
// vendors' instructions. Run on the device model.
#include "compiler/il/words.hpp"
#include "compiler/test/module_fixture.hpp"

using namespace kiesel;
using namespace kiesel::compiler;
using namespace kiesel::compiler::test;
using Catch::Matchers::Contains;

namespace {

std::size_t count_of(const Module& words, std::uint32_t code) {
  std::size_t count = 0;
  for_each_instruction(words, [&](Instruction instruction) { count += opcode(instruction) == code; });
  return count;
}

constexpr std::uint32_t kOpLoopMerge = 246, kOpSelectionMerge = 247;

// The sum of 0 to 8 and of x, in a loop whose header has these instructions before the branch and in front of
// it.
Text loop(const std::string& first, const std::string& last) {
  return {R"(
OpBranch %head
%head = OpLabel
%n = OpPhi %uint %u0 %entry %next %head
%sum = OpPhi %uint %x %entry %more %head
)" + first + R"(
%next = OpIAdd %uint %n %u1
%more = OpIAdd %uint %sum %n
%again = OpULessThan %bool %next %c9
)" + last + R"(
OpBranchConditional %again %head %out
%out = OpLabel
%r = OpCopyObject %uint %more)",
          "%c9 = OpConstant %uint 9\n"};
}

const Numbers kSums{36, 37, 38, 39};

}  // namespace

TEST_CASE("instructions that say where control flow merges may be wrong") {
  const std::string merge = "OpLoopMerge %out %head DontUnroll\n";
  for (const auto& text :
       {loop(merge, ""), loop(merge + merge, ""), loop(merge, merge), loop("", merge + merge),
        loop("OpSelectionMerge %out None\n", ""), loop("", "OpLoopMerge %head %head None\n"),
        loop("", "OpLoopMerge %out %head Unroll|DontUnroll\n")})
    CHECK(results(text) == kSums);
}

TEST_CASE("hints about loops that are right stay when others go") {
  const std::string merge = "OpLoopMerge %out %head DontUnroll\n";
  const auto built = [](const Text& text) {
    const auto reply = build_module(assemble(text));
    INFO(reply.log);
    REQUIRE(reply.outcome == Outcome::kSuccess);
    return *read_spirv(reply.binary);
  };
  CHECK(count_of(built(loop(merge, merge)), kOpLoopMerge) == 1);
  CHECK(count_of(built(loop("", merge)), kOpLoopMerge) == 1);
  CHECK(count_of(built(loop(merge, "")), kOpLoopMerge) == 0);
  const auto words = built(loop("OpSelectionMerge %out None\n", merge));
  CHECK(count_of(words, kOpSelectionMerge) == 0);
  CHECK(count_of(words, kOpLoopMerge) == 1);
}

TEST_CASE("a function may have the name of a translator's helper") {
  for (const char* name : {"spirv.llvm_memset_p1_i64", "spirv.llvm_memset_p3i8_i32.volatile",
                           "llvm.memset.p1i8.i64", "spirv.llvm_bitreverse_i32"})
    CHECK(results(Text{"%r = OpFunctionCall %uint %f %x", "%unary = OpTypeFunction %uint %uint\n", R"(
%f = OpFunction %uint None %unary
%fx = OpFunctionParameter %uint
%fl = OpLabel
%fr = OpIMul %uint %fx %u3
OpReturnValue %fr
OpFunctionEnd)",
                       "",
                       std::string("OpName %f \"") + name + "\"\nOpDecorate %f LinkageAttributes \"" + name +
                           "\" Export\n"}) == Numbers{0, 3, 6, 9});
}

TEST_CASE("hints of fast mathematics, with the extension that has them and without") {
  const Text text{R"(
%fx = OpConvertUToF %float %x
%sum = OpFAdd %float %fx %fx
%r = OpConvertFToU %uint %sum)",
                  "%float = OpTypeFloat 32\n", "", "OpCapability FPFastMathModeINTEL\n",
                  "OpDecorate %sum FPFastMathMode AllowContractFastINTEL|AllowReassocINTEL\n"};
  CHECK(results(text) == Numbers{0, 2, 4, 6});
  auto declared = text;
  declared.header += "OpExtension \"SPV_INTEL_fp_fast_math_mode\"\n";
  CHECK(results(declared) == Numbers{0, 2, 4, 6});
}

TEST_CASE("hints about accesses that do not overlap") {
  const std::string types = R"(%domain = OpAliasDomainDeclINTEL
%scope = OpAliasScopeDeclINTEL %domain
%list = OpAliasScopeListDeclINTEL %scope
)";
  const std::string header =
      "OpCapability MemoryAccessAliasingINTEL\nOpExtension \"SPV_INTEL_memory_access_aliasing\"\n";
  CHECK(results(Text{R"(
%y = OpLoad %uint %p Aligned|AliasScopeINTELMask 4 %list
OpStore %var %y Aligned|AliasScopeINTELMask|NoAliasINTELMask 4 %list %list
OpCopyMemory %p %var Aligned|NoAliasINTELMask 4 %list Aligned|AliasScopeINTELMask 4 %list
OpStore %var %u3 NoAliasINTELMask %list
%z = OpLoad %uint %p Volatile
%r = OpIAdd %uint %z %u1)",
                     types, "", header, "OpDecorateId %z AliasScopeINTEL %list\n"}) == Numbers{1, 2, 3, 4});
}

TEST_CASE("atomic sums and choices of floats") {
  CHECK(results(Text{R"(
%fp = OpBitcast %globalf %p
OpStore %p %one
%a0 = OpAtomicFAddEXT %float %fp %u1 %u0 %f2
%a1 = OpAtomicFMaxEXT %float %fp %u1 %u0 %f8
%a2 = OpAtomicFMinEXT %float %fp %u1 %u0 %f2
%s0 = OpFAdd %float %a0 %a1
%s1 = OpFAdd %float %s0 %a2
%last = OpLoad %float %fp
%s2 = OpFAdd %float %s1 %last
%r = OpConvertFToU %uint %s2)",
                     R"(%float = OpTypeFloat 32
%globalf = OpTypePointer CrossWorkgroup %float
%one = OpConstant %uint 0x3f800000
%f2 = OpConstant %float 2
%f8 = OpConstant %float 8
)",
                     "",
                     "OpCapability AtomicFloat32AddEXT\nOpCapability AtomicFloat32MinMaxEXT\n"
                     "OpExtension \"SPV_EXT_shader_atomic_float_add\"\n"
                     "OpExtension \"SPV_EXT_shader_atomic_float_min_max\"\n"}) == Numbers{14, 14, 14, 14});
}

namespace {

Reply build_as(const Text& text, spv_target_env version) { return build_module(assemble(text, version)); }

}  // namespace

TEST_CASE("a program of a newer version is kept as one of 1.4") {
  const auto reply = build_as({"%r = OpIAdd %uint %x %u1"}, SPV_ENV_UNIVERSAL_1_6);
  REQUIRE(reply.outcome == Outcome::kSuccess);
  CHECK((*read_spirv(reply.binary))[1] == 0x00010400);
  const auto wrong =
      build_as(loop("", "OpLoopMerge %out %head None\nOpLoopMerge %out %head None\n"), SPV_ENV_UNIVERSAL_1_6);
  CHECK(results(wrong) == kSums);
}

TEST_CASE("since 1.5 a broadcast may come from a lane that is no constant") {
  const Text text{R"(
%lane = OpIAdd %uint %u1 %u1
%first = OpGroupNonUniformBroadcast %uint %u3 %x %lane
%second = OpGroupNonUniformBroadcast %uint %u3 %x %u1
%r = OpIMul %uint %first %second)",
                  "", "", "OpCapability GroupNonUniform\nOpCapability GroupNonUniformBallot\n"};
  CHECK(results(build_as(text, SPV_ENV_UNIVERSAL_1_5)) == Numbers{2, 2, 2, 2});
}

TEST_CASE("1.6 has dot products and instructions without meaning without extensions") {
  const Text text{R"(
%d = OpUDot %uint %x %ones PackedVectorFormat4x8Bit
%r = OpIAdd %uint %d %u1)",
                  "%ones = OpConstant %uint 0x01010101\n%none = OpExtInst %void %nothing 5 %u1\n", "",
                  "OpCapability DotProduct\nOpCapability DotProductInput4x8BitPacked\n"
                  "%nothing = OpExtInstImport \"NonSemantic.Nothing\"\n"};
  CHECK(results(build_as(text, SPV_ENV_UNIVERSAL_1_6)) == Numbers{1, 2, 3, 4});
}

TEST_CASE("since 1.5 pointers are cast to vectors and back") {
  const Text text{R"(
%bits = OpBitcast %uint2 %p
%again = OpBitcast %global %bits
%y = OpLoad %uint %again Aligned 4
%r = OpIAdd %uint %y %u1)",
                  "", "", ""};
  CHECK(results(build_as(text, SPV_ENV_UNIVERSAL_1_5)) == Numbers{1, 2, 3, 4});
}

TEST_CASE("hints about values that are the same everywhere") {
  // The assembler may be older than the capability, 71.
  auto words = assemble(Text{"%r = OpIAdd %uint %x %u1"}, SPV_ENV_UNIVERSAL_1_6);
  const std::uint32_t capability[] = {2U << 16 | 17U, 71U};
  words.insert(words.begin() + kHeaderWords, std::begin(capability), std::end(capability));
  CHECK(results(build_module(words)) == Numbers{1, 2, 3, 4});
}

TEST_CASE("blocks of sub-groups have types that the extension knows") {
  const auto text = [](const char* type) {
    return Text{std::string("%block = OpSubgroupBlockReadINTEL ") + type + " %p\n%r = OpCopyObject %uint %x",
                "%uint3 = OpTypeVector %uint 3\n%uint16 = OpTypeVector %uint 16\n%float = OpTypeFloat 32\n",
                "",
                "OpCapability SubgroupBufferBlockIOINTEL\nOpCapability Vector16\n"
                "OpExtension \"SPV_INTEL_subgroups\"\n"};
  };
  CHECK(build_module(assemble(text("%uint4"))).outcome == Outcome::kSuccess);
  for (const char* type : {"%uint3", "%uint16", "%float"})
    CHECK_THAT(build_module(assemble(text(type))).log, Contains("a block of a sub-group holds"));
}

TEST_CASE("shuffles of a vendor's extension") {
  CHECK(results(Text{R"(
%a0 = OpSubgroupShuffleXorINTEL %uint %x %u1
%b0 = OpSubgroupShuffleINTEL %uint %x %u2
%v = OpCompositeConstruct %uint4 %x %x %x %x
%w = OpSubgroupShuffleDownINTEL %uint4 %v %v %u1
%c0 = OpCompositeExtract %uint %w 3
%d0 = OpSubgroupShuffleUpINTEL %uint %u4 %x %u1
%s0 = OpShiftLeftLogical %uint %a0 %u3
%s1 = OpIAdd %uint %s0 %b0
%s2 = OpShiftLeftLogical %uint %s1 %u3
%s3 = OpIAdd %uint %s2 %c0
%s4 = OpShiftLeftLogical %uint %s3 %u3
%r = OpIAdd %uint %s4 %d0)",
                     "", "", "OpCapability SubgroupShuffleINTEL\nOpExtension \"SPV_INTEL_subgroups\"\n"}) ==
        Numbers{01214, 00220, 03231, 02202});
}

TEST_CASE("words that name results beyond their bound are refused") {
  // Bound 5; a type and a cast far behind it.
  const Module words{0x07230203, 0x00010400,     0,        5,        0,       4U << 16 | 21, 0x300000, 32,
                     0,          4U << 16 | 124, 0x300000, 0x300001, 0x300002};
  CHECK_THAT(build_module(words).log, Contains("is not valid"));
}

TEST_CASE("a clock may be read in a loop") {
  auto text = loop("%clock = OpReadClockKHR %ulong %u2\n", "");
  text.header = "OpCapability ShaderClockKHR\nOpExtension \"SPV_KHR_shader_clock\"\n";
  CHECK(results(text) == kSums);
}

TEST_CASE("clocks of all scopes are read, as one number or two") {
  const std::string header = "OpCapability ShaderClockKHR\nOpExtension \"SPV_KHR_shader_clock\"\n";
  for (const char* scope : {"1", "2", "3"}) {
    const auto types = std::string("%scope = OpConstant %uint ") + scope + "\n";
    INFO(scope);
    CHECK(results(Text{R"(
%c = OpReadClockKHR %ulong %scope
%d = OpReadClockKHR %uint2 %scope
%e = OpBitcast %ulong %d
%later = OpUGreaterThanEqual %bool %e %c
%r = OpSelect %uint %later %x %u4)",
                       types, "", header}) == Numbers{0, 1, 2, 3});
  }
  const auto wrong = build_module(
      assemble(Text{"%c = OpReadClockKHR %uint %u1\n%r = OpCopyObject %uint %c", "", "", header}));
  CHECK(wrong.outcome == Outcome::kInvalidInput);
  CHECK_THAT(wrong.log, Contains("a clock's value"));
  const auto device = Text{"%c = OpReadClockKHR %ulong %u1\n%r = OpUConvert %uint %c", "", "", header};
  auto request = request_of({assemble(device)});
  request.target.counters = false;
  request.extensions = features_of(request.target);
  const auto reply = run(request);
  CHECK(reply.outcome == Outcome::kFailed);
  CHECK_THAT(reply.log, Contains("clock of the device") && Contains("__opencl_c_kernel_clock_scope_device"));
}
