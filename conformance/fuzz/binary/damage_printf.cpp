#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "conformance/fuzz/binary/damage.hpp"

namespace kiesel::conformance::binary {
namespace {

std::uint32_t word_at(std::span<const std::byte> code, std::size_t index) {
  std::uint32_t word;
  std::memcpy(&word, code.data() + index * sizeof word, sizeof word);
  return word;
}

enum Opcode : std::uint32_t {
  kImmediate = 0x13,
  kUpperFromHere = 0x17,
  kWordImmediate = 0x1B,
  kStore = 0x23,
  kFloatStore = 0x27,
  kAtomic = 0x2F,
  kUpper = 0x37,
};

Opcode opcode(std::uint32_t word) { return static_cast<Opcode>(word & 0x7F); }

// amoadd.w, by which a record is reserved (and which programs have for other things).
bool reserves(std::uint32_t word) { return opcode(word) == kAtomic && (word & 0xF800'7000) == 0x2000; }

// The instruction with another immediate, or as it was.
std::uint32_t with_other_immediate(std::uint32_t word, Random& random) {
  const auto value =
      static_cast<std::uint32_t>(random() % 2 ? edge(random() % 128, random) : 8 * (random() % 32));
  switch (opcode(word)) {
    case kImmediate:
    case kWordImmediate:
      return (word & 0x000F'FFFF) | value << 20;
    case kStore:
    case kFloatStore:
      return (word & 0x01FF'F07F) | (value >> 5 & 0x7F) << 25 | (value & 0x1F) << 7;
    case kUpper:
    case kUpperFromHere:
      return word ^ static_cast<std::uint32_t>(random()) << 12;
    default:
      return word;
  }
}

std::string any_of(std::string_view characters, std::uint64_t most, Random& random) {
  std::string out;
  for (auto left = random() % (most + 1); left; --left) out += characters[random() % characters.size()];
  return out;
}

std::string any_conversion(Random& random) {
  constexpr std::string_view kVectors[] = {"", "", "v2", "v3", "v4", "v8", "v16", "v5", "v99999999999", "v"};
  constexpr std::string_view kLengths[] = {"", "", "hh", "h", "hl", "l", "ll", "z"};
  std::string out = "%" + any_of("-+ #0", 3, random) + any_of("0123456789*", 6, random);
  if (random() % 3 == 0) out += "." + any_of("0123456789*", 6, random);
  out += kVectors[random() % std::size(kVectors)];
  out += kLengths[random() % std::size(kLengths)];
  return out + any_of("diouxXfFeEgGaAcsspn%", 1, random);
}

}  // namespace

void damage_records(std::span<std::byte> code, Random& random) {
  constexpr std::size_t kWordsOfRecord = 48;  // at most, from where it is reserved to its last argument
  const std::size_t words = code.size() / sizeof(std::uint32_t);
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < words; ++i)
    if (reserves(word_at(code, i))) places.push_back(i);
  if (places.empty()) return;
  for (auto changes = 1 + random() % 6; changes; --changes) {
    const std::size_t at = places[random() % places.size()] + random() % kWordsOfRecord;
    if (at >= words) continue;
    const std::uint32_t word = with_other_immediate(word_at(code, at), random);
    std::memcpy(code.data() + at * sizeof word, &word, sizeof word);
  }
}

void damage_formats(std::span<std::byte> data, Random& random) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < data.size(); ++i)
    if (data[i] == std::byte{'%'} || (data[i] == std::byte{0} && random() % 16 == 0)) places.push_back(i);
  if (places.empty()) return;
  for (auto changes = 1 + random() % 3; changes; --changes) {
    const std::size_t at = places[random() % places.size()];
    const auto text = any_conversion(random);
    std::memcpy(data.data() + at, text.data(), std::min(text.size(), data.size() - at));
  }
}

}  // namespace kiesel::conformance::binary
