#include "compiler/worker/disassemble.hpp"

#include <fmt/format.h>
#include <llvm/DebugInfo/DWARF/DWARFContext.h>
#include <llvm/Object/ObjectFile.h>

#include <algorithm>
#include <cstring>

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

  // The line of this address when it is another one than the last that was asked for.
  std::string next(std::uint64_t address) {
    if (!debug_) return {};
    const auto info = debug_->getLineInfoForAddress({address, llvm::object::SectionedAddress::UndefSection});
    if (!info || !info.Line || (info.Line == line_ && info.FileName == file_)) return {};
    line_ = info.Line;
    file_ = info.FileName;
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

void list_function(const ElfView::Symbol& function, const ElfView::Section& section, SourceLines& lines,
                   std::string& out) {
  out += fmt::format("\n{:016x} <{}>:\n", function.value, function.name);
  const auto end = std::min(function.value + function.size, section.address + section.bytes.size());
  for (auto address = function.value; address + sizeof(std::uint32_t) <= end;
       address += sizeof(std::uint32_t)) {
    std::uint32_t word;
    std::memcpy(&word, section.bytes.data() + (address - section.address), sizeof word);
    out += lines.next(address);
    out += fmt::format("{:8x}: {:08x}  {}\n", address, word, isa::disassemble(word, address));
  }
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

  std::vector<ElfView::Symbol> functions;
  for (const auto& symbol : view->symbols())
    if (symbol.type == STT_FUNC && symbol.section < view->sections().size()) functions.push_back(symbol);
  std::ranges::sort(functions, {}, &ElfView::Symbol::value);
  SourceLines lines(elf, program->source);
  for (const auto& function : functions) {
    const auto& section = view->sections()[function.section];
    if (function.value >= section.address) list_function(function, section, lines, out);
  }
  return out;
}

}  // namespace kiesel::compiler
