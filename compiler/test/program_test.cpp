#include "compiler/program/program.hpp"

#include <elf.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <nlohmann/json.hpp>

#include "compiler/program/elf_writer.hpp"
#include "compiler/test/compiler_fixture.hpp"
#include "support/elf.hpp"

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
  kernel.observes_work_groups = false;
  program.kernels = {kernel};
  program.global_variable_bytes = 12;
  program.has_code = false;
  program.is_library = true;
  program.uniform_work_groups = true;
  program.has_argument_info = true;
  program.options = "-g";
  return program;
}

using nlohmann::json;

json full_table() { return json::parse(to_json(full_program())); }

// Why the table is refused; "" where it is not.
std::string refusal(const json& table) {
  const auto read = from_json(table.dump());
  if (read) return "";
  CHECK(read.error().code == Errc::kInvalidBinary);
  return read.error().reason;
}

// The binary with another kernel table and the hash mended.
std::vector<std::byte> with_table(std::vector<std::byte> binary, const json& table) {
  const std::string text = table.dump();
  const auto bytes = std::as_bytes(std::span(text));
  const auto view = ElfView::parse(binary);
  REQUIRE(view);
  for (std::size_t i = 0; i < view->sections().size(); ++i) {
    if (view->sections()[i].name != kProgramSection) continue;
    auto* header = reinterpret_cast<Elf64_Shdr*>(binary.data() + view->header().e_shoff) + i;
    header->sh_offset = binary.size();
    header->sh_size = bytes.size();
    break;
  }
  binary.insert(binary.end(), bytes.begin(), bytes.end());
  REQUIRE(seal(binary));
  return binary;
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

TEST_CASE("each field of a kernel table is there once and of its type") {
  const json table = full_table();
  CHECK(refusal(table) == "");
  const json flat = table.flatten();
  for (const auto& [path, value] : flat.items()) {
    INFO(path);
    const json::json_pointer place(path);
    json other = table;
    other[place] = value.is_string() ? json(3) : json("3");
    CHECK(refusal(other) != "");
    for (const json& odd : {json(nullptr), json(1.5), json(-1), json::object(), json::array()}) {
      other[place] = odd;
      CHECK(refusal(other) != "");
    }
    json& owner = other[place.parent_pointer()];
    if (owner.is_object()) {
      owner.erase(place.back());
      CHECK(refusal(other) != "");
      owner = table[place.parent_pointer()];
      owner["more"] = 1;
      CHECK(refusal(other) != "");
      const std::string name = "\"" + place.back() + "\":";
      std::string twice = table.dump();
      twice.insert(twice.find(name), name + value.dump() + ",");
      CHECK_FALSE(from_json(twice));
    } else {
      owner.push_back(value);  // a fourth size
      CHECK(refusal(other) != "");
    }
  }
}

TEST_CASE("no number of a kernel table is more than its reader can take") {
  const std::string kernel = "/kernels/0/", argument = kernel + "arguments/0/";
  constexpr std::uint64_t kMost = ~std::uint64_t{0};
  const std::pair<std::string, std::uint64_t> rows[] = {
      {"/format", 3},
      {"/target/lanes", 0},
      {"/target/lanes", 48},
      {"/target/lanes", 128},
      {"/target/warps", 0},
      {"/target/warps", 65},
      {"/target/local_memory_bytes", std::uint64_t{1} << 32},
      {"/global_variable_bytes", kMost},
      {kernel + "argument_bytes", 0},  // there is an argument of 8
      {kernel + "argument_bytes", 7},
      {kernel + "argument_bytes", kMostArgumentBytes + 1},
      {kernel + "argument_bytes", 0xFFFFFFF0},
      {kernel + "local_memory_bytes", kMost},
      {kernel + "private_memory_bytes", kMost},
      {kernel + "required_work_group_size/0", 0},
      {kernel + "required_work_group_size/2", 0},
      {kernel + "required_work_group_size/1", std::uint64_t{1} << 32},
      {kernel + "work_group_size_hint/0", std::uint64_t{1} << 32},
      {kernel + "required_sub_groups", 1U << 27},
      {argument + "kind", 6},
      {argument + "address_space", 4},
      {argument + "access", 4},
      {argument + "offset", 0},
      {argument + "offset", 127},
      {argument + "offset", 129},
      {argument + "offset", 0x7FFFFF00},
      {argument + "offset", 0xFFFFFFF8},
      {argument + "size", 0},
      {argument + "size", 16},
      {argument + "size", 4096},
      {argument + "alignment", 0},
      {argument + "alignment", 3},
      {argument + "alignment", 256},
      {argument + "alignment", 1U << 31},
  };
  for (const auto& [path, value] : rows) {
    INFO(path << " " << value);
    json table = full_table();
    REQUIRE(table.contains(json::json_pointer(path)));
    table[json::json_pointer(path)] = value;
    CHECK(refusal(table) != "");
  }
}

TEST_CASE("arguments lie one behind the other in what the launch has for them") {
  json table = full_table();
  json& kernel = table["kernels"][0];
  kernel["arguments"].push_back(kernel["arguments"][0]);
  CHECK(refusal(table).find("overlap") != std::string::npos);
  kernel["arguments"][1]["offset"] = 136;
  CHECK(refusal(table).find("up to byte 16 of 8") != std::string::npos);
  kernel["argument_bytes"] = 16;
  CHECK(refusal(table) == "");
  for (int i = 0; i < 200'000; ++i) kernel["arguments"].push_back(kernel["arguments"][1]);
  CHECK(refusal(table).find("overlap") != std::string::npos);
}

TEST_CASE("a table as deep as it is long is no table") {
  const std::size_t depth = 1 << 20;
  for (const std::string& part : {std::string("["), std::string("{\"kernels\":"), std::string("{\"a\":")}) {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i) text += part;
    CHECK_FALSE(from_json(text));
  }
}

TEST_CASE("what a table says about the code is compared with the code") {
  const auto binary = small_binary();
  const auto program = read_program(binary);
  REQUIRE(program);
  const json table = json::parse(to_json(*program));
  CHECK(read_program(with_table(binary, table)));
  json other = table;
  other["kernels"][0]["symbol"] = "nobody";
  CHECK_FALSE(read_program(with_table(binary, other)));
  other = table;
  other["kernels"].push_back(table["kernels"][0]);
  other["kernels"][1]["symbol"] = "";
  CHECK_FALSE(read_program(with_table(binary, other)));
  // Without code there is nothing that they could enter.
  other["has_code"] = false;
  CHECK(read_program(with_table(binary, other)));
  const auto text = other.dump();
  auto carrier = write_tables(ElfKind::kShared, text, {});
  REQUIRE(seal(carrier));
  CHECK(read_program(carrier));
  other["has_code"] = true;
  auto empty = write_tables(ElfKind::kShared, other.dump(), {});
  REQUIRE(seal(empty));
  CHECK_FALSE(read_program(empty));
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
