#include "compiler/program/program.hpp"

#include <catch2/catch.hpp>

#include "compiler/test/compiler_fixture.hpp"

using namespace kiesel;
using namespace kiesel::compiler;

namespace {

constexpr const char* kSource = "kernel void k(global int* a) { a[get_global_id(0)] = 1; }";

std::vector<std::byte> small_binary() {
  auto reply = test::build(kSource);
  INFO(reply.log);
  REQUIRE(reply.outcome == Outcome::kSuccess);
  return reply.binary;
}

Program full_program() {
  Program program;
  program.target.lanes = 8;
  program.target.cas = false;
  Kernel kernel;
  kernel.name = "k";
  kernel.symbol = "k.symbol";
  kernel.arguments.push_back({"a", "float4*", ArgumentKind::kLocalPointer, AddressSpace::kLocal,
                              ArgumentAccess::kReadOnly, true, true, true, 128, 8, 16});
  kernel.argument_bytes = 8;
  kernel.local_memory_bytes = 77;
  kernel.private_memory_bytes = 1ULL << 40;
  kernel.required_work_group_size = {1, 2, 3};
  kernel.work_group_size_hint = {4, 5, 6};
  kernel.required_sub_groups = 3;
  kernel.vector_type_hint = "float4";
  kernel.attributes = "vec_type_hint(float4)";
  kernel.uses_printf = true;
  program.kernels = {kernel};
  program.global_variable_bytes = 12;
  program.has_code = false;
  program.is_library = true;
  program.uniform_work_groups = true;
  program.has_argument_info = true;
  program.options = "-g";
  return program;
}

}  // namespace

TEST_CASE("the kernel table survives JSON") {
  const auto text = to_json(full_program());
  const auto read = from_json(text);
  REQUIRE(read.ok());
  CHECK(to_json(*read) == text);
  const auto& argument = read->kernels.at(0).arguments.at(0);
  CHECK(argument.kind == ArgumentKind::kLocalPointer);
  CHECK(argument.access == ArgumentAccess::kReadOnly);
  CHECK(read->kernels[0].private_memory_bytes == 1ULL << 40);
  CHECK(read->target == full_program().target);
}

TEST_CASE("text that is no kernel table is an invalid binary") {
  auto text = to_json(full_program());
  const std::string bad[] = {"",
                             "{",
                             "[]",
                             "3",
                             "{}",
                             R"({"format":1})",
                             R"({"format":"x"})",
                             text.substr(0, text.size() / 2),
                             "{\"format\":99" + text.substr(text.find(','))};
  for (const auto& candidate : bad) {
    INFO(candidate);
    const auto read = from_json(candidate);
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().code == Errc::kInvalidBinary);
    CHECK_FALSE(read.error().reason.empty());
  }
  const std::string kind = "\"kind\":2";
  REQUIRE(text.find(kind) != std::string::npos);
  CHECK_FALSE(from_json(text.replace(text.find(kind), kind.size(), "\"kind\":9")).ok());
}

TEST_CASE("every flipped bit of a program binary is found") {
  auto binary = small_binary();
  REQUIRE(read_program(binary).ok());
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < binary.size() * 8; ++i) {
    const auto bit = std::byte{1} << (i % 8);
    binary[i / 8] ^= bit;
    const auto read = read_program(binary);
    accepted += read.ok() || read.error().code != Errc::kInvalidBinary;
    binary[i / 8] ^= bit;
  }
  CHECK(accepted == 0);
  CHECK(read_program(binary).ok());
}

TEST_CASE("every truncated program binary is found") {
  const auto binary = small_binary();
  std::size_t accepted = 0;
  for (std::size_t size = 0; size < binary.size(); ++size)
    accepted +=
        read_program(std::span(binary).first(size)).ok() || read_spirv(std::span(binary).first(size)).ok();
  CHECK(accepted == 0);
  auto longer = binary;
  longer.push_back(std::byte{0});
  CHECK_FALSE(read_program(longer).ok());
}

TEST_CASE("foreign files are refused with a reason") {
  const std::string text = "int main() {}";
  const auto read = read_program(std::as_bytes(std::span(text)));
  REQUIRE_FALSE(read.ok());
  CHECK(read.error().code == Errc::kInvalidBinary);
  CHECK(read.error().reason == "not an ELF file");
  CHECK_FALSE(read_program({}).ok());
}

TEST_CASE("a damaged binary as input of a build is an invalid input") {
  auto request = test::make_request("");
  request.inputs.push_back(small_binary());
  CHECK(test::run(request).outcome == Outcome::kSuccess);
  request.inputs[0][request.inputs[0].size() / 2] ^= std::byte{4};
  const auto reply = test::run(request);
  CHECK(reply.outcome == Outcome::kInvalidInput);
  CHECK(reply.log.find("damaged") != std::string::npos);
}
