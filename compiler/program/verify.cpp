#include "compiler/program/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "device/isa/program_image.hpp"

namespace kiesel::compiler {
namespace {

Error bad(std::string reason) { return {Errc::kInvalidBinary, std::move(reason)}; }

// All of the three or none: one alone would be a work-group of nothing.
bool whole_or_none(const std::array<std::uint32_t, 3>& size) {
  const auto zeros = std::ranges::count(size, 0U);
  return zeros == 0 || zeros == 3;
}

}  // namespace

Status check_together(const KernelArgument& argument) {
  if (argument.kind != ArgumentKind::kValue && argument.size != kPointerBytes)
    return bad(fmt::format("argument '{}' is a pointer of {} bytes", argument.name, argument.size));
  if (argument.kind == ArgumentKind::kLocalPointer && argument.alignment > kLargestTypeAlignment)
    return bad(
        fmt::format("argument '{}' points to memory aligned to {} bytes", argument.name, argument.alignment));
  return {};
}

Status check_together(const Kernel& kernel) {
  // One behind the other: what they take together is what the launch has room for.
  std::uint64_t end = sizeof(isa::LaunchHeader);
  for (const auto& argument : kernel.arguments) {
    if (argument.offset < end)
      return bad(fmt::format("arguments of kernel '{}' overlap at byte {}", kernel.name, argument.offset));
    end = std::uint64_t{argument.offset} + argument.size;
  }
  if (end > sizeof(isa::LaunchHeader) + kernel.argument_bytes)
    return bad(fmt::format("kernel '{}' has arguments up to byte {} of {}", kernel.name,
                           end - sizeof(isa::LaunchHeader), kernel.argument_bytes));
  if (!whole_or_none(kernel.required_work_group_size))
    return bad(fmt::format("kernel '{}' requires work-groups of no size", kernel.name));
  return {};
}

Status check_code(const Program& program, const ElfView& file) {
  if (!program.has_code) return {};
  const auto image = isa::ProgramImage::of(file);
  if (!image) return image.error();
  std::unordered_set<std::string_view> entries;
  for (const auto& symbol : file.symbols())
    if (isa::is_placed(symbol) && symbol.binding != STB_LOCAL && image->is_instruction(symbol.value))
      entries.insert(symbol.name);
  for (const auto& kernel : program.kernels)
    if (!entries.contains(kernel.symbol))
      return bad(fmt::format("kernel '{}' has no entry point '{}'", kernel.name, kernel.symbol));
  return {};
}

}  // namespace kiesel::compiler
