#include "device/isa/csr.hpp"

#include <algorithm>
#include <array>

namespace kiesel::isa {
namespace {

namespace scope {
constexpr auto lane = CsrScope::kLane;
constexpr auto warp = CsrScope::kWarp;
constexpr auto group = CsrScope::kGroup;
constexpr auto core = CsrScope::kCore;
constexpr auto device = CsrScope::kDevice;
}  // namespace scope

constexpr auto kTable = std::to_array<CsrInfo>({
#define CSR(number, name, scope_name, writable, text) {number, #name, scope::scope_name, writable, text},
#include "device/isa/csrs.def"
#undef CSR
});

constexpr bool ascending() {
  for (std::size_t i = 1; i < kTable.size(); ++i)
    if (kTable[i - 1].number >= kTable[i].number) return false;
  return true;
}
static_assert(ascending(), "csrs.def is sorted by number");

}  // namespace

std::span<const CsrInfo> csrs() { return kTable; }

const CsrInfo* find_csr(std::uint32_t number) {
  const auto found =
      std::lower_bound(kTable.begin(), kTable.end(), number,
                       [](const CsrInfo& info, std::uint32_t wanted) { return info.number < wanted; });
  return found != kTable.end() && found->number == number ? &*found : nullptr;
}

const CsrInfo* find_csr(std::string_view name) {
  const auto found =
      std::find_if(kTable.begin(), kTable.end(), [&](const CsrInfo& info) { return info.name == name; });
  return found != kTable.end() ? &*found : nullptr;
}

bool csr_is_counter(std::uint32_t number) {
  return number == csr::cycle || number == csr::time || number == csr::instret;
}

bool csr_is_clock(std::uint32_t number) {
  return number == csr::mcycle || number == csr::cycle || number == csr::time;
}

bool csr_is_divergent(std::uint32_t number) {
  const CsrInfo* info = find_csr(number);
  return !info || info->scope == CsrScope::kLane;
}

}  // namespace kiesel::isa
