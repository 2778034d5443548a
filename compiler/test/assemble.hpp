// SPIR-V modules for tests, written as text.
#pragma once

#include <catch2/catch.hpp>
#include <spirv-tools/libspirv.hpp>
#include <string>
#include <vector>

namespace kiesel::compiler::test {

using Module = std::vector<std::uint32_t>;

inline Module assemble(const std::string& text, spv_target_env version = SPV_ENV_UNIVERSAL_1_4) {
  spvtools::SpirvTools tools(version);
  std::string log;
  tools.SetMessageConsumer(
      [&](spv_message_level_t, const char*, const spv_position_t&, const char* message) { log += message; });
  Module words;
  INFO(log << text);
  REQUIRE(tools.Assemble(text, &words));
  return words;
}

// A kernel k(uint* a): `body` makes %r of %x = a[i], where %i is the global id, %p = a + i and %a = a; then
// a[i] = %r. Types: %void, %bool, %uint, %ulong, %uint2, %uint4, %global (of uint), %private (of uint).
// Constants %u0 to %u4, %l1.
struct Text {
  std::string body;
  std::string types{};        // types, constants and variables beside those
  std::string functions{};    // before the kernel
  std::string header{};       // capabilities and extensions
  std::string decorations{};  // modes, names and decorations

  operator std::string() const {
    return "OpCapability Addresses\nOpCapability Kernel\nOpCapability Linkage\nOpCapability Int64\n" +
           header +
           R"(
OpMemoryModel Physical64 OpenCL
OpEntryPoint Kernel %k "k" %gid
)" + decorations +
           R"(
OpDecorate %gid BuiltIn GlobalInvocationId
%void = OpTypeVoid
%bool = OpTypeBool
%uint = OpTypeInt 32 0
%ulong = OpTypeInt 64 0
%uint2 = OpTypeVector %uint 2
%uint4 = OpTypeVector %uint 4
%ulong3 = OpTypeVector %ulong 3
%input = OpTypePointer Input %ulong3
%global = OpTypePointer CrossWorkgroup %uint
%private = OpTypePointer Function %uint
%kernel = OpTypeFunction %void %global
%u0 = OpConstant %uint 0
%u1 = OpConstant %uint 1
%u2 = OpConstant %uint 2
%u3 = OpConstant %uint 3
%u4 = OpConstant %uint 4
%l1 = OpConstant %ulong 1
)" + types +
           "%gid = OpVariable %input Input\n" + functions + R"(
%k = OpFunction %void None %kernel
%a = OpFunctionParameter %global
%entry = OpLabel
%var = OpVariable %private Function
%ids = OpLoad %ulong3 %gid
%i = OpCompositeExtract %ulong %ids 0
%p = OpInBoundsPtrAccessChain %global %a %i
%x = OpLoad %uint %p Aligned 4
)" + body + R"(
OpStore %p %r Aligned 4
OpReturn
OpFunctionEnd
)";
  }
};

}  // namespace kiesel::compiler::test
