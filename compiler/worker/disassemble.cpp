#include "compiler/worker/disassemble.hpp"

#include <fmt/format.h>
#include <llvm/DebugInfo/DWARF/DWARFContext.h>
#include <llvm/Object/ObjectFile.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "compiler/program/program.hpp"
#include "device/isa/instruction.hpp"
#include "support/elf.hpp"

namespace kiesel::compiler {
namespace {

// Line numbers of addresses, and the text of the lines.
class SourceLines {
 public:
  SourceLines(std::span<const std::byte> elf, std::string_view source) : source_(source) {
    const llvm::StringRef text(reinterpret_cast<const char*>(elf.data()), elf.size());
    auto object = llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(text, "program"));
    if (!object) {
      llvm::consumeError(object.takeError());
      return;
    }
    object_ = std::move(*object);
    debug_ = llvm::DWARFContext::create(*object_);
  }

  struct Place {
    std::string file;
    unsigned line = 0, column = 0;  // 0: not known
  };
  Place place_of(std::uint64_t address) const {
    if (!debug_) return {};
    const auto info = debug_->getLineInfoForAddress({address, llvm::object::SectionedAddress::UndefSection});
    if (!info || !info.Line) return {};
    return {info.FileName, info.Line, info.Column};
  }

  // The line of this address when it is another one than the last that was asked for.
  std::string next(std::uint64_t address) {
    const auto [file, line, column] = place_of(address);
    if (!line || (line == line_ && file == file_)) return {};
    line_ = line;
    file_ = file;
    return fmt::format("; {}:{}: {}\n",
                       llvm::StringRef(file_).rsplit('/').second.empty()
                           ? file_
                           : llvm::StringRef(file_).rsplit('/').second.str(),
                       line_, text_of(line_));
  }

 private:
  std::string_view text_of(unsigned line) const {
    auto rest = source_;
    for (unsigned i = 1; i < line && !rest.empty(); ++i)
      rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
    return rest.substr(0, rest.find('\n'));
  }

  std::string_view source_;
  std::unique_ptr<llvm::object::ObjectFile> object_;
  std::unique_ptr<llvm::DWARFContext> debug_;
  unsigned line_ = 0;
  std::string file_;
};

void list_kernels(const Program& program, std::string& out) {
  for (const auto& kernel : program.kernels) {
    out += fmt::format("; kernel {}: local memory {} bytes, private memory {} bytes\n", kernel.name,
                       kernel.local_memory_bytes, kernel.private_memory_bytes);
    for (const auto& argument : kernel.arguments)
      out += fmt::format(";   +{:<4} {:>3} bytes  {} {}\n", argument.offset, argument.size,
                         argument.type_name, argument.name);
  }
}

struct Function {
  ElfView::Symbol symbol;
  ElfView::Section section;

  // `each` gets the address and the word of each instruction.
  template <class Each>
  void instructions(Each each) const {
    const auto end = std::min(symbol.value + symbol.size, section.address + section.bytes.size());
    for (auto address = symbol.value; address + sizeof(std::uint32_t) <= end;
         address += sizeof(std::uint32_t)) {
      std::uint32_t word;
      std::memcpy(&word, section.bytes.data() + (address - section.address), sizeof word);
      each(address, word);
    }
  }
};

// By address.
std::vector<Function> functions_of(const ElfView& file) {
  std::vector<Function> functions;
  for (const auto& symbol : file.symbols()) {
    if (symbol.type != STT_FUNC || symbol.section >= file.sections().size()) continue;
    const auto& section = file.sections()[symbol.section];
    if (symbol.value >= section.address) functions.push_back({symbol, section});
  }
  std::ranges::sort(functions, {}, [](const Function& function) { return function.symbol.value; });
  return functions;
}

void list_function(const Function& function, SourceLines& lines, std::string& out) {
  out += fmt::format("\n{:016x} <{}>:\n", function.symbol.value, function.symbol.name);
  function.instructions([&](std::uint64_t address, std::uint32_t word) {
    out += lines.next(address);
    out += fmt::format("{:8x}: {:08x}  {}\n", address, word, isa::disassemble(word, address));
  });
}

nlohmann::json describe_function(const Function& function, const SourceLines& lines) {
  auto instructions = nlohmann::json::array();
  function.instructions([&](std::uint64_t address, std::uint32_t word) {
    nlohmann::json row{{"address", address}, {"text", isa::disassemble(word, address)}};
    if (const auto place = lines.place_of(address); place.line) {
      row["file"] = place.file;
      row["line"] = place.line;
      row["column"] = place.column;
    }
    instructions.push_back(std::move(row));
  });
  return {{"name", function.symbol.name}, {"instructions", std::move(instructions)}};
}

}  // namespace

Result<std::string> list_program(std::span<const std::byte> elf) {
  const auto program = read_program(elf);
  if (!program) return program.error();
  const auto view = ElfView::parse(elf);
  if (!view) return view.error();
  std::string out;
  list_kernels(*program, out);
  if (!program->has_code) return out + "; compiled but not linked: no code yet\n";

  SourceLines lines(elf, program->source);
  for (const auto& function : functions_of(*view)) list_function(function, lines, out);
  return out;
}

Result<std::string> describe_program(std::span<const std::byte> elf) {
  const auto program = read_program(elf);
  if (!program) return program.error();
  const auto view = ElfView::parse(elf);
  if (!view) return view.error();
  const SourceLines lines(elf, program->source);
  auto functions = nlohmann::json::array();
  for (const auto& function : functions_of(*view)) functions.push_back(describe_function(function, lines));
  const nlohmann::json all{{"source", program->source}, {"functions", std::move(functions)}};
  return all.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace kiesel::compiler
