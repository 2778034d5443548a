#include "evaluation/capture/without_source.hpp"

#include <algorithm>
#include <cstring>

#include "compiler/program/program.hpp"
#include "support/elf.hpp"

namespace kiesel::capture {
namespace {

bool tells_source(std::string_view section) {
  return section == compiler::kSpirvSection || section.starts_with(".debug");
}

// The kernel table again, with spaces for what it is shorter by.
Status drop_text(std::span<const std::byte> elf, std::span<std::byte> table) {
  auto program = compiler::read_program(elf);
  if (!program) return program.error();
  program->source.clear();
  std::string text = compiler::to_json(*program);
  if (text.size() > table.size()) return Error{Errc::kUnsupported, "a kernel table that cannot be rewritten"};
  text.resize(table.size(), ' ');
  std::memcpy(table.data(), text.data(), text.size());
  return {};
}

}  // namespace

Result<std::vector<std::byte>> without_source(std::span<const std::byte> elf) {
  const auto view = ElfView::parse(elf);
  if (!view) return view.error();
  std::vector<std::byte> out(elf.begin(), elf.end());
  const auto own = [&](const ElfView::Section& section) {
    return std::span(out).subspan(section.offset, section.bytes.size());
  };
  for (const auto& section : view->sections())
    if (tells_source(section.name)) std::ranges::fill(own(section), std::byte{0});
  const auto* table = view->section(compiler::kProgramSection);
  if (!table) return Error{Errc::kInvalidBinary, "a program without a kernel table"};
  if (auto dropped = drop_text(elf, own(*table)); !dropped) return dropped.error();
  if (auto sealed = compiler::seal(out); !sealed) return sealed.error();
  return out;
}

bool has_spirv(std::span<const std::byte> elf) {
  const auto words = compiler::read_spirv(elf);
  return words && !words->empty() && words->front() != 0;
}

}  // namespace kiesel::capture
