#include "device/isa/instruction.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "device/isa/matrix.hpp"
#include "device/isa/operands.hpp"
#include "support/single.hpp"

namespace kiesel::isa {
namespace {

using namespace detail;

constexpr std::string_view kSyntax[] = {
#define FORMAT(name, syntax) syntax,
#include "device/isa/formats.def"
#undef FORMAT
};

constexpr OpInfo kTable[] = {
    {".word", Format::kNone, "", 0, 0, Extension::kI, Family::kTrap, Values::none},
#define OPERATION(id, name, format, match, mask, extension, family, operation, values) \
  {name,                                                                               \
   Format::k##format,                                                                  \
   kSyntax[static_cast<int>(Format::k##format)],                                       \
   match,                                                                              \
   mask,                                                                               \
   Extension::k##extension,                                                            \
   Family::k##family,                                                                  \
   Values::values},
#include "device/isa/operations.def"
#undef OPERATION
};

// Instructions by opcode and funct3; one whose mask leaves funct3 open is in all eight buckets.
class Buckets {
 public:
  Buckets() {
    for (std::uint16_t op = 1; op < static_cast<std::uint16_t>(Op::kCount); ++op)
      for (std::uint32_t funct3 = 0; funct3 < 8; ++funct3) {
        const std::uint32_t fixed = kTable[op].mask & 0x7000;
        if ((funct3 << 12 & fixed) == (kTable[op].match & fixed))
          buckets_[index(kTable[op].match | (fixed ? 0 : funct3 << 12))].push_back(static_cast<Op>(op));
      }
  }
  Op find(std::uint32_t word) const {
    if ((word & 3) != 3) return Op::illegal;
    for (const Op op : buckets_[index(word)])
      if ((word & info(op).mask) == info(op).match) return op;
    return Op::illegal;
  }

 private:
  static std::size_t index(std::uint32_t word) { return bits(word, 2, 5) << 3 | bits(word, 12, 3); }
  std::array<std::vector<Op>, 256> buckets_;
};

void decode_operand(char operand, Instruction& out) {
  const std::uint32_t word = out.word;
  switch (operand) {
    case 'd':
    case 'D':
    case 'x':
      out.rd = static_cast<std::uint8_t>(bits(word, 7, 5));
      break;
    case 's':
    case 'S':
    case 'z':
    case 'y':
      out.rs1 = static_cast<std::uint8_t>(bits(word, 15, 5));
      break;
    case 't':
    case 'T':
      out.rs2 = static_cast<std::uint8_t>(bits(word, 20, 5));
      break;
    case 'r':
    case 'R':
      out.rs3 = static_cast<std::uint8_t>(bits(word, 27, 5));
      break;
    case 'i':
      out.imm = immediate_i(word);
      break;
    case 'q':
      out.imm = immediate_s(word);
      break;
    case 'p':
      out.imm = immediate_b(word);
      break;
    case 'a':
      out.imm = immediate_j(word);
      break;
    case 'u':
      out.imm = immediate_u(word);
      break;
    case 'h':
      out.imm = bits(word, 20, 6);
      break;
    case 'w':
      out.imm = bits(word, 20, 5);
      break;
    case 'c':
      out.imm = bits(word, 20, 12);
      break;
    case 'm':
    case 'e':
      out.rounding = static_cast<std::uint8_t>(bits(word, 12, 3));
      break;
    case 'n':
      out.negate = bits(word, 20, 5) == 1;
      break;
    case 'N':
      out.negate = bits(word, 7, 5) == 1;
      break;
    default:
      break;
  }
}

bool fits(std::int64_t value, unsigned width) {
  return sign_extend(static_cast<std::uint64_t>(value), width) == value;
}
bool fits_unsigned(std::int64_t value, unsigned width) {
  return value >= 0 && value < (std::int64_t{1} << width);
}

// Adds the operand to the word; false when its value cannot be written.
bool encode_operand(char operand, const Instruction& in, std::uint32_t& word) {
  const auto imm = static_cast<std::uint32_t>(in.imm);
  switch (operand) {
    case 'd':
    case 'D':
    case 'x':
      word |= in.rd << 7;
      return in.rd < 32;
    case 's':
    case 'S':
    case 'z':
    case 'y':
      word |= in.rs1 << 15;
      return in.rs1 < 32;
    case 't':
    case 'T':
      word |= in.rs2 << 20;
      return in.rs2 < 32;
    case 'r':
    case 'R':
      word |= static_cast<std::uint32_t>(in.rs3) << 27;
      return in.rs3 < 32;
    case 'i':
      word |= place_i(imm);
      return fits(in.imm, 12);
    case 'q':
      word |= place_s(imm);
      return fits(in.imm, 12);
    case 'p':
      word |= place_b(imm);
      return fits(in.imm, 13) && !(in.imm & 1);
    case 'a':
      word |= place_j(imm);
      return fits(in.imm, 21) && !(in.imm & 1);
    case 'u':
      word |= imm & 0xFFFFF000u;
      return fits(in.imm, 32) && !(in.imm & 0xFFF);
    case 'h':
      word |= imm << 20;
      return fits_unsigned(in.imm, 6);
    case 'w':
      word |= imm << 20;
      return fits_unsigned(in.imm, 5);
    case 'c':
      word |= imm << 20;
      return fits_unsigned(in.imm, 12);
    case 'm':
    case 'e':
      word |= in.rounding << 12;
      return in.rounding <= 4 || in.rounding == kRoundDynamic;
    case 'n':
      word |= in.negate << 20;
      return true;
    case 'N':
      word |= in.negate << 7;
      return true;
    default:
      return true;
  }
}

constexpr std::string_view kRegisters[32] = {
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
    "a6",   "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};
constexpr std::string_view kFloatRegisters[32] = {"ft0", "ft1", "ft2",  "ft3",  "ft4", "ft5", "ft6",  "ft7",
                                                  "fs0", "fs1", "fa0",  "fa1",  "fa2", "fa3", "fa4",  "fa5",
                                                  "fa6", "fa7", "fs2",  "fs3",  "fs4", "fs5", "fs6",  "fs7",
                                                  "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11"};

}  // namespace

const OpInfo& info(Op op) { return kTable[static_cast<std::size_t>(op)]; }
std::string_view register_name(unsigned number) { return kRegisters[number & 31]; }
std::string_view float_register_name(unsigned number) { return kFloatRegisters[number & 31]; }

std::optional<Op> find_op(std::string_view name) {
  for (std::size_t op = 1; op < std::size(kTable); ++op)
    if (kTable[op].name == name) return static_cast<Op>(op);
  return std::nullopt;
}

namespace {

// Whether the operands leave a reserved meaning.
bool is_reserved(const Instruction& in) {
  if (info(in.op).family == Family::kMatrix) return !find_matrix_product(in.rd, in.rs1);
  return in.rounding == 5 || in.rounding == 6;
}

}  // namespace

Instruction decode(std::uint32_t word) {
  static constinit Single<const Buckets> buckets;
  Instruction out;
  out.word = word;
  out.op = buckets.get().find(word);
  if (out.op == Op::illegal) return out;
  for (const char operand : info(out.op).syntax) decode_operand(operand, out);
  if (is_reserved(out)) {
    out = Instruction();
    out.word = word;
  }
  return out;
}

std::optional<std::uint32_t> encode(const Instruction& instruction) {
  if (instruction.op == Op::illegal || instruction.op >= Op::kCount) return std::nullopt;
  std::uint32_t word = info(instruction.op).match;
  for (const char operand : info(instruction.op).syntax)
    if (!encode_operand(operand, instruction, word)) return std::nullopt;
  return word;
}

bool available(Extension extension, const Target& target) {
  using enum Extension;
  const auto is_one_of = [&](std::initializer_list<Extension> parts) {
    return std::ranges::find(parts, extension) != parts.end();
  };
#define EXTENSION(member, name, usual, needs, features, ...) \
  if (is_one_of({__VA_ARGS__})) return target.member;
#include "device/isa/extensions.def"
#undef EXTENSION
  return extension != kLegacy;
}

}  // namespace kiesel::isa
