// What the SIMT lowering and code generation must keep, run on the device model.
#include "compiler/test/run_fixture.hpp"

namespace kiesel::compiler {
namespace {

using test::Buffer;
using test::check_ok;
using test::Loaded;

constexpr std::uint32_t kFDivide = 136, kFRemainder = 140, kFModulo = 141;

// The program with every float division made another instruction: Clang has no words for remainders.
Loaded with_instruction(const char* source, std::uint32_t opcode) {
  auto words = read_spirv(test::build(source).binary).value();
  for (std::size_t at = 5; at < words.size(); at += words[at] >> 16)
    if ((words[at] & 0xffff) == kFDivide) words[at] = (words[at] & 0xffff0000) | opcode;
  auto request = test::make_request("");
  const auto bytes = std::as_bytes(std::span(words));
  request.inputs.emplace_back(bytes.begin(), bytes.end());
  return Loaded(test::run(request));
}

TEST_CASE("SPIR-V's float remainders are fmod with the sign of either operand") {
  constexpr const char* kSource = R"(kernel void k(global float* a, float b) {
    a[get_global_id(0)] = a[get_global_id(0)] / b; })";
  const std::vector<float> values{7.5f, -7.5f, 0.25f, 1e30f};
  const Buffer<float> remainders(values), modulos(values);
  auto remainder = with_instruction(kSource, kFRemainder);
  check_ok(remainder.launch("k", {4, 1, 1}, {4, 1, 1}, remainders, -2.0f));
  CHECK(remainders.read() == std::vector<float>{1.5f, -1.5f, 0.25f, 0.0f});
  auto modulo = with_instruction(kSource, kFModulo);
  check_ok(modulo.launch("k", {4, 1, 1}, {4, 1, 1}, modulos, -2.0f));
  CHECK(modulos.read() == std::vector<float>{-0.5f, -1.5f, -1.75f, 0.0f});
}

}  // namespace
}  // namespace kiesel::compiler
