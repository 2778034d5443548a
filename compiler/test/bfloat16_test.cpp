// SPV_KHR_bfloat16 and SPV_INTEL_bfloat16_conversion, run on the device model. The assembler knows neither:
// what stands for their words is replaced.
#include <cmath>
#include <cstring>
#include <random>

#include "compiler/il/requirements.hpp"
#include "compiler/il/words.hpp"
#include "compiler/test/module_fixture.hpp"

using namespace kiesel;
using namespace kiesel::compiler;
using namespace kiesel::compiler::test;
using Catch::Matchers::Contains;

namespace {

constexpr std::uint32_t kOpTypeFloat = 22, kOpQuantizeToF16 = 116, kOpIsNan = 156,
                        kOpConvertFToBF16INTEL = 6116, kOpConvertBF16ToFINTEL = 6117;

// The last type of floats of 16 bits is of bfloat16; OpQuantizeToF16 and OpIsNan stand for Intel's
// conversions.
Module with_bfloat16(const Module& words) {
  Module changed(words.begin(), words.begin() + kHeaderWords);
  std::size_t place = 0;
  for_each_instruction(words, [&](Instruction instruction) {
    const auto at = changed.size();
    changed.insert(changed.end(), instruction.begin(), instruction.end());
    const auto code = opcode(instruction);
    if (code == kOpTypeFloat && instruction[2] == 16) place = at;
    if (code == kOpQuantizeToF16) changed[at] = 4U << 16 | kOpConvertFToBF16INTEL;
    if (code == kOpIsNan) changed[at] = 4U << 16 | kOpConvertBF16ToFINTEL;
  });
  if (place == 0) return changed;
  changed[place] = 4U << 16 | kOpTypeFloat;
  changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(place) + 3, 0);
  return changed;
}

const std::string kHeader = "OpCapability !5116\nOpCapability !5117\nOpExtension \"SPV_KHR_bfloat16\"\n";
const std::string kTypes = R"(%ushort = OpTypeInt 16 0
%float = OpTypeFloat 32
%double = OpTypeFloat 64
%half = OpTypeFloat 16
%bf = OpTypeFloat 16
)";
const std::string kIntels = "OpCapability !6115\nOpExtension \"SPV_INTEL_bfloat16_conversion\"\n";

Text text(const std::string& body, const std::string& types = "", const std::string& functions = "") {
  return {
      body, kTypes + types, functions,
      "OpCapability Int16\nOpCapability Float16\nOpCapability Float64\nOpCapability Vector16\n" + kHeader};
}

Reply build_bfloat16(const std::string& assembly) { return build_module(with_bfloat16(assemble(assembly))); }

// What the kernel makes of these.
Numbers run_on(const std::string& assembly, const Numbers& values) {
  Loaded program(build_bfloat16(assembly));
  Buffer<std::uint32_t> a(values);
  const auto count = static_cast<std::uint32_t>(values.size());
  check_ok(program.launch("k", {count, 1, 1}, {count % 64 ? 1 : 64U, 1, 1}, a));
  return a.read();
}

template <class To, class From>
To bits_as(From from) {
  To to;
  static_assert(sizeof to == sizeof from);
  std::memcpy(&to, &from, sizeof to);
  return to;
}

// Upper halves of all kinds with what makes them round up, down and to even.
Numbers floats() {
  Numbers bits;
  for (std::uint32_t high = 0; high < 0x10000; high += 0x2b)
    for (const std::uint32_t low : {0U, 1U, 0x7fffU, 0x8000U, 0x8001U, 0xffffU})
      bits.push_back(high << 16 | low);
  for (const std::uint32_t high :
       {0U, 0x7fU, 0x80U, 0x7f7fU, 0x7f80U, 0x7fbfU, 0x7fc0U, 0xff7fU, 0xff80U, 0xffffU})
    for (const std::uint32_t low : {0U, 1U, 0x7fffU, 0x8000U, 0x8001U, 0xffffU})
      bits.push_back(high << 16 | low);
  bits.resize(bits.size() / 64 * 64 + 64);
  return bits;
}

