// The control and status registers of the device, from the one table csrs.def.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace kiesel::isa {

// The widest set of lanes that reads one value at one time.
enum class CsrScope : std::uint8_t { kLane, kWarp, kGroup, kCore, kDevice };

struct CsrInfo {
  std::uint16_t number;
  std::string_view name;
  CsrScope scope;
  bool writable;
  std::string_view text;
};

// Numbers under the names of the table: csr::lane_id.
namespace csr {
#define CSR(number, name, scope, writable, text) inline constexpr std::uint16_t name = number;
#include "device/isa/csrs.def"
#undef CSR
}  // namespace csr

std::span<const CsrInfo> csrs();                // ascending numbers
const CsrInfo* find_csr(std::uint32_t number);  // null where the device has none
const CsrInfo* find_csr(std::string_view name);

// Those of the extension Zicntr, which a target may lack.
bool csr_is_counter(std::uint32_t number);
// Those that tell the time: two reads by the same lanes may differ.
bool csr_is_clock(std::uint32_t number);

// Whether lanes of one warp may read different values. True for an unknown number.
bool csr_is_divergent(std::uint32_t number);

}  // namespace kiesel::isa
