#include "device/plugin/host_services.hpp"

#include <algorithm>
#include <cstring>
#include <span>

#include "device/isa/program_image.hpp"
#include "support/log.hpp"

namespace kiesel::device::plugin {
namespace {

struct Code {
  kiesel_result result;
  Errc code;
  const char* words;
};
constexpr Code kCodes[] = {
    {KIESEL_OUT_OF_MEMORY, Errc::kOutOfMemory, "out of memory"},
    {KIESEL_INVALID, Errc::kInvalidArgument, "an argument cannot be"},
    {KIESEL_INVALID_PROGRAM, Errc::kInvalidBinary, "the program is not for this device"},
    {KIESEL_UNSUPPORTED, Errc::kUnsupported, "not supported"},
    {KIESEL_FAULT, Errc::kFault, "a fault"},
    {KIESEL_TIMEOUT, Errc::kTimeout, "a time-out"},
    {KIESEL_LOST, Errc::kCrashed, "the device was lost"},
};

log::Level level_of(std::int32_t level) {
  constexpr std::int32_t kLast = static_cast<std::int32_t>(log::Level::kDebug);
  return static_cast<log::Level>(std::clamp(level, std::int32_t{1}, kLast));
}

void write_log(std::int32_t level, const char* line) {
  if (line && log::enabled(log::Group::kDevice, level_of(level)))
    log::write(log::Group::kDevice, level_of(level), line);
}

std::span<const std::byte> file_of(const void* elf, std::uint64_t bytes) {
  return {static_cast<const std::byte*>(elf), static_cast<std::size_t>(bytes)};
}

std::uint64_t program_bytes(const void* elf, std::uint64_t elf_bytes, kiesel_reason* reason) {
  const auto file = ElfView::parse(file_of(elf, elf_bytes));
  const auto image = file ? isa::ProgramImage::of(*file) : Result<isa::ProgramImage>(file.error());
  if (image) return image->bytes();
  say(reason, image.error().reason);
  return 0;
}

kiesel_result place_program(const void* elf, std::uint64_t elf_bytes, std::uint64_t address, void* out,
                            kiesel_reason* reason) {
  const auto file = ElfView::parse(file_of(elf, elf_bytes));
  const auto image = file ? isa::ProgramImage::of(*file) : Result<isa::ProgramImage>(file.error());
  if (!image) {
    say(reason, image.error().reason);
    return KIESEL_INVALID_PROGRAM;
  }
  auto* bytes = static_cast<std::byte*>(out);
  std::memset(bytes, 0, image->bytes());
  for (const Elf64_Phdr& segment : image->segments())
    std::ranges::copy(file->segment_bytes(segment), bytes + segment.p_vaddr);
  for (const auto& patch : image->patches()) {
    const std::uint64_t value = address + patch.value;
    std::memcpy(bytes + patch.offset, &value, sizeof value);
  }
  return KIESEL_OK;
}

constexpr kiesel_host kHost{sizeof(kiesel_host), write_log, program_bytes, place_program};

}  // namespace

const kiesel_host& host_services() { return kHost; }

void say(kiesel_reason* reason, std::string_view text) {
  if (!reason) return;
  const std::size_t bytes = std::min(text.size(), sizeof reason->text - 1);
  std::memcpy(reason->text, text.data(), bytes);
  reason->text[bytes] = 0;
}

std::string_view text_of(const kiesel_reason& reason) {
  return {reason.text, ::strnlen(reason.text, sizeof reason.text)};
}

kiesel_result result_of(Errc code) {
  for (const Code& row : kCodes)
    if (row.code == code) return row.result;
  return KIESEL_INVALID;
}

Errc code_of(kiesel_result result) {
  for (const Code& row : kCodes)
    if (row.result == result) return row.code;
  return Errc::kIo;
}

Error error_of(std::string_view what, kiesel_result result, std::string_view sentence) {
  std::string words = fmt::format("result {}, which does not exist", result);
  for (const Code& row : kCodes)
    if (row.result == result) words = row.words;
  return {code_of(result), fmt::format("{}: {}", what, sentence.empty() ? words : sentence)};
}

}  // namespace kiesel::device::plugin