// Exact: the nearer one of both neighbours in double, where the next number after the largest is a power of
// two.
std::uint32_t nearest(std::uint32_t bits) {
  const auto value = bits_as<float>(bits);
  if (std::isnan(value)) return bits >> 16 | 0x40;
  if (std::isinf(value)) return bits >> 16;
  const auto number = [](std::uint32_t high) {
    const std::uint32_t magnitude = high & 0x7fff;
    const double exact = magnitude == 0x7f80 ? std::ldexp(1.0, 128) : bits_as<float>(magnitude << 16);
    return high & 0x8000 ? -exact : exact;
  };
  const std::uint32_t down = bits >> 16, up = down + 1;
  const double below = std::abs(value - number(down)), above = std::abs(number(up) - value);
  return below == above ? down + (down & 1) : below < above ? down : up;
}

Numbers nearest(Numbers bits) {
  for (auto& one : bits) one = nearest(one);
  return bits;
}

const char* const kToNumbers = "\n%s = OpBitcast %ushort %b\n%r = OpUConvert %uint %s";

}  // namespace

TEST_CASE("floats become the nearest bfloat16, NaN a quiet one") {
  const auto values = floats();
  const auto wanted = nearest(values);
  CHECK(run_on(text(std::string("%f = OpBitcast %float %x\n%b = OpFConvert %bf %f") + kToNumbers), values) ==
        wanted);
  CHECK(run_on(
            Text{"%f = OpBitcast %float %x\n%s = OpQuantizeToF16 %ushort %f\n%r = OpUConvert %uint %s",
                 "%ushort = OpTypeInt 16 0\n%float = OpTypeFloat 32\n", "", "OpCapability Int16\n" + kIntels},
            values) == wanted);
}

TEST_CASE("a bfloat16 becomes the same number as float") {
  Numbers values, wanted;
  for (std::uint32_t bits = 0; bits < 0x10000; bits += 5) values.push_back(bits);
  values.resize(values.size() / 64 * 64);
  for (const auto bits : values) wanted.push_back(bits << 16);
  CHECK(run_on(text("%s = OpUConvert %ushort %x\n%b = OpBitcast %bf %s\n%f = OpFConvert %float %b\n"
                    "%r = OpBitcast %uint %f"),
               values) == wanted);
  CHECK(run_on(
            Text{"%s = OpUConvert %ushort %x\n%f = OpIsNan %float %s\n%r = OpBitcast %uint %f",
                 "%ushort = OpTypeInt 16 0\n%float = OpTypeFloat 32\n", "", "OpCapability Int16\n" + kIntels},
            values) == wanted);
}

TEST_CASE("half, double and integers become bfloat16 by way of float, and come from it") {
  Numbers halves, wanted;
  for (std::uint32_t bits = 0; bits < 0x7c00; bits += 3) halves.push_back(bits);
  halves.resize(halves.size() / 64 * 64);
  for (const auto bits : halves)
    wanted.push_back(nearest(
        bits_as<std::uint32_t>(static_cast<float>(bits_as<_Float16>(static_cast<std::uint16_t>(bits))))));
  CHECK(
      run_on(text(std::string("%n = OpUConvert %ushort %x\n%h = OpBitcast %half %n\n%b = OpFConvert %bf %h") +
                  kToNumbers),
             halves) == wanted);

  const Numbers integers{0, 1, 255, 256, 257, 258, 259, 0x7fffffff, 0xff800000, 0xff7fffff, 0xffffffff};
  const auto as_floats = [&](auto convert) {
    Numbers bits;
    for (const auto one : integers) bits.push_back(nearest(bits_as<std::uint32_t>(convert(one))));
    return bits;
  };
  CHECK(run_on(text(std::string("%b = OpConvertUToF %bf %x") + kToNumbers), integers) ==
        as_floats([](std::uint32_t one) { return static_cast<float>(one); }));
  CHECK(run_on(text(std::string("%b = OpConvertSToF %bf %x") + kToNumbers), integers) ==
        as_floats([](std::uint32_t one) { return static_cast<float>(static_cast<std::int32_t>(one)); }));
  // 1 + 2^-8 + 2^-40 is above the middle, and in float upon it.
  CHECK(run_on(text(std::string("%b = OpFConvert %bf %d") + kToNumbers,
                    "%d = OpConstant %double 0x1.0100000001p0\n"),
               {0}) == Numbers{0x3f80});
  CHECK(
      run_on(text("%s = OpUConvert %ushort %x\n%b = OpBitcast %bf %s\n%d = OpFConvert %double %b\n"
                  "%h = OpFConvert %half %b\n%g = OpFConvert %double %h\n%sum = OpFAdd %double %d %g\n"
                  "%t = OpConvertFToU %uint %sum\n%u = OpConvertFToU %uint %b\n%v = OpConvertFToS %uint %b\n"
                  "%w = OpIAdd %uint %t %u\n%r = OpIAdd %uint %w %v"),
             {0x3f80, 0x4040, 0x42c8}) == Numbers{4, 12, 400});
}

