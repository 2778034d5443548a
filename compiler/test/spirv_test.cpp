// Modules of other producers: what the front end never writes, run on the device model.
#include <spirv-tools/optimizer.hpp>

#include "compiler/il/requirements.hpp"
#include "compiler/il/specialization.hpp"
#include "compiler/test/module_fixture.hpp"

using namespace kiesel;
using namespace kiesel::compiler;
using namespace kiesel::compiler::test;
using Catch::Matchers::Contains;

TEST_CASE("pointers are compared and subtracted; types have sizes") {
  CHECK(results(Text{R"(
%e = OpPtrEqual %bool %p %a
%n = OpPtrNotEqual %bool %p %a
%d = OpPtrDiff %ulong %p %a
%d32 = OpUConvert %uint %d
%s = OpSizeOf %uint %p
%se = OpSelect %uint %e %u1 %u0
%sn = OpSelect %uint %n %u2 %u0
%r1 = OpIAdd %uint %se %sn
%r2 = OpShiftLeftLogical %uint %d32 %u4
%r3 = OpIAdd %uint %r1 %r2
%s8 = OpIMul %uint %s %c256
%r = OpIAdd %uint %r3 %s8)",
                     "%c256 = OpConstant %uint 256\n", "",
                     "OpCapability Pipes\n"
                     "OpCapability GenericPointer\n"}) ==
        Numbers{1 + 1024, 2 + 16 + 1024, 2 + 32 + 1024, 2 + 48 + 1024});
}

TEST_CASE("logical copies go member by member") {
  CHECK(results(Text{R"(
%inner = OpCompositeConstruct %inner_a %x %u3
%made = OpCompositeConstruct %struct_a %u2 %inner
%copied = OpCopyLogical %struct_b %made
%first = OpCompositeExtract %uint %copied 0
%second = OpCompositeExtract %uint %copied 1 0
%third = OpCompositeExtract %uint %copied 1 1
%product = OpIMul %uint %second %third
%r = OpIAdd %uint %first %product)",
                     R"(%inner_a = OpTypeStruct %uint %uint
%inner_b = OpTypeStruct %uint %uint
%struct_a = OpTypeStruct %uint %inner_a
%struct_b = OpTypeStruct %uint %inner_b
)"}) == Numbers{2, 5, 8, 11});
}

TEST_CASE("memory is copied with no, one and two sets of operands") {
  for (const char* copy :
       {"OpCopyMemory %var %p", "OpCopyMemory %var %p Volatile", "OpCopyMemory %var %p Aligned 4 Volatile",
        "OpCopyMemory %var %p Volatile|Aligned 4 Aligned 4", "OpCopyMemorySized %var %p %l4",
        "OpCopyMemorySized %var %p %l4 Aligned 4 Aligned 2"}) {
    INFO(copy);
    CHECK(results(Text{std::string(copy) + "\n%y = OpLoad %uint %var\n%r = OpIAdd %uint %y %u3",
                       "%l4 = OpConstant %ulong 4\n"}) == Numbers{3, 4, 5, 6});
  }
}

TEST_CASE("nulls of scalars, shuffles of vectors of two lengths") {
  CHECK(results(Text{R"(
%short = OpCompositeConstruct %uint2 %x %u3
%long = OpCompositeConstruct %uint4 %u1 %u2 %u3 %u4
%s = OpVectorShuffle %uint4 %short %long 0 5 3 4294967295
%t = OpVectorShuffle %uint4 %long %short 4 5 3 0
%s0 = OpCompositeExtract %uint %s 0
%s1 = OpCompositeExtract %uint %s 1
%s2 = OpCompositeExtract %uint %s 2
%t0 = OpCompositeExtract %uint %t 0
%t3 = OpCompositeExtract %uint %t 3
%n = OpSelect %uint %no %u4 %zero
%sum1 = OpIAdd %uint %s0 %s1
%sum2 = OpIMul %uint %s2 %t0
%sum3 = OpIAdd %uint %sum1 %sum2
%sum4 = OpIAdd %uint %sum3 %t3
%r = OpIAdd %uint %sum4 %n)",
                     "%zero = OpConstantNull %uint\n%no = OpConstantNull %bool\n"}) == Numbers{5, 8, 11, 14});
}

