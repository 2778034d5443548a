#include "evaluation/profile/log.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

#include "evaluation/capture/format.hpp"

namespace kiesel::profile {
namespace {

constexpr std::uint64_t kMostInstructions = 4 << 20;  // of a program

}  // namespace

std::string program_name(std::span<const std::byte> elf) {
  const auto hash = capture::hash_of(elf);
  return fmt::format("{:016x}{:016x}", hash.high, hash.low);
}

std::vector<std::byte> record(RecordKind kind, std::vector<std::byte> payload) {
  const RecordHeader header{kind, 0, payload.size(), XXH3_64bits(payload.data(), payload.size())};
  const auto* const begin = reinterpret_cast<const std::byte*>(&header);
  payload.insert(payload.begin(), begin, begin + sizeof header);
  return payload;
}

CodeNote code_note(const KernelKey& key, std::uint64_t launches, const device::LaunchCounts& counts) {
  CodeNote note{key, launches, counts.code_begin, counts.instructions.size(), {}};
  for (std::uint32_t counter = 0; counter < device::kInstructionCounters; ++counter) {
    CodeNote::Column column{counter, {}};
    for (const auto& instruction : counts.instructions) column.values.push_back(instruction[counter]);
    if (std::ranges::any_of(column.values, [](std::uint64_t value) { return value != 0; }))
      note.columns.push_back(std::move(column));
  }
  return note;
}

Result<device::LaunchCounts> counts_of(const CodeNote& note) {
  device::LaunchCounts counts;
  counts.code_begin = note.begin;
  if (note.instructions > kMostInstructions || note.begin / 4 > kMostInstructions - note.instructions ||
      note.begin % 4)
    return Error{Errc::kInvalidBinary, "counts of code that cannot be"};
  counts.instructions.resize(note.instructions);
  for (const auto& column : note.columns) {
    if (column.counter >= device::kInstructionCounters || column.values.size() != note.instructions)
      return Error{Errc::kInvalidBinary, "counts of code that have another length"};
    for (std::size_t i = 0; i < column.values.size(); ++i)
      counts.instructions[i][column.counter] = column.values[i];
  }
  return counts;
}

}  // namespace kiesel::profile