TEST_CASE("vectors of bfloat16 are converted and multiplied in float") {
  for (const int count : {2, 3, 4, 8, 16}) {
    INFO(count);
    const auto n = std::to_string(count);
    std::string parts;
    for (int i = 0; i < count; ++i) parts += i == 0 ? " %f" : " %one";
    const auto types = "%floats = OpTypeVector %float " + n + "\n%bfs = OpTypeVector %bf " + n +
                       "\n%ushorts = OpTypeVector %ushort " + n + "\n%doubles = OpTypeVector %double " + n +
                       "\n%one = OpConstant %float 1\n";
    // x * x + count - 1
    CHECK(run_on(text("%f = OpConvertUToF %float %x\n%v = OpCompositeConstruct %floats" + parts +
                          "\n%b = OpFConvert %bfs %v\n%dot = OpDot %bf %b %b\n%r = OpConvertFToU %uint %dot",
                      types),
                 {0, 1, 5, 10}) == Numbers{count - 1U, count - 0U, count + 24U, count + 99U});
    CHECK(run_on(
              text("%f = OpConvertUToF %float %x\n%v = OpCompositeConstruct %floats" + parts +
                       "\n%b = OpFConvert %bfs %v\n%bits = OpBitcast %ushorts %b\n%c = OpBitcast %bfs %bits\n"
                       "%d = OpFConvert %doubles %c\n%e = OpFConvert %bfs %d\n%w = OpFConvert %floats %e\n"
                       "%w0 = OpCompositeExtract %float %w 0\n%wn = OpCompositeExtract %float %w " +
                       std::to_string(count - 1) +
                       "\n%sum = OpFAdd %float %w0 %wn\n%r = OpConvertFToU %uint %sum",
                   types),
              {0, 1, 5, 257}) == Numbers{1, 2, 6, 257});
  }
  // Rounded once: 256 + 1 + 1 is 258, and 256 after each step.
  CHECK(
      run_on(text("%f = OpConvertUToF %float %x\n%v = OpCompositeConstruct %floats %f %one %one\n"
                  "%b = OpFConvert %bfs %v\n%dot = OpDot %bf %b %b\n%r = OpConvertFToU %uint %dot",
                  "%floats = OpTypeVector %float 3\n%bfs = OpTypeVector %bf 3\n%one = OpConstant %float 1\n"),
             {16}) == Numbers{258});
  CHECK(run_on(Text{"%f = OpConvertUToF %float %x\n%v = OpCompositeConstruct %floats %f %f\n"
                    "%b = OpQuantizeToF16 %ushorts %v\n%w = OpIsNan %floats %b\n"
                    "%w1 = OpCompositeExtract %float %w 1\n%r = OpConvertFToU %uint %w1",
                    "%ushort = OpTypeInt 16 0\n%ushorts = OpTypeVector %ushort 2\n%float = OpTypeFloat 32\n"
                    "%floats = OpTypeVector %float 2\n",
                    "", "OpCapability Int16\n" + kIntels},
               {0, 3, 257}) == Numbers{0, 3, 256});
}