TEST_CASE("functions without names, not inlined") {
  CHECK(results(Text{"%r = OpFunctionCall %uint %f %x", "%binary = OpTypeFunction %uint %uint\n", R"(
%f = OpFunction %uint DontInline %binary
%fx = OpFunctionParameter %uint
%fl = OpLabel
%fr = OpIMul %uint %fx %fx
OpReturnValue %fr
OpFunctionEnd)"}) == Numbers{0, 1, 4, 9});
}

TEST_CASE("phi, switch, undefined values and unreachable ends") {
  CHECK(results(Text{R"(
%u = OpUndef %uint
OpSelectionMerge %done None
OpSwitch %x %other 0 %zero 1 %one 2 %one
%zero = OpLabel
OpBranch %done
%one = OpLabel
%y = OpIAdd %uint %x %u4
OpBranch %done
%other = OpLabel
%never = OpULessThan %bool %x %u1
OpSelectionMerge %live None
OpBranchConditional %never %dead %live
%dead = OpLabel
OpUnreachable
%live = OpLabel
OpBranch %done
%done = OpLabel
%r = OpPhi %uint %u2 %zero %y %one %u3 %live)"}) == Numbers{2, 5, 6, 3});
}

TEST_CASE("modes with operands by id") {
  const auto reply = build_module(assemble(
      Text{"%r = OpCopyObject %uint %x", "", "", "", "OpExecutionModeId %k LocalSizeId %u4 %u2 %u1\n"}));
  INFO(reply.log);
  REQUIRE(reply.outcome == Outcome::kSuccess);
  CHECK(read_program(reply.binary)->kernels.at(0).required_work_group_size ==
        std::array<std::uint32_t, 3>{4, 2, 1});
}

TEST_CASE("modes and computations with specialised constants") {
  auto module =
      assemble(Text{R"(
%fourth = OpFMul %float %negated %negated
%r = OpConvertFToU %uint %fourth)",
                    "%size = OpSpecConstant %uint 4\n%double = OpSpecConstantOp %uint IMul %size %u2\n"
                    "%float = OpTypeFloat 32\n%f = OpSpecConstant %float 3\n"
                    "%negated = OpSpecConstantOp %float FNegate %f\n",
                    "", "", "OpExecutionModeId %k LocalSizeId %double %u1 %u1\nOpDecorate %size SpecId 1\n"});
  specialize(module, {{1, 2}});
  const auto reply = build_module(module);
  CHECK(results(reply) == Numbers{9, 9, 9, 9});
  CHECK(read_program(reply.binary)->kernels.at(0).required_work_group_size ==
        std::array<std::uint32_t, 3>{4, 1, 1});
}

TEST_CASE("what has no meaning is skipped") {
  CHECK(results(Text{
            "%ignored = OpExtInst %void %set 1 %x\n%r = OpIAdd %uint %x %u1", "", "",
            "OpExtension \"SPV_KHR_non_semantic_info\"\n%set = OpExtInstImport \"NonSemantic.Some\"\n",
            "OpName %set \"name\"\nOpDecorateString %gid UserSemantic \"text\"\n"}) == Numbers{1, 2, 3, 4});
}

TEST_CASE("specialisation constants and what is computed from them") {
  const auto module = assemble(
      Text{"%chosen = OpSelect %uint %flag %x %u1\n%sum = OpIAdd %uint %chosen %twice\n%big32 = OpUConvert "
           "%uint %big\n"
           "%r = OpIAdd %uint %sum %big32",
           "%flag = OpSpecConstantTrue %bool\n%number = OpSpecConstant %uint 10\n%big = OpSpecConstant "
           "%ulong 1000\n"
           "%twice = OpSpecConstantOp %uint IMul %number %u2\n",
           "", "", "OpDecorate %flag SpecId 1\nOpDecorate %number SpecId 7\nOpDecorate %big SpecId 8\n"});
  CHECK(results(build_module(module)) == Numbers{1020, 1021, 1022, 1023});
  CHECK(specialization_bytes(module, 1) == 1);
  CHECK(specialization_bytes(module, 7) == 4);
  CHECK(specialization_bytes(module, 8) == 8);
  CHECK_FALSE(specialization_bytes(module, 2));
  auto changed = module;
  specialize(changed, {{1, 0}, {7, 3}, {8, 0x100000000 + 200}, {99, 5}});
  CHECK(results(build_module(changed)) == Numbers{207, 207, 207, 207});
  specialize(changed, {{1, 1}, {8, 0}});
  CHECK(results(build_module(changed)) == Numbers{6, 7, 8, 9});
}

TEST_CASE("definitions that several modules have are one") {
  const std::string header = "OpExtension \"SPV_KHR_linkonce_odr\"\n";
  const auto with = [&](const std::string& name, const char* linkage) {
    return "OpDecorate %" + name + " LinkageAttributes \"" + name + "\" " + linkage + "\n";
  };
  const std::string types =
      "%unary = OpTypeFunction %uint %uint\n%state = OpVariable %global CrossWorkgroup %u4\n";
  const std::string once = R"(
%f = OpFunction %uint None %unary
%fx = OpFunctionParameter %uint
%fl = OpLabel
%fs = OpLoad %uint %state
%fr = OpIAdd %uint %fx %fs
OpReturnValue %fr
OpFunctionEnd
)";
  const auto first =
      assemble(Text{"OpStore %state %u3\n%y = OpFunctionCall %uint %g %x\n%z = OpFunctionCall %uint %f "
                    "%x\n%r = OpIAdd %uint %y %z",
                    types, R"(
%g = OpFunction %uint None %unary
%gx = OpFunctionParameter %uint
OpFunctionEnd)" + once,
                    header, with("f", "LinkOnceODR") + with("state", "LinkOnceODR") + with("g", "Import")},
               SPV_ENV_UNIVERSAL_1_3);
  auto text = std::string(
      Text{"%r = OpFunctionCall %uint %g %x", types, once + R"(
%g = OpFunction %uint None %unary
%gx = OpFunctionParameter %uint
%gl = OpLabel
%gy = OpFunctionCall %uint %f %gx
%gr = OpIMul %uint %gy %u2
OpReturnValue %gr
OpFunctionEnd)",
           header, with("f", "LinkOnceODR") + with("state", "LinkOnceODR") + with("g", "Export")});
  text.replace(text.find("\"k\""), 3, "\"other\"");
  const auto second = assemble(text, SPV_ENV_UNIVERSAL_1_3);
  const auto compile = [](const Module& words) {
    auto reply = run(request_of({words}, Operation::kCompile));
    INFO(reply.log);
    REQUIRE(reply.outcome == Outcome::kSuccess);
    return reply;
  };
  const auto one = compile(first), two = compile(second);
  auto request = request_of({}, Operation::kLink);
  request.inputs = {one.binary, two.binary};
  CHECK(results(run(request)) == Numbers{9, 12, 15, 18});  // (x + 3) * 2 + x + 3

  request.options = "-create-library";
  request.inputs = {two.binary};
  const auto library = run(request);
  request.options = "";
  request.inputs = {library.binary, one.binary};
  CHECK(results(run(request)) == Numbers{9, 12, 15, 18});
}

