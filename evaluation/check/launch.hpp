// The launch that is being checked, and how its work-items, instructions and memory are called in findings.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "device/device.hpp"
#include "device/observer.hpp"
#include "evaluation/check/finding.hpp"
#include "evaluation/check/memory_map.hpp"
#include "evaluation/check/program.hpp"

namespace kiesel::check {

enum class Space : std::uint8_t { kGlobal, kLocal, kPrivate };

// What the active lanes of a warp are about to access, in one kind of memory.
struct Access {
  device::ObservedWarp* warp = nullptr;
  const Fact* fact = nullptr;
  std::size_t instruction = 0;
  std::uint64_t mask = 0;
  Space space = Space::kGlobal;
  bool is_line = false;  // lane l goes to base + slope * l, else to x[l] + base
  std::uint64_t base = 0, slope = 0;
  const std::uint64_t* x = nullptr;
  std::uint64_t least = 0, most = 0;  // addresses

  std::uint64_t address(unsigned lane) const { return is_line ? base + slope * lane : x[lane] + base; }
  // All of them side by side, lane 0's place is `base`.
  bool is_row() const { return is_line && slope == fact->bytes; }
};

template <class F>
inline void for_lanes(std::uint64_t mask, F f) {
  for (; mask; mask &= mask - 1) f(static_cast<unsigned>(__builtin_ctzll(mask)));
}
inline unsigned first_lane(std::uint64_t mask) { return static_cast<unsigned>(__builtin_ctzll(mask)); }

struct LaunchState {
  std::shared_ptr<Program> program;
  std::string kernel;
  const compiler::Kernel* table = nullptr;  // of it, where known
  std::uint64_t number = 0;
  device::ObservedLaunch shape;
  std::shared_ptr<const std::vector<device::Reach>> reach;  // null: any memory
  device::Address printf_buffer = 0;
  std::uint64_t private_bytes = 0;
  std::array<std::uint64_t, 3> group{};

  // "work-item (3, 0, 0) of work-group (1, 0, 0)"
  std::string who(unsigned rank, unsigned lane) const { return who(group, rank, lane); }
  std::string who(const std::array<std::uint64_t, 3>& of, unsigned rank, unsigned lane) const;
  Deed deed(std::size_t instruction, std::string what, std::string who) const;
  // Memory, with the name that the kernel has for it: "'out'".
  struct Named {
    std::string name, object;
  };
  Named name_of(const Allocation& allocation, device::Address address) const;
  Named local_name(std::uint64_t offset) const;
  std::string argument_name(std::uint32_t number) const;
};

// "load of 4 bytes"
std::string what_of(const Fact& fact);

}  // namespace kiesel::check
