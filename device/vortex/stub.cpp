#include "device/vortex/stub.hpp"

#include <fmt/format.h>

#include <cstring>
#include <string_view>

#include "device/isa/assembler.hpp"

namespace kiesel::vortex {
namespace {

constexpr std::uint64_t kModuleBytes = 64;

// Loads the 8 bytes behind the code and jumps there.
constexpr std::string_view kJump = R"(
  auipc t0, 0
  ld t0, 16(t0)
  jalr zero, 0(t0)
  addi zero, zero, 0
)";

}  // namespace

std::vector<std::uint32_t> stub_code(std::uint64_t start, std::uint32_t groups_x) {
  std::string text;
  if (groups_x)  // six instructions, so that the address behind them is aligned
    text = fmt::format(R"(
  csrrs t0, group_id_x, zero
  lui t1, {}
  addi t1, t1, {}
  bltu t0, t1, .go
  tmc zero
.go:
  addi zero, zero, 0
)",
                       (groups_x + 0x800) >> 12, static_cast<std::int32_t>(groups_x << 20) >> 20);
  auto words = isa::assemble(text + std::string(kJump)).words;
  words.push_back(static_cast<std::uint32_t>(start));
  words.push_back(static_cast<std::uint32_t>(start >> 32));
  return words;
}

std::vector<std::byte> module_image(std::uint64_t address, std::uint64_t entry,
                                    const std::vector<std::uint32_t>& code) {
  std::vector<std::byte> out;
  const auto put = [&](const auto& value) {
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    out.insert(out.end(), bytes, bytes + sizeof value);
  };
  const auto put_text = [&](std::string_view text) {
    for (const char c : text) out.push_back(static_cast<std::byte>(c));
  };
  put(address);
  put(address + kModuleBytes);
  for (std::size_t i = 0; i < kModuleBytes / 4; ++i) put(i < code.size() ? code[i] : std::uint32_t{0});
  const std::string_view name = kStubName;
  put_text(name);
  put(std::uint32_t{0});  // where the name is, its length, nothing, the entry
  put(static_cast<std::uint16_t>(name.size()));
  put(std::uint16_t{0});
  put(entry);
  put(std::uint32_t{1});  // one kernel
  put_text("VXSYMTAB");
  return out;
}

}  // namespace kiesel::vortex