TEST_CASE("modules that spirv-opt made faster or smaller") {
  auto source = make_request(R"(
    typedef struct { uint a[4]; uint2 b; } state;
    uint step(state* s, uint x) { s->a[x & 3] += x; s->b = s->b.yx + (uint2)(x, 1); return s->a[1] ^ s->b.x; }
    uint collatz(uint x) { uint n = 0; while (x > 1 && n < 50) { x = x & 1 ? 3 * x + 1 : x / 2; ++n; } return n; }
    kernel void k(global uint* a) {
      state s = {{1, 2, 3, 4}, (uint2)(5, 6)};
      uint x = a[get_global_id(0)], sum = 0;
      for (uint i = 0; i < 6; ++i) switch (x + i & 3) {
          case 0: sum += step(&s, i); break;
          case 1: sum ^= collatz(x + i + 7); break;
          default: sum = sum * 3 + x;
      }
      a[get_global_id(0)] = sum + s.b.y;
    })");
  source.target = target();
  const auto plain = results(run(source));
  source.operation = Operation::kCompile;
  const auto compiled = run(source);
  REQUIRE(compiled.outcome == Outcome::kSuccess);
  const auto words = read_spirv(compiled.binary).value();
  for (const bool smaller : {false, true}) {
    spvtools::Optimizer optimizer(SPV_ENV_UNIVERSAL_1_4);
    smaller ? optimizer.RegisterSizePasses() : optimizer.RegisterPerformancePasses();
    Module optimised;
    REQUIRE(optimizer.Run(words.data(), words.size(), &optimised));
    CHECK(optimised != words);
    CHECK(results(build_module(optimised)) == plain);
  }
}

