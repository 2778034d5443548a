// Random straight-line programs run on qemu-riscv64 and on the model must leave the same registers, memory
// and exception flags. More of them: qemu_test "[long]". Where this program's tests are for the translator,
// which refuses writes of CSRs and reads of flags, the programs round to nearest and flags are not compared.
#include <elf.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include "device/isa/instruction.hpp"
#include "device/test/machine.hpp"

namespace kiesel::device::test {
namespace {

using isa::Extension;
using isa::Format;
using isa::Instruction;
using isa::Op;

constexpr unsigned kSets = 64;         // of inputs: one for each work-item
constexpr unsigned kInputWords = 64;   // x0..x31, f0..f31
constexpr unsigned kOutputWords = 97;  // the same, fflags, 32 words of scratch memory
constexpr unsigned kScratchAt = 65;
constexpr std::uint64_t kInputs = 0x200000, kOutputs = 0x280000;  // in qemu

using Random = std::mt19937_64;

constexpr Op kOps[] = {
#define OPERATION(id, ...) Op::id,
#include "device/isa/operations.def"
#undef OPERATION
};

// What straight-line code may hold and qemu 7.2 knows.
bool usable(Op op) {
  if (op == Op::ctzw) return false;  // of a zero low word, qemu 7.2 counts on into the high one
  const isa::OpInfo& info = isa::info(op);
  switch (info.extension) {
    case Extension::kZicsr:
    case Extension::kZifencei:
    case Extension::kZicond:
    case Extension::kZacas:
    case Extension::kSimt:
    case Extension::kVote:
    case Extension::kDot:
    case Extension::kMatrix:
    case Extension::kLegacy:
      return false;
    default:
      break;
  }
  switch (info.format) {
    case Format::kNone:
    case Format::kFence:
    case Format::kJump:
    case Format::kJumpRegister:
    case Format::kBranch:
    case Format::kLoadReserved:
      return false;
    default:
      return op != Op::auipc && op != Op::sc_w && op != Op::sc_d;
  }
}

// s11 and t3 point into scratch memory, t5 and t6 to the inputs and outputs: their values differ between
// machines.
constexpr unsigned kPointers[] = {27, 28, 30, 31};
bool is_pointer(unsigned r) {
  return std::find(std::begin(kPointers), std::end(kPointers), r) != std::end(kPointers);
}

std::uint8_t data_register(Random& random) {
  for (;;)
    if (const auto r = static_cast<std::uint8_t>(random() % 32); !is_pointer(r)) return r;
}

unsigned access_bytes(Op op) { return 1u << (isa::info(op).match >> 12 & 3); }

std::uint32_t random_word(Op op, Random& random) {
  Instruction in;
  in.op = op;
  const Format format = isa::info(op).format;
  const bool memory = format == Format::kLoad || format == Format::kStore || format == Format::kFloatLoad ||
                      format == Format::kFloatStore || format == Format::kAtomic;
  const bool float_sources = isa::info(op).syntax.find('S') != std::string_view::npos;
  const auto any = [&] { return static_cast<std::uint8_t>(random() % 32); };
  in.rd = isa::info(op).syntax.find('D') != std::string_view::npos ? any() : data_register(random);
  in.rs1 = memory          ? static_cast<std::uint8_t>(27 + random() % 2)
           : float_sources ? any()
                           : data_register(random);
  in.rs2 = isa::info(op).syntax.find('T') != std::string_view::npos ? any() : data_register(random);
  in.rs3 = any();
  constexpr std::uint8_t kModes[] = {0, 1, 2, 3, 4, 7, 7, 7};
  in.rounding = kModes[random() % 8];
  const std::string_view syntax = isa::info(op).syntax;
  if (memory)
    in.imm = static_cast<std::int64_t>(random() % (128 / access_bytes(op)) * access_bytes(op));
  else if (syntax.find('u') != std::string_view::npos)
    in.imm = static_cast<std::int32_t>(random() & 0xFFFFF000u);
  else if (syntax.find('h') != std::string_view::npos)
    in.imm = static_cast<std::int64_t>(random() % 64);
  else if (syntax.find('w') != std::string_view::npos)
    in.imm = static_cast<std::int64_t>(random() % 32);
  else
    in.imm = static_cast<std::int64_t>(random() % 4096) - 2048;
  return isa::encode(in).value();
}

std::uint64_t random_integer(Random& random) {
  constexpr std::uint64_t kCorners[] = {
      0,          1,          ~std::uint64_t{0}, std::uint64_t{1} << 63, ~(std::uint64_t{1} << 63),
      0x80000000, 0x7FFFFFFF, 0xFFFFFFFF,        0xFFFFFFFF80000000,     64,
      31,         0x100000000};
  switch (random() % 4) {
    case 0:
      return kCorners[random() % std::size(kCorners)];
    case 1:
      return static_cast<std::uint64_t>(static_cast<std::int64_t>(random()) >> random() % 64);
    case 2:
      return random() >> random() % 64;
    default:
      return random();
  }
}

// A value of a format with so many exponent and fraction bits, corners often.
std::uint64_t random_real(Random& random, unsigned exponent_bits, unsigned fraction_bits) {
  const std::uint64_t sign = (random() & 1) << (exponent_bits + fraction_bits);
  const std::uint64_t ones = (std::uint64_t{1} << exponent_bits) - 1, bias = ones >> 1;
  const std::uint64_t fraction_mask = (std::uint64_t{1} << fraction_bits) - 1;
  std::uint64_t exponent = random() & ones, fraction = random() & fraction_mask;
  switch (random() % 8) {
    case 0:
      exponent = 0;
      break;
    case 1:
      exponent = ones;
      break;
    case 2:
    case 3:
    case 4:
      exponent = (bias - 4 + random() % 9) & ones;
      break;
    case 5:
      exponent = random() % 3;
      break;
    case 6:
      exponent = ones - random() % 4;
      break;
    default:
      break;
  }
  switch (random() % 6) {
    case 0:
      fraction = 0;
      break;
    case 1:
      fraction = fraction_mask;
      break;
    case 2:
      fraction = std::uint64_t{1} << random() % fraction_bits;
      break;
    case 3:
      fraction &= fraction_mask << random() % fraction_bits;
      break;
    default:
      break;
  }
  return sign | exponent << fraction_bits | (fraction & fraction_mask);
}

std::uint64_t random_float(Random& random) {
  switch (random() % 8) {
    case 0:
      return random();
    case 1:
      return ~std::uint64_t{0xFFFF} | random_real(random, 5, 10);
    case 2:
    case 3:
    case 4:
      return std::uint64_t{0xFFFFFFFF} << 32 | random_real(random, 8, 23);
    default:
      return random_real(random, 11, 52);
  }
}

struct Program {
  std::vector<std::uint32_t> body;
  unsigned rounding;
};

Program random_program(Random& random, unsigned length, bool floats) {
  std::vector<Op> ops;
  for (const Op op : kOps) {
    const Extension e = isa::info(op).extension;
    const bool real = e == Extension::kF || e == Extension::kD || e == Extension::kZfh;
    if (usable(op) && (!real || floats)) ops.push_back(op);
  }
  Program program;
  for (unsigned i = 0; i < length; ++i)
    program.body.push_back(random_word(ops[random() % ops.size()], random));
  program.rounding = random() % 2 ? 0 : static_cast<unsigned>(random() % 5);
  return program;
}

enum class Csrs : std::uint8_t { kNone, kWritten, kFlagsRead };

// t5 and t6 are set; loads the registers, runs the body, stores them.
std::string around(const Program& program, Csrs csrs) {
  std::string text;
  if (csrs != Csrs::kNone)
    text += fmt::format("csrrwi zero, frm, {}\ncsrrwi zero, fflags, 0\n", program.rounding);
  text += fmt::format("addi s11, t6, {}\naddi t3, s11, 128\n", kScratchAt * 8);
  for (unsigned r = 0; r < 32; ++r)
    text += fmt::format("fld {}, {}(t5)\n", isa::float_register_name(r), (32 + r) * 8);
  for (unsigned r = 1; r < 32; ++r)
    if (!is_pointer(r)) text += fmt::format("ld {}, {}(t5)\n", isa::register_name(r), r * 8);
  for (const std::uint32_t word : program.body) text += fmt::format(".word {:#x}\n", word);
  for (unsigned r = 1; r < 32; ++r)
    if (!is_pointer(r)) text += fmt::format("sd {}, {}(t6)\n", isa::register_name(r), r * 8);
  for (unsigned r = 0; r < 32; ++r)
    text += fmt::format("fsd {}, {}(t6)\n", isa::float_register_name(r), (32 + r) * 8);
  if (csrs == Csrs::kFlagsRead) text += "csrrs t0, fflags, zero\nsd t0, 512(t6)\n";
  return text;
}

// `same`: the inputs of the first set for all.
std::string kernel(const Program& program, Csrs csrs, bool same) {
  return fmt::format(R"(
kernel:
  csrrs t0, mscratch, zero
  csrrs t1, group_id_x, zero
  csrrs t2, local_size_x, zero
  mul t1, t1, t2
  csrrs t2, local_id_x, zero
  add t1, t1, t2
  addi t2, zero, {}
  mul t2, t1, t2
  ld t5, 128(t0)
  {}
  addi t2, zero, {}
  mul t2, t1, t2
  ld t6, 136(t0)
  add t6, t6, t2
  {}
  {}
  tmc zero
)",
                     kInputWords * 8, same ? "" : "add t5, t5, t2", kOutputWords * 8, around(program, csrs),
                     csrs == Csrs::kNone ? "" : "csrrwi zero, frm, 0");
}

// The same for qemu: a loop over the sets, then write(1, outputs), exit(0).
std::string process(const Program& program) {
  return fmt::format(R"(
  lui t5, {0:#x}
  lui t6, {1:#x}
loop:
  {2}
  addi t5, t5, {3}
  addi t6, t6, {4}
  lui t0, {0:#x}
  lui t1, {5:#x}
  add t0, t0, t1
  bne t5, t0, loop
  addi a0, zero, 1
  lui a1, {1:#x}
  sub a2, t6, a1
  addi a7, zero, 64
  ecall
  addi a0, zero, 0
  addi a7, zero, 93
  ecall
)",
                     kInputs >> 12, kOutputs >> 12, around(program, Csrs::kFlagsRead), kInputWords * 8,
                     kOutputWords * 8, kSets * kInputWords * 8 >> 12);
}
static_assert(kSets * kInputWords * 8 % 4096 == 0);

void write_process(const std::filesystem::path& path, const std::vector<std::uint32_t>& words,
                   const std::vector<std::uint64_t>& inputs) {
  constexpr std::uint64_t kText = 0x100000, kTextOffset = 0x1000;
  const std::uint64_t inputs_offset = (kTextOffset + words.size() * 4 + 4095) & ~std::uint64_t{4095};
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_EXEC;
  header.e_machine = EM_RISCV;
  header.e_version = EV_CURRENT;
  header.e_flags = EF_RISCV_FLOAT_ABI_DOUBLE;
  header.e_entry = kText;
  header.e_phoff = header.e_ehsize = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 3;
  const auto segment = [](std::uint32_t flags, std::uint64_t offset, std::uint64_t address,
                          std::uint64_t file, std::uint64_t memory) {
    return Elf64_Phdr{PT_LOAD, flags, offset, address, address, file, memory, 4096};
  };
  const Elf64_Phdr segments[] = {
      segment(PF_R | PF_X, kTextOffset, kText, words.size() * 4, words.size() * 4),
      segment(PF_R | PF_W, inputs_offset, kInputs, inputs.size() * 8, inputs.size() * 8),
      segment(PF_R | PF_W, 0, kOutputs, 0, kSets * kOutputWords * 8),
  };
  std::vector<char> file(inputs_offset + inputs.size() * 8);
  std::memcpy(file.data(), &header, sizeof header);
  std::memcpy(file.data() + sizeof header, segments, sizeof segments);
  std::memcpy(file.data() + kTextOffset, words.data(), words.size() * 4);
  std::memcpy(file.data() + inputs_offset, inputs.data(), inputs.size() * 8);
  std::ofstream(path, std::ios::binary).write(file.data(), static_cast<std::streamsize>(file.size()));
  chmod(path.c_str(), 0700);
}

std::vector<std::uint64_t> run_qemu(const Program& program, const std::vector<std::uint64_t>& inputs) {
  const auto path = std::filesystem::temp_directory_path() / fmt::format("kiesel-qemu-test-{}", getpid());
  write_process(path, assemble(process(program)).words, inputs);
  const std::string command = "qemu-riscv64 -cpu rv64,zba=true,zbb=true,zbs=true,Zfh=true " + path.string();
  std::vector<std::uint64_t> out(kSets * kOutputWords);
  std::FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe);
  const std::size_t read = std::fread(out.data(), 8, out.size(), pipe);
  const int status = pclose(pipe);
  std::filesystem::remove(path);
  INFO("is qemu-riscv64 (package qemu-user) installed?");
  REQUIRE(status == 0);
  REQUIRE(read == out.size());
  return out;
}

std::vector<std::uint64_t> run_model(Machine& machine, const Program& program,
                                     const std::vector<std::uint64_t>& inputs, Csrs csrs, unsigned group = 16,
                                     bool same = false) {
  std::uint64_t* in = machine.buffer(inputs.size());
  std::uint64_t* out = machine.buffer(kSets * kOutputWords);
  std::copy(inputs.begin(), inputs.end(), in);
  const auto module = machine.load(kernel(program, csrs, same));
  const auto status = machine.run(module, {kSets, group}, {machine.address(in), machine.address(out)});
  INFO((status.ok() ? "" : status.error().reason));
  REQUIRE(status.ok());
  std::vector<std::uint64_t> result(out, out + kSets * kOutputWords);
  machine.device().unload(module);
  machine.device().free(machine.address(in));
  machine.device().free(machine.address(out));
  return result;
}

// The instructions that could have made a difference in a register.
std::string writers(const Program& program, unsigned word) {
  std::string text = fmt::format("rounding {}:", program.rounding);
  for (const std::uint32_t w : program.body) {
    const Instruction in = isa::decode(w);
    const std::string_view syntax = isa::info(in.op).syntax;
    const bool real = syntax.starts_with('D'), integer = syntax.starts_with('d');
    if ((real && word == 32u + in.rd) || (integer && word == in.rd)) text += "\n  " + isa::disassemble(w, 0);
  }
  return text;
}

// Flags belong to the warp: the model's are those of all its lanes.
std::uint64_t expected_flags(const std::vector<std::uint64_t>& qemu, unsigned set, unsigned lanes) {
  const unsigned together = std::min(lanes, 16u);
  std::uint64_t flags = 0;
  for (unsigned s = set / together * together; s < (set / together + 1) * together; ++s)
    flags |= qemu[s * kOutputWords + 64];
  return flags;
}

void compare(const Program& program, const std::vector<std::uint64_t>& inputs,
             const std::vector<std::uint64_t>& qemu, const std::vector<std::uint64_t>& model, bool with_flags,
             unsigned lanes) {
  for (unsigned set = 0; set < kSets; ++set)
    for (unsigned word = 0; word < kOutputWords; ++word) {
      if (word == 64 && !with_flags) continue;
      const std::uint64_t expected =
          word == 64 ? expected_flags(qemu, set, lanes) : qemu[set * kOutputWords + word];
      const std::uint64_t got = model[set * kOutputWords + word];
      if (expected == got) continue;
      INFO("set " << set << " word " << word << std::hex << " expected " << expected << " got " << got
                  << " lanes " << lanes << " flags " << with_flags);
      INFO((word < 64 ? writers(program, word) : "flags or memory"));
      if (word < 64) INFO("input " << inputs[set * kInputWords + word]);
      REQUIRE(expected == got);
    }
}

std::vector<std::uint64_t> random_inputs(Random& random, bool same = false) {
  std::vector<std::uint64_t> inputs(kSets * kInputWords);
  for (unsigned word = 0; word < inputs.size(); ++word)
    inputs[word] = word % kInputWords < 32 ? random_integer(random) : random_float(random);
  for (unsigned word = kInputWords; same && word < inputs.size(); ++word)
    inputs[word] = inputs[word - kInputWords];
  return inputs;
}

void check_programs(unsigned count, std::uint64_t seed) {
  Random random(seed);
  Machine wide(32, 32), v3(8, 32, 1, model::HostLevel::kV3), base(4, 32, 1, model::HostLevel::kBase),
      single(1, 16);
  for (unsigned i = 0; i < count; ++i) {
    const Program program = random_program(random, i % 4 == 3 ? 1 + i % 7 : 60, i % 4 != 0);
    const auto inputs = random_inputs(random);
    const auto expected = run_qemu(program, inputs);
    INFO("program " << i << " of seed " << seed);
    constexpr auto kWritten = Csrs::kWritten, kFlags = Csrs::kFlagsRead;
    compare(program, inputs, expected, run_model(wide, program, inputs, kWritten), false, 32);
    compare(program, inputs, expected, run_model(v3, program, inputs, kWritten), false, 8);
    compare(program, inputs, expected, run_model(base, program, inputs, kWritten), false, 4);
    compare(program, inputs, expected, run_model(wide, program, inputs, kFlags), true, 32);
    compare(program, inputs, expected, run_model(single, program, inputs, kFlags), true, 1);
  }
}

// Groups of 64 are whole warps; one of 16 is half a warp of the wide machine.
void check_translated(unsigned count, std::uint64_t seed) {
  Random random(seed);
  Machine wide(32, 32), v3(8, 32, 1, model::HostLevel::kV3), base(4, 32, 1, model::HostLevel::kBase);
  Machine* const machines[] = {&wide, &v3, &base};
  for (unsigned i = 0; i < count; ++i) {
    Program program = random_program(random, i % 4 == 3 ? 1 + i % 7 : 60, i % 4 != 0);
    program.rounding = 0;
    const bool same = i % 5 == 4;
    const auto inputs = random_inputs(random, same);
    const auto expected = run_qemu(program, inputs);
    INFO("program " << i << " of seed " << seed);
    for (Machine* machine : machines) {
      if (machine != &wide && i % 3) continue;
      const unsigned lanes = machine == &wide ? 32 : machine == &v3 ? 8 : 4;
      const unsigned group = i % 4 == 1 ? 16 : kSets;
      compare(program, inputs, expected, run_model(*machine, program, inputs, Csrs::kNone, group, same),
              false, lanes);
    }
  }
  for (const Machine* machine : machines) {
    CHECK(machine->was_translated());
    CHECK(machine->counter("translations refused") == 0);
  }
}

void check_any(unsigned count, unsigned translated, std::uint64_t seed) {
  if (test_service().translate)
    check_translated(translated, seed);
  else
    check_programs(count, seed);
}

TEST_CASE("scalar instructions do what qemu does") { check_any(400, 30, 1); }
TEST_CASE("scalar instructions do what qemu does, at length", "[.long]") {
  check_any(10000, 1000, std::random_device{}());
}

}  // namespace
}  // namespace kiesel::device::test
