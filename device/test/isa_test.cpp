#include <catch2/catch.hpp>
#include <random>

#include "device/isa/assembler.hpp"
#include "device/isa/csr.hpp"
#include "device/isa/extensions.hpp"
#include "device/isa/instruction.hpp"
#include "device/isa/matrix.hpp"
#include "device/isa/quirks.hpp"
#include "device/isa/target_fields.hpp"

namespace kiesel::isa {
namespace {

constexpr Op kOps[] = {
#define OPERATION(id, ...) Op::id,
#include "device/isa/operations.def"
#undef OPERATION
};

TEST_CASE("every word of an instruction decodes to it and encodes back") {
  std::mt19937 random(1);
  for (const Op op : kOps) {
    INFO(info(op).name);
    CHECK((info(op).match & ~info(op).mask) == 0);
    for (int i = 0; i < 200; ++i) {
      const std::uint32_t word = info(op).match | (static_cast<std::uint32_t>(random()) & ~info(op).mask);
      const Instruction in = decode(word);
      if (info(op).family == Family::kMatrix && in.op == Op::illegal) {
        CHECK(!find_matrix_product(word >> 7 & 31, word >> 15 & 31));
        continue;
      }
      if (in.op == Op::illegal) {  // a reserved rounding mode
        CHECK(info(op).syntax.find_first_of("me") != std::string_view::npos);
        CHECK(((word >> 12 & 7) == 5 || (word >> 12 & 7) == 6));
        continue;
      }
      // Without a result bar.arrive is bar.wait.
      CHECK(in.op == (op == Op::bar_arrive && (word >> 7 & 31) == 0 ? Op::bar_wait : op));
      const auto again = encode(in);
      REQUIRE(again);
      Instruction copy = decode(*again);
      copy.word = word;
      CHECK(copy == in);
    }
  }
}

TEST_CASE("no word belongs to two instructions") {
  for (const Op a : kOps)
    for (const Op b : kOps) {
      if (a == b || std::minmax(a, b) == std::minmax(Op::bar_wait, Op::bar_arrive)) continue;
      const std::uint32_t common = info(a).mask & info(b).mask;
      INFO(info(a).name << " and " << info(b).name);
      CHECK((info(a).match & common) != (info(b).match & common));
    }
}

TEST_CASE("disassembly assembles to the same word") {
  std::mt19937 random(2);
  for (const Op op : kOps) {
    if (info(op).format == Format::kFence || info(op).name == "fence.i") continue;
    for (int i = 0; i < 50; ++i) {
      const std::uint32_t random_word =
          info(op).match | (static_cast<std::uint32_t>(random()) & ~info(op).mask);
      Instruction in = decode(random_word);
      if (in.op == Op::illegal) continue;
      const std::string text = disassemble(random_word, 0x10000000);
      INFO(text);
      if (info(op).format == Format::kBranch || info(op).format == Format::kJump) {
        const std::string relative = disassemble(random_word, 0);
        const auto assembled = isa::assemble(relative);
        CHECK(assembled.words.at(0) == random_word);
        continue;
      }
      if (info(op).syntax.ends_with('e')) {
        const Instruction again = decode(isa::assemble(text).words.at(0));
        CHECK(again.op == in.op);
        CHECK(again.rs1 == in.rs1);
        continue;
      }
      CHECK(isa::assemble(text).words.at(0) == random_word);
    }
  }
}

TEST_CASE("compressed, unknown and reserved encodings are illegal") {
  for (const std::uint32_t word : {0x00000000u, 0xFFFFFFFFu, 0x00000001u, 0x0000450Du, 0x0000007Fu,
                                   0x0000200Bu | 2u << 20, 0x00007063u ^ 0x5000u, 0x0000100Fu | 0x6000u}) {
    INFO(std::hex << word);
    CHECK(decode(word).op == Op::illegal);
  }
  CHECK(disassemble(0, 0) == ".word 0x00000000");
}

TEST_CASE("well-known encodings") {
  CHECK(disassemble(0x00A50533, 0) == "add a0, a0, a0");
  CHECK(disassemble(0xFE0418E3, 0x1000) == "bne s0, zero, 0xff0");
  CHECK(disassemble(0xCC402573, 0) == "csrrs a0, active_lanes, zero");
  CHECK(disassemble(0x0005000B, 0) == "tmc a0");
  CHECK(disassemble(0x0015A50B, 0) == "split.n a0, a1");
}

TEST_CASE("the table of CSRs knows what differs between lanes") {
  CHECK(csr_is_divergent(csr::lane_id));
  CHECK(csr_is_divergent(csr::mhartid));
  CHECK(csr_is_divergent(csr::local_id_y));
  CHECK(csr_is_divergent(0x7FF));
  CHECK_FALSE(csr_is_divergent(csr::group_id_x));
  CHECK_FALSE(csr_is_divergent(csr::active_lanes));
  CHECK(find_csr("mscratch")->number == 0x340);
  CHECK(find_csr(0x123) == nullptr);
}

TEST_CASE("a target's extensions and quirks are part of its bytes") {
  // What distinguishes programs in caches and on their way between processes.
  const auto check = [](const auto& rows) {
    for (const auto& row : rows) {
      INFO(row.name);
      Target target;
      const auto before = encode_value(target);
      target.*row.member = !(target.*row.member);
      CHECK(encode_value(target) != before);
      CHECK(decode_value<Target>(encode_value(target)) == target);
    }
  };
  check(kExtensions);
  check(kQuirks);
}

TEST_CASE("an extension's instructions are there with it only") {
  Target none;
  clear_extensions(none);
  CHECK(extension_names(none).empty());
  for (const TargetExtension& row : kExtensions) {
    INFO(row.name);
    Target one = none;
    CHECK_FALSE(add_extension(one, row.name));
    CHECK(extension_names(one) == row.name);
    CHECK(check_extensions(one).has_value() == !row.needs.empty());
    // Zicntr is registers only.
    unsigned more = available(Extension::kZicntr, one) && !available(Extension::kZicntr, none);
    for (const Op op : kOps)
      more += available(info(op).extension, one) && !available(info(op).extension, none);
    CHECK(more > 0);
  }
}

}  // namespace
}  // namespace kiesel::isa