TEST_CASE("names and types of arguments are known where the module has them") {
  const auto plain = build_module(assemble(Text{"%r = OpCopyObject %uint %x"}));
  REQUIRE(plain.outcome == Outcome::kSuccess);
  CHECK_FALSE(read_program(plain.binary)->has_argument_info);
  auto source = make_request("kernel void k(global const uchar4* restrict data, float x) { }");
  source.operation = Operation::kCompile;
  source.options = "-cl-kernel-arg-info";
  const auto compiled = run(source);
  auto request = request_of({});
  request.inputs = {bytes_of(read_spirv(compiled.binary).value())};
  const auto built = run(request);
  INFO(built.log);
  REQUIRE(built.outcome == Outcome::kSuccess);
  const auto program = read_program(built.binary);
  CHECK(program->has_argument_info);
  CHECK(program->kernels.at(0).arguments.at(0).name == "data");
  CHECK(program->kernels.at(0).arguments.at(0).type_name == "uchar4*");
  CHECK(program->kernels.at(0).arguments.at(0).is_const);
}

TEST_CASE("what a module needs and the device has not is named") {
  struct Row {
    std::string text;
    const char* wanted;
  };
  const Text fine{"%r = OpCopyObject %uint %x"};
  const auto with_header = [](const char* header) {
    return std::string(Text{"%r = OpCopyObject %uint %x", "", "", header});
  };
  auto narrow = std::string(fine);
  narrow.replace(narrow.find("Physical64"), 10, "Physical32");
  const Row rows[] = {
      {with_header("OpCapability Shader\n"), "Shader"},
      {with_header("OpCapability DeviceEnqueue\n"), "DeviceEnqueue"},
      {with_header("OpCapability FunctionPointersINTEL\nOpExtension \"SPV_INTEL_function_pointers\"\n"),
       "SPV_INTEL_function_pointers"},
      {with_header("OpExtension \"SPV_SOMEBODY_something\"\n"), "SPV_SOMEBODY_something"},
      {narrow, "32-bit"},
  };
  for (const auto& [text, wanted] : rows) {
    const auto reply = build_module(assemble(text));
    CHECK(reply.outcome == Outcome::kFailed);
    CHECK_THAT(reply.log, Contains(wanted));
  }
  CHECK(missing_requirements(assemble(fine), "").empty());
}

TEST_CASE("rules that the validator does not check") {
  struct Row {
    Text text;
    const char* wanted;
  };
  const Row rows[] = {
      {{"%r = OpLoad %uint %p Aligned 3"}, "alignment of 3"},
      {{"%r = OpCopyObject %uint %x", "", "", "", "OpDecorate %a Alignment 5\n"}, "alignment of 5"},
      {{"OpLifetimeStart %p 0\n%r = OpCopyObject %uint %x"}, "lifetime"},
      {{"OpLifetimeStart %var 4\n%r = OpCopyObject %uint %x"}, "lifetime"},
  };
  for (const auto& [text, wanted] : rows) {
    const auto reply = build_module(assemble(text));
    CHECK(reply.outcome == Outcome::kInvalidInput);
    CHECK_THAT(reply.log, Contains(wanted));
  }
}

TEST_CASE("versions: 1.0 to 1.6, whole modules only") {
  const Text text{"%r = OpIAdd %uint %x %u1"};
  for (const auto version :
       {SPV_ENV_UNIVERSAL_1_0, SPV_ENV_UNIVERSAL_1_1, SPV_ENV_UNIVERSAL_1_2, SPV_ENV_UNIVERSAL_1_3,
        SPV_ENV_UNIVERSAL_1_4, SPV_ENV_UNIVERSAL_1_5, SPV_ENV_UNIVERSAL_1_6})
    CHECK(results(build_module(assemble(text, version))) == Numbers{1, 2, 3, 4});
  const auto reason = [](const Module& words) {
    const auto read = read_words(bytes_of(words));
    return read.ok() ? std::string() : read.error().reason;
  };
  auto words = assemble(text);
  words[1] = 0x00010700;
  CHECK_THAT(reason(words), Contains("SPIR-V 1.7") && Contains("1.6"));
  words[1] = 0x00010400;
  CHECK(reason(words).empty());
  words.pop_back();
  words.back() += 1U << 16;
  CHECK_THAT(reason(words), Contains("cut off"));
  words[0] = 0x03022307;
  CHECK_THAT(reason(words), Contains("byte order"));
  words[0] = 5;
  CHECK_THAT(reason(words), Contains("0x07230203"));
  CHECK_THAT(reason({}), Contains("0 bytes"));
}
