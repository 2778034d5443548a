#include "device/isa/assembler.hpp"

#include <elf.h>

#include <cctype>
#include <cstring>
#include <optional>
#include <stdexcept>

#include "device/isa/csr.hpp"
#include "device/isa/instruction.hpp"
#include "device/isa/matrix.hpp"

namespace kiesel::isa {
namespace {

[[noreturn]] void fail(std::string_view line, const std::string& why) {
  throw std::runtime_error("assembler: " + why + " in '" + std::string(line) + "'");
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> lines_of(std::string_view source) {
  std::vector<std::string_view> lines;
  while (!source.empty()) {
    const std::size_t end = source.find_first_of("\n;");
    std::string_view line = source.substr(0, end);
    source = end == std::string_view::npos ? std::string_view() : source.substr(end + 1);
    line = trim(line.substr(0, line.find('#')));
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

class Line {
 public:
  Line(std::string_view text, std::uint64_t offset, const std::map<std::string, std::uint64_t>& labels)
      : text_(text), rest_(text), offset_(offset), labels_(labels) {}

  std::uint32_t word() {
    std::string name(token());
    if (name == ".word") return static_cast<std::uint32_t>(number(token()));
    Instruction in;
    strip_suffixes(name, in);
    const auto op = find_op(name);
    if (!op) fail(text_, "no instruction " + name);
    in.op = *op;
    if (info(in.op).syntax.find('m') != std::string_view::npos) in.rounding = kRoundDynamic;
    for (const char operand : info(in.op).syntax) parse(operand, in);
    if (!trim(rest_).empty()) fail(text_, "too many operands");
    const auto word = encode(in);
    if (!word) fail(text_, "an operand does not fit");
    return *word | ordering_;
  }

 private:
  void strip_suffixes(std::string& name, Instruction& in) {
    if (name.ends_with(".n")) {
      in.negate = true;
      name.resize(name.size() - 2);
    }
    constexpr std::pair<std::string_view, std::uint32_t> kOrderings[] = {
        {".aqrl", 3}, {".aq", 2}, {".rl", 1}};
    for (const auto& [suffix, bits] : kOrderings)
      if (name.ends_with(suffix)) {
        ordering_ = bits << 25;
        name.resize(name.size() - suffix.size());
        return;
      }
  }

  std::string_view token() {
    rest_ = trim(rest_);
    const std::size_t end = std::min(rest_.find_first_of(" ,()\t"), rest_.size());
    const std::string_view out = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return out;
  }

  std::int64_t number(std::string_view text) {
    try {
      return static_cast<std::int64_t>(std::stoull(std::string(text), nullptr, 0));
    } catch (const std::exception&) {
      fail(text_, "bad number " + std::string(text));
    }
  }
  std::uint8_t reg(std::string_view text, std::string_view (*name)(unsigned)) {
    for (unsigned r = 0; r < 32; ++r)
      if (name(r) == text) return static_cast<std::uint8_t>(r);
    fail(text_, "bad register " + std::string(text));
  }
  std::uint8_t matrix_format(std::string_view text) {
    for (const MatrixFormatInfo& row : kMatrixFormats)
      if (row.name == text) return static_cast<std::uint8_t>(row.format);
    fail(text_, "bad matrix format " + std::string(text));
  }
  std::int64_t target(std::string_view text) {
    const auto label = labels_.find(std::string(text));
    if (label != labels_.end()) return static_cast<std::int64_t>(label->second - offset_);
    return number(text) - static_cast<std::int64_t>(offset_);
  }
  std::int64_t csr(std::string_view text) {
    const CsrInfo* info = find_csr(text);
    return info ? info->number : number(text);
  }
  void rounding(Instruction& in) {
    rest_ = trim(rest_);
    if (rest_.empty()) return;
    rest_.remove_prefix(1);
    constexpr std::string_view kNames[] = {"rne", "rtz", "rdn", "rup", "rmm", "", "", "dyn"};
    const std::string_view text = token();
    for (std::uint8_t mode = 0; mode < 8; ++mode)
      if (kNames[mode] == text) in.rounding = mode;
  }

  void parse(char operand, Instruction& in) {
    switch (operand) {
      case 'd':
        in.rd = reg(token(), register_name);
        break;
      case 's':
        in.rs1 = reg(token(), register_name);
        break;
      case 't':
        in.rs2 = reg(token(), register_name);
        break;
      case 'D':
        in.rd = reg(token(), float_register_name);
        break;
      case 'S':
        in.rs1 = reg(token(), float_register_name);
        break;
      case 'T':
        in.rs2 = reg(token(), float_register_name);
        break;
      case 'r':
        in.rs3 = reg(token(), register_name);
        break;
      case 'x':
        in.rd = matrix_format(token());
        break;
      case 'y':
        in.rs1 = matrix_format(token());
        break;
      case 'R':
        in.rs3 = reg(token(), float_register_name);
        break;
      case 'i':
      case 'q':
      case 'h':
      case 'w':
        in.imm = number(token());
        break;
      case 'p':
      case 'a':
        in.imm = target(token());
        break;
      case 'u':
        in.imm = static_cast<std::int32_t>(number(token()) << 12);
        break;
      case 'c':
        in.imm = csr(token());
        break;
      case 'z':
        in.rs1 = static_cast<std::uint8_t>(number(token()));
        break;
      case 'm':
        rounding(in);
        break;
      case 'e':
      case 'n':
      case 'N':
      case ' ':
        break;
      default:
        rest_ = trim(rest_);
        if (rest_.empty() || rest_.front() != operand) fail(text_, std::string("expected ") + operand);
        rest_.remove_prefix(1);
    }
  }

  std::string_view text_, rest_;
  std::uint64_t offset_;
  const std::map<std::string, std::uint64_t>& labels_;
  std::uint32_t ordering_ = 0;
};

}  // namespace

Assembled assemble(std::string_view source) {
  Assembled out;
  std::vector<std::string_view> instructions;
  for (const std::string_view line : lines_of(source)) {
    if (line.ends_with(":"))
      out.labels[std::string(line.substr(0, line.size() - 1))] = instructions.size() * 4;
    else
      instructions.push_back(line);
  }
  for (const std::string_view line : instructions)
    out.words.push_back(Line(line, out.words.size() * 4, out.labels).word());
  return out;
}

namespace {

constexpr std::uint64_t kText = 0x1000;

template <class T>
void put(std::vector<std::byte>& file, std::size_t offset, const T& value) {
  std::memcpy(file.data() + offset, &value, sizeof value);
}

Elf64_Shdr section(std::uint32_t type, std::uint64_t offset, std::uint64_t size, std::uint32_t link,
                   std::uint64_t entry) {
  Elf64_Shdr out{};
  out.sh_type = type;
  out.sh_offset = offset;
  out.sh_size = size;
  out.sh_link = link;
  out.sh_entsize = entry;
  return out;
}

}  // namespace

std::vector<std::byte> make_elf(const Assembled& code, std::uint64_t data_bytes) {
  const std::uint64_t text_bytes = code.words.size() * 4;
  std::string names(1, '\0');
  std::vector<Elf64_Sym> symbols(1);
  for (const auto& [label, offset] : code.labels) {
    if (label.starts_with(".")) continue;
    Elf64_Sym symbol{};
    symbol.st_name = static_cast<std::uint32_t>(names.size());
    symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
    symbol.st_shndx = 1;
    symbol.st_value = kText + offset;
    symbols.push_back(symbol);
    names += label + '\0';
  }
  const std::uint64_t names_at = kText + text_bytes;
  const std::uint64_t symbols_at = (names_at + names.size() + 7) & ~std::uint64_t{7};
  const std::uint64_t sections_at = symbols_at + symbols.size() * sizeof(Elf64_Sym);
  std::vector<std::byte> file(sections_at + 3 * sizeof(Elf64_Shdr));

  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_DYN;
  header.e_machine = EM_RISCV;
  header.e_version = EV_CURRENT;
  header.e_ehsize = sizeof(Elf64_Ehdr);
  header.e_phoff = sizeof(Elf64_Ehdr);
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = data_bytes ? 2 : 1;
  header.e_shoff = sections_at;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = 3;
  header.e_shstrndx = 1;
  const auto start = code.labels.find("_start");
  header.e_entry = kText + (start == code.labels.end() ? 0 : start->second);
  put(file, 0, header);

  Elf64_Phdr text{};
  text.p_type = PT_LOAD;
  text.p_flags = PF_R | PF_X;
  text.p_offset = text.p_vaddr = kText;
  text.p_filesz = text.p_memsz = text_bytes;
  text.p_align = 0x1000;
  put(file, sizeof header, text);
  Elf64_Phdr data{};
  data.p_type = PT_LOAD;
  data.p_flags = PF_R | PF_W;
  data.p_vaddr = (kText + text_bytes + 0xFFF) & ~std::uint64_t{0xFFF};
  data.p_memsz = data_bytes;
  if (data_bytes) put(file, sizeof header + sizeof text, data);

  std::memcpy(file.data() + kText, code.words.data(), text_bytes);
  std::memcpy(file.data() + names_at, names.data(), names.size());
  std::memcpy(file.data() + symbols_at, symbols.data(), symbols.size() * sizeof(Elf64_Sym));
  put(file, sections_at + sizeof(Elf64_Shdr), section(SHT_STRTAB, names_at, names.size(), 0, 0));
  put(file, sections_at + 2 * sizeof(Elf64_Shdr),
      section(SHT_SYMTAB, symbols_at, symbols.size() * sizeof(Elf64_Sym), 1, sizeof(Elf64_Sym)));
  return file;
}

}  // namespace kiesel::isa
