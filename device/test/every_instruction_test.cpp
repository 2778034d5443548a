// Each instruction of the table, translated and interpreted, must leave the same: with operands of every kind
// that the translator tells apart (a number of the warp, known or not, a line, an offset from a base, 32 or
// 64 bits a lane, a truth), in full warps and in partial ones. A kernel that the translator refuses fails,
// too: an instruction that is in the table and has no case there does not go unseen.
#include <fmt/format.h>

#include <bit>
#include <catch2/catch.hpp>
#include <cstring>
#include <random>

#include "device/isa/csr.hpp"
#include "device/isa/instruction.hpp"
#include "device/test/machine.hpp"

namespace kiesel::device::test {
namespace {

using isa::Extension;
using isa::Format;
using isa::Op;
using isa::OpInfo;

constexpr unsigned kItems = 52, kGroup = 52;  // a full warp and a partial one
constexpr unsigned kInputs = 16;              // words of 8 bytes a work-item: integers, then reals
constexpr unsigned kReals = 8;                // where they start
constexpr std::uint8_t kPlace = 10, kFirst = 14, kSecond = 15, kResult = 16, kThird = 17;

// The text of a body, and how many results it stores for each work-item.
struct Body {
  std::string text;
  unsigned results = 0;
  void add(std::string_view line) { text.append(line).append("\n"); }
  // s2 points to the work-item's results.
  void store(std::string_view with) { add(fmt::format("{}, {}(s2)", with, 8 * results++)); }
};

// Puts operand `number` of a kind into a register. s0: the work-item's inputs, a1: the first one's, s3: its
// number, s4: a buffer's worth of zeros behind the inputs.
using Source = void (*)(Body& body, unsigned reg, unsigned number);
std::string_view name(unsigned reg) { return isa::register_name(reg); }
void lanes64(Body& body, unsigned reg, unsigned number) {
  body.add(fmt::format("ld {}, {}(s0)", name(reg), number * 8));
}
void lanes32(Body& body, unsigned reg, unsigned number) {
  body.add(fmt::format("lw {}, {}(s0)", name(reg), number * 8));
}
void one_number(Body& body, unsigned reg, unsigned number) {
  body.add(fmt::format("ld {}, {}(a1)", name(reg), number * 8));
}
void line(Body& body, unsigned reg, unsigned number) {
  body.add(fmt::format("addi {}, s3, {}", name(reg), number * 5));
}
void known_number(Body& body, unsigned reg, unsigned number) {
  body.add(fmt::format("addi {}, zero, {}", name(reg), number % 2 ? -37 : 3));
}
void known_bit(Body& body, unsigned reg, unsigned number) {
  known_number(body, reg, number);
  body.add(fmt::format("bseti {}, {}, 63", name(reg), name(reg)));
}
void truth(Body& body, unsigned reg, unsigned number) {
  lanes32(body, reg, number);
  body.add(fmt::format("slti {}, {}, 5", name(reg), name(reg)));
}
void upper(Body& body, unsigned reg, unsigned number) {
  lanes32(body, reg, number);
  body.add(fmt::format("slli {}, {}, 32", name(reg), name(reg)));
}
void offset(Body& body, unsigned reg, unsigned number) {
  lanes32(body, reg, number);
  one_number(body, kThird, number + 1);
  body.add(fmt::format("sh2add {}, {}, {}", name(reg), name(reg), name(kThird)));
}
void unsigned32(Body& body, unsigned reg, unsigned number) {
  body.add(fmt::format("lwu {}, {}(s0)", name(reg), number * 8));
}
constexpr Source kSources[] = {lanes64,   lanes32, one_number, line,   known_number,
                               known_bit, truth,   upper,      offset, unsigned32};
constexpr Source kSecondSources[] = {lanes64, lanes32, one_number, known_number, truth};

bool has(Op op, char operand) { return isa::info(op).syntax.find(operand) != std::string_view::npos; }

void word(Body& body, isa::Instruction in) {
  const auto encoded = isa::encode(in);
  INFO(isa::info(in.op).name);
  REQUIRE(encoded);
  body.add(fmt::format(".word {:#x}", *encoded));
}

// With its result stored whole, or only its lower half.
void store_integer(Body& body, unsigned reg, bool whole) {
  body.store(fmt::format("{} {}", whole ? "sd" : "sw", name(reg)));
}

std::vector<std::int64_t> immediates(Op op) {
  if (has(op, 'h')) return {1, 32, 63};
  if (has(op, 'w')) return {0, 31};
  if (has(op, 'u')) return {0x12345000, -4096};
  if (has(op, 'i')) return {1, -1};
  return {0};
}

void integer(Body& body, Op op) {
  const bool two = has(op, 't');
  unsigned count = 0;
  for (std::size_t i = 0; i < std::size(kSources); ++i)
    for (const std::int64_t imm : immediates(op)) {
      for (std::size_t j = 0; j < (two ? 2 : 1); ++j) {
        kSources[i](body, kFirst, 0);
        if (two) kSecondSources[j == 0 ? 0 : (i + j) % std::size(kSecondSources)](body, kSecond, 3);
        word(body, {.op = op, .rd = kResult, .rs1 = kFirst, .rs2 = kSecond, .imm = imm});
        store_integer(body, kResult, ++count % 3 != 0);
      }
    }
}

// From memory: each lane's or the first work-item's, of the sort that the operation works on.
void load_real(Body& body, Op op, unsigned reg, unsigned number, bool one) {
  const std::string_view text = isa::info(op).name;
  const char sort =
      text.starts_with("fcvt.") || text.starts_with("fmv.") ? text.back() : text[text.rfind('.') + 1];
  body.add(fmt::format("{} {}, {}({})",
                       sort == 'd'   ? "fld"
                       : sort == 'h' ? "flh"
                                     : "flw",
                       isa::float_register_name(reg), (kReals + number) * 8, one ? "a1" : "s0"));
}

void dot(Body& body, Op op) {
  for (std::size_t i = 0; i < std::size(kSources); ++i) {
    kSources[i](body, kFirst, 0);
    kSecondSources[i % std::size(kSecondSources)](body, kSecond, 3);
    kSources[(i + 3) % std::size(kSources)](body, kThird, 1);
    word(body, {.op = op, .rd = kResult, .rs1 = kFirst, .rs2 = kSecond, .rs3 = kThird});
    store_integer(body, kResult, i % 3 != 0);
  }
}

void real(Body& body, Op op) {
  const bool rounds = has(op, 'm');
  for (const std::uint8_t rounding : {isa::kRoundNearestEven, isa::kRoundDynamic, isa::kRoundTowardsZero})
    for (unsigned ones = 0; ones < 4; ++ones) {
      if (!rounds && rounding != isa::kRoundNearestEven) continue;
      if (has(op, 's'))
        kSources[ones * 2](body, kFirst, ones);
      else
        load_real(body, op, kFirst, ones, ones & 1);
      if (has(op, 'T')) load_real(body, op, kSecond, ones + 1, ones & 2);
      if (has(op, 'R')) load_real(body, op, kThird, ones + 2, ones == 3);
      word(body, {.op = op,
                  .rd = kResult,
                  .rs1 = kFirst,
                  .rs2 = kSecond,
                  .rs3 = kThird,
                  .rounding = has(op, 'm') ? rounding : std::uint8_t{0}});
      if (has(op, 'D'))
        body.store(fmt::format("fsd {}", isa::float_register_name(kResult)));
      else
        store_integer(body, kResult, true);
    }
}

unsigned bytes_of(Op op) { return 1U << (isa::info(op).match >> 12 & 3); }

// a0: where to, from a row, from one place, from places of their own.
void place(Body& body, unsigned kind, std::string_view base) {
  if (kind == 0) body.add(fmt::format("sh3add a0, s3, {}", base));
  if (kind == 1) body.add(fmt::format("addi a0, {}, 16", base));
  if (kind == 2) {
    body.add("xori a0, s3, 5");
    body.add(fmt::format("sh3add a0, a0, {}", base));
  }
}

void load(Body& body, Op op) {
  for (unsigned kind = 0; kind < 3; ++kind) {
    place(body, kind, "a1");
    word(body, {.op = op, .rd = kResult, .rs1 = kPlace, .imm = 8});
    if (has(op, 'D'))
      body.store("fsd fa6");
    else
      store_integer(body, kResult, true);
  }
}

// What it leaves is read back by the one work-item that stored it, or, where all store to one place, by all.
void store(Body& body, Op op) {
  for (unsigned kind = 0; kind < 3; ++kind) {
    for (const Source source : {lanes64, lanes32, one_number, line, known_number, truth}) {
      place(body, kind, "s4");
      body.add("sd zero, 0(a0)");
      if (has(op, 'T')) {
        body.add(fmt::format("{} fa5, 64(s0)", bytes_of(op) == 8   ? "fld"
                                               : bytes_of(op) == 4 ? "flw"
                                                                   : "flh"));
      } else {
        source(body, kSecond, 1);
      }
      word(body, {.op = op, .rs1 = kPlace, .rs2 = kSecond});
      body.add(fmt::format("ld {}, 0(a0)", name(kResult)));
      store_integer(body, kResult, true);
    }
  }
}

void atomic(Body& body, Op op) {
  for (unsigned kind = 0; kind < 3; ++kind) {
    place(body, kind, "s4");
    lanes64(body, kSecond, 1);
    body.add("sd zero, 0(a0)");
    known_number(body, kResult, 0);
    word(body, {.op = op, .rd = kResult, .rs1 = kPlace, .rs2 = kSecond});
    store_integer(body, kResult, true);
  }
}

void branch(Body& body, Op op) {
  for (unsigned i = 0; i < 4; ++i) {
    one_number(body, kFirst, i);
    known_number(body, kSecond, i);
    if (i % 2) one_number(body, kSecond, i + 1);
    body.add("addi a6, zero, 1");
    word(body, {.op = op, .rs1 = kFirst, .rs2 = kSecond, .imm = 8});
    body.add("addi a6, zero, 0");
    store_integer(body, kResult, true);
  }
}

// All CSRs that are the same however a kernel runs, read by an instruction that writes nothing.
void csr(Body& body, Op op) {
#define CSR(number, id, scope, writable, text)                                                               \
  if (!(writable) && std::string_view(#id).find("cycle") == std::string_view::npos &&                        \
      std::string_view(#id).find("instret") == std::string_view::npos && number != 0xC01 &&                  \
      number != isa::csr::mscratch && number != isa::csr::active_warps && number != isa::csr::group_local && \
      number != isa::csr::local_base && number != isa::csr::kernel_entry) {                                  \
    word(body, {.op = op, .rd = kResult, .imm = number});                                                    \
    store_integer(body, kResult, true);                                                                      \
  }
#include "device/isa/csrs.def"
#undef CSR
}

void vote(Body& body, Op op) {
  for (const Source source : {lanes64, lanes32, one_number, truth, line}) {
    source(body, kFirst, 1);
    body.add("lui a5, 60");  // by one lane in segments of four, all of which are active
    body.add("addi a5, a5, 193");
    word(body, {.op = op, .rd = kResult, .rs1 = kFirst, .rs2 = kSecond});
    store_integer(body, kResult, true);
  }
}

// What a body for the instruction is made of, or null: control flow and the mask, which are the other tests'.
using Writer = void (*)(Body& body, Op op);
Writer writer_for(Op op) {
  const OpInfo& info = isa::info(op);
  if (info.extension == Extension::kVote) return vote;
  if (info.extension == Extension::kLegacy) return nullptr;
  switch (info.format) {
    case Format::kR:
    case Format::kUnary:
    case Format::kI:
    case Format::kShift:
    case Format::kShiftW:
    case Format::kUpper:
      return op == Op::auipc || info.extension == Extension::kSimt ? nullptr : integer;
    case Format::kFloat:
    case Format::kFloatRounded:
    case Format::kFloatFused:
    case Format::kFloatRoundedUnary:
    case Format::kFloatExactUnary:
    case Format::kFloatCompare:
    case Format::kFloatToInteger:
    case Format::kFloatToIntegerRounded:
    case Format::kIntegerToFloat:
    case Format::kIntegerToFloatRounded:
    case Format::kIntegerToFloatExact:
      return real;
    case Format::kDot:
      return dot;
    case Format::kLoad:
    case Format::kFloatLoad:
      return load;
    case Format::kStore:
    case Format::kFloatStore:
      return store;
    case Format::kAtomic:
    case Format::kLoadReserved:
      return op == Op::sc_w || op == Op::sc_d ? nullptr : atomic;
    case Format::kBranch:
      return branch;
    case Format::kCsr:
    case Format::kCsrImmediate:
      return op == Op::csrrw || op == Op::csrrwi ? nullptr : csr;
    default:
      return nullptr;
  }
}

std::string kernel_of(const Body& body) {
  return fmt::format(R"(
kernel:
  csrrs t0, mscratch, zero
  ld a0, 128(t0)
  ld a1, 136(t0)
  ld s4, 144(t0)
  csrrs s3, local_id_x, zero
  slli t1, s3, {}
  add s0, a1, t1
  addi t2, zero, {}
  mul t1, s3, t2
  add s2, a0, t1
{}
  jalr zero, 0(ra)
)",
                     std::countr_zero(kInputs * 8), body.results * 8, body.text);
}

std::vector<std::uint64_t> make_inputs() {
  constexpr std::uint64_t kCorners[] = {0,          1,          ~std::uint64_t{0},  std::uint64_t{1} << 63,
                                        0x80000000, 0x7FFFFFFF, 0xFFFFFFFF80000000, 0x00FF00FF12345678};
  std::mt19937_64 random(5);
  std::vector<std::uint64_t> inputs(kItems * kInputs);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const double real =
        (static_cast<double>(random() % 2000) - 1000) / static_cast<double>(1 + random() % 64);
    const float single = static_cast<float>(real);
    const bool is_double = i % 2, is_real = i % kInputs >= kReals;
    if (is_real && random() % 4)
      inputs[i] = is_double ? std::bit_cast<std::uint64_t>(real)
                            : 0xFFFFFFFF00000000 | std::bit_cast<std::uint32_t>(single);
    else
      inputs[i] = random() % 3 ? random() >> random() % 64 : kCorners[random() % std::size(kCorners)];
  }
  return inputs;
}

struct Outcome {
  std::vector<std::uint64_t> results;
  std::string error;
};

class Runner {
 public:
  explicit Runner(model::EngineChoice engine) : machine_(shape(engine), test_service()) {
    const auto inputs = make_inputs();
    inputs_ = machine_.buffer(inputs.size() + 64);
    std::memcpy(inputs_, inputs.data(), inputs.size() * 8);
    scratch_ = machine_.buffer(kItems + 64);
  }

