#include <fmt/format.h>

#include "device/isa/csr.hpp"
#include "device/isa/instruction.hpp"
#include "device/isa/matrix.hpp"

namespace kiesel::isa {
namespace {

constexpr std::string_view kRoundingNames[] = {"rne", "rtz", "rdn", "rup", "rmm", "", "", "dyn"};

std::string csr_text(std::int64_t number) {
  const CsrInfo* csr = find_csr(static_cast<std::uint32_t>(number));
  return csr ? std::string(csr->name) : fmt::format("{:#x}", number);
}

std::string matrix_format_text(unsigned number) {
  const MatrixFormatInfo* format = find_matrix_format(number);
  return format ? std::string(format->name) : std::to_string(number);
}

std::string operand_text(char operand, const Instruction& in, std::uint64_t pc) {
  switch (operand) {
    case 'd':
      return std::string(register_name(in.rd));
    case 's':
      return std::string(register_name(in.rs1));
    case 't':
      return std::string(register_name(in.rs2));
    case 'D':
      return std::string(float_register_name(in.rd));
    case 'S':
      return std::string(float_register_name(in.rs1));
    case 'T':
      return std::string(float_register_name(in.rs2));
    case 'r':
      return std::string(register_name(in.rs3));
    case 'R':
      return std::string(float_register_name(in.rs3));
    case 'x':
      return matrix_format_text(in.rd);
    case 'y':
      return matrix_format_text(in.rs1);
    case 'i':
    case 'q':
    case 'h':
    case 'w':
      return std::to_string(in.imm);
    case 'p':
    case 'a':
      return fmt::format("{:#x}", pc + static_cast<std::uint64_t>(in.imm));
    case 'u':
      return std::to_string((in.imm >> 12) & 0xFFFFF);
    case 'z':
      return std::to_string(in.rs1);
    case 'c':
      return csr_text(in.imm);
    case 'm':
      return in.rounding == kRoundDynamic ? "" : fmt::format(", {}", kRoundingNames[in.rounding]);
    case 'e':
    case 'n':
    case 'N':
      return "";
    default:
      return std::string(1, operand);
  }
}

// Bits that the table's mask leaves open and the operands do not show.
std::string ordering_suffix(const Instruction& in) {
  const Extension extension = info(in.op).extension;
  if (extension != Extension::kA && extension != Extension::kZacas) return "";
  constexpr std::string_view suffixes[] = {"", ".rl", ".aq", ".aqrl"};
  return std::string(suffixes[in.word >> 25 & 3]);
}

std::string fence_sets(std::uint32_t word) {
  const auto set = [](std::uint32_t bits) {
    std::string out;
    for (int i = 0; i < 4; ++i)
      if (bits >> (3 - i) & 1) out += "iorw"[i];
    return out.empty() ? std::string("0") : out;
  };
  return fmt::format("{}, {}", set(word >> 24 & 15), set(word >> 20 & 15));
}

}  // namespace

std::string disassemble(std::uint32_t word, std::uint64_t pc) {
  const Instruction in = decode(word);
  if (in.op == Op::illegal) return fmt::format(".word {:#010x}", word);
  std::string operands;
  for (const char operand : info(in.op).syntax) operands += operand_text(operand, in, pc);
  if (info(in.op).format == Format::kFence) operands = fence_sets(word);
  std::string text(info(in.op).name);
  text += ordering_suffix(in);
  if (in.negate) text += ".n";
  return operands.empty() ? text : text + " " + operands;
}

}  // namespace kiesel::isa