TEST_CASE("values of bfloat16 lie in memory, go through functions and are chosen") {
  CHECK(run_on(text(R"(
%xf = OpConvertUToF %float %x
%xb = OpFConvert %bf %xf
%y = OpFunctionCall %bf %f %xb
%is0 = OpIEqual %bool %x %u0
%z = OpSelect %bf %is0 %three %y
OpBranch %next
%next = OpLabel
%b = OpPhi %bf %z %entry
%pair = OpCompositeConstruct %bfs %b %seven
%swapped = OpVectorShuffle %bfs %pair %null 1 0
%last = OpCompositeExtract %bf %swapped 1
%last_bits = OpBitcast %ushort %last
%same_bits = OpFunctionCall %ushort %g %last_bits
%same = OpBitcast %bf %same_bits
%r = OpConvertFToU %uint %same)",
                    R"(%unary = OpTypeFunction %bf %bf
%unary_short = OpTypeFunction %ushort %ushort
%bfs = OpTypeVector %bf 2
%shorts = OpTypeVector %ushort 2
%null = OpConstantNull %bfs
%seven = OpConstant %bf !0x40e0
%three = OpConstant %bf !0x4040
%array = OpTypeArray %bf %u2
%numbers = OpConstantComposite %array %three %seven
%private_bf = OpTypePointer Function %bf
%private_array = OpTypePointer Function %array
)",
                    R"(
%f = OpFunction %bf DontInline %unary
%fx = OpFunctionParameter %bf
%fl = OpLabel
%variable = OpVariable %private_array Function %numbers
%at = OpInBoundsAccessChain %private_bf %variable %u1
%old = OpLoad %bf %at Aligned 2
OpStore %at %fx
%new = OpLoad %bf %at
%oldf = OpFConvert %float %old
%newf = OpFConvert %float %new
%fs = OpFAdd %float %oldf %newf
%fr = OpFConvert %bf %fs
OpReturnValue %fr
OpFunctionEnd
%g = OpFunction %ushort DontInline %unary_short
%gx = OpFunctionParameter %ushort
%gl = OpLabel
OpReturnValue %gx
OpFunctionEnd)"),
               {0, 1, 2, 100}) == Numbers{3, 8, 9, 107});
}

TEST_CASE("specialised constants of bfloat16; hints about rounding go") {
  auto described = text("%f = OpFConvert %float %number\n%g = OpFConvert %bf %f\n%r = OpConvertFToU %uint %g",
                        "%number = OpSpecConstant %bf !0x4120\n");
  described.decorations =
      "OpDecorate %number SpecId 1\nOpDecorate %g FPRoundingMode RTE\nOpDecorate %f FPFastMathMode NSZ\n";
  CHECK(run_on(described, {0}) == Numbers{10});
}

TEST_CASE("what bfloat16 does not allow is refused") {
  struct Row {
    std::string text;
    const char* wanted;
  };
  const auto body = [](const std::string& instruction, const std::string& types = "") {
    return std::string(text("%f = OpConvertUToF %float %x\n%b = OpFConvert %bf %f\n" + instruction +
                                "\n%r = OpCopyObject %uint %x",
                            types));
  };
  const auto without = [](std::string all, const std::string& line) {
    return all.erase(all.find(line), line.size());
  };
  auto rounded = text("%f = OpConvertUToF %float %x\n%b = OpFConvert %bf %f\n%r = OpCopyObject %uint %x");
  rounded.decorations = "OpDecorate %b FPRoundingMode RTZ\n";
  const std::string dot = "%v = OpCompositeConstruct %bfs %b %b\n%d = OpDot %bf %v %v";
  const Row rows[] = {
      {body("%c = OpFAdd %bf %b %b"), "allows no instruction 129"},
      {body("%c = OpIAdd %bf %b %b"), "allows no instruction 128"},
      {body("%c = OpFOrdEqual %bool %b %b"), "allows no instruction 180"},
      {body("%c = OpUConvert %uint %b"), "allows no instruction 113"},
      {body("%c = OpExtInst %bf %cl sqrt %b"), "of OpenCL.std takes no bfloat16"},
      {body("", "%c = OpConstant %float 1\n%d = OpSpecConstantOp %bf FConvert %c\n"),
       "constants of bfloat16"},
      {without(body(dot, "%bfs = OpTypeVector %bf 2\n"), "OpCapability !5117\n"), "BFloat16DotProductKHR"},
      {without(without(body(""), "OpCapability !5117\n"), "OpCapability !5116\n"), "BFloat16TypeKHR"},
      {rounded, "rounding mode"},
      {Text{"%f = OpConvertUToF %float %x\n%s = OpQuantizeToF16 %ushort %f\n%r = OpUConvert %uint %s",
            "%ushort = OpTypeInt 16 0\n%float = OpTypeFloat 32\n", "", "OpCapability Int16\n"},
       "BFloat16ConversionINTEL"},
      {Text{"%f = OpConvertUToF %double %x\n%s = OpQuantizeToF16 %ushort %f\n%r = OpUConvert %uint %s",
            "%ushort = OpTypeInt 16 0\n%double = OpTypeFloat 64\n", "",
            "OpCapability Int16\nOpCapability Float64\n" + kIntels},
       "between integers of 16"},
      {Text{"%f = OpConvertUToF %float %x\n%r = OpQuantizeToF16 %uint %f", "%float = OpTypeFloat 32\n", "",
            kIntels},
       "integers of 16"},
      {Text{"%f = OpIsNan %float %x\n%r = OpConvertFToU %uint %f", "%float = OpTypeFloat 32\n", "", kIntels},
       "integers of 16"},
  };
  for (auto [assembly, wanted] : rows) {
    if (assembly.find("%cl") != std::string::npos)
      assembly.replace(assembly.find("OpMemoryModel"), 0, "%cl = OpExtInstImport \"OpenCL.std\"\n");
    INFO(assembly);
    const auto reply = build_bfloat16(assembly);
    CHECK(reply.outcome == Outcome::kInvalidInput);
    CHECK_THAT(reply.log, Contains(wanted));
  }
}