  Outcome run(const std::string& text, unsigned results) {
    std::uint64_t* out = machine_.buffer(std::size_t{kItems} * results);
    const auto module = machine_.load(text);
    const auto status =
        machine_.run(module, {kItems, kGroup},
                     {machine_.address(out), machine_.address(inputs_), machine_.address(scratch_)});
    Outcome outcome{{out, out + std::size_t{kItems} * results}, status ? "" : status.error().reason};
    machine_.device().unload(module);
    machine_.device().free(machine_.address(out));
    return outcome;
  }
  std::uint64_t translated() const { return machine_.counter("translated warps"); }

 private:
  static model::Configuration shape(model::EngineChoice engine) {
    model::Configuration c = *model::built_in_shape("kiesel");
    c.global_memory_bytes = std::uint64_t{1} << 30;
    c.engine = engine;
    c.target.dot = true;
    return c;
  }
  Machine machine_;
  std::uint64_t *inputs_, *scratch_;
};

constexpr Op kOps[] = {
#define OPERATION(id, ...) Op::id,
#include "device/isa/operations.def"
#undef OPERATION
};

TEST_CASE("every instruction does the same in both engines") {
  Runner interpreter(model::EngineChoice::kInterpreter), translator(model::EngineChoice::kTranslator);
  for (const Op op : kOps) {
    const Writer write = writer_for(op);
    if (!write) continue;
    INFO(isa::info(op).name);
    Body body;
    write(body, op);
    REQUIRE(body.results > 0);
    const std::string text = kernel_of(body);
    const Outcome wanted = interpreter.run(text, body.results);
    CHECK(wanted.error == "");
    const auto before = translator.translated();
    const Outcome got = translator.run(text, body.results);
    CHECK(got.error == "");
    CHECK(translator.translated() - before == 2);
    for (std::size_t i = 0; i < wanted.results.size(); ++i)
      if (got.results[i] != wanted.results[i])
        FAIL_CHECK(fmt::format("{}: result {} of work-item {}: {:#x}, not {:#x}", isa::info(op).name,
                               i % body.results, i / body.results, got.results[i], wanted.results[i]));
  }
}

}  // namespace
}  // namespace kiesel::device::test