TEST_CASE("damaged modules with bfloat16 have an answer") {
  auto described = text(
      "%f = OpConvertUToF %float %x\n%v = OpCompositeConstruct %floats %f %f\n%b = OpFConvert %bfs %v\n"
      "%dot = OpDot %bf %b %b\n%i16 = OpQuantizeToF16 %ushort %f\n%w = OpIsNan %float %i16\n"
      "%r = OpConvertFToU %uint %dot",
      "%floats = OpTypeVector %float 2\n%bfs = OpTypeVector %bf 2\n");
  described.header += kIntels;
  const auto whole = with_bfloat16(assemble(described));
  REQUIRE(build_module(whole).outcome == Outcome::kSuccess);
  std::mt19937 random(16);
  for (int round = 0; round < 100; ++round) {
    auto words = whole;
    for (int i = 0; i < 1 + round % 3; ++i) {
      auto& word = words[kHeaderWords + random() % (words.size() - kHeaderWords)];
      word = round % 2 ? word ^ 1U << random() % 32 : static_cast<std::uint32_t>(random() % words[3]);
    }
    const auto reply = build_module(words);
    INFO(round << reply.log);
    CHECK((reply.outcome == Outcome::kSuccess || !reply.log.empty()));
    CHECK(reply.log.find("the compiler crashed") == std::string::npos);
    CHECK(reply.log.find("the compiler stopped") == std::string::npos);
  }
}

TEST_CASE("functions of cl_intel_bfloat16_conversions, of one number and of vectors") {
  const auto values = floats();
  const auto count = static_cast<std::uint32_t>(values.size());
  const auto wanted = nearest(values);
  for (const std::string n : {"", "2", "3", "4", "8", "16"}) {
    INFO("vectors of " << n);
    const auto last = n.empty() ? "" : n == "16" ? ".sf" : ".s" + std::to_string(std::stoul(n) - 1);
    Loaded program(
        "kernel void k(global uint* a, global uint* b) {\n  const size_t i = get_global_id(0);\n"
        "  float" +
        n + " v = 0; v" + last +
        " = as_float(a[i]);\n"
        "  const ushort" +
        n + " r = intel_convert_bfloat16" + n + "_as_ushort" + n +
        "(v);\n"
        "  a[i] = r" +
        last +
        ";\n"
        "  b[i] = as_uint(intel_convert_as_bfloat16" +
        n + "_float" + n + "(r)" + last + ");\n}");
    Buffer<std::uint32_t> a(values), b(Numbers(values.size()));
    check_ok(program.launch("k", {count, 1, 1}, {64, 1, 1}, a, b));
    CHECK(a.read() == wanted);
    auto back = wanted;
    for (auto& one : back) one <<= 16;
    CHECK(b.read() == back);
  }
}

TEST_CASE("the capabilities and extensions of bfloat16 are listed") {
  const auto features = features_of(target());
  const auto list = spirv_capabilities(features);
  for (const std::uint32_t one : {5116, 5117, 6115}) CHECK(std::ranges::count(list, one) == 1);
  const auto names = spirv_extensions(features);
  for (const std::string one : {"SPV_KHR_bfloat16", "SPV_INTEL_bfloat16_conversion"})
    CHECK(std::ranges::count(names, one) == 1);
}
