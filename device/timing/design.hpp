// A design: what the cycle model knows of a machine beside its target. Times are in cycles of the core's
// clock unless a name says otherwise. design_keys.def has the name, range and meaning of each.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "device/isa/operation_class.hpp"

namespace kiesel::timing {

inline constexpr std::uint64_t kNever = ~std::uint64_t{0};  // of cycles
inline constexpr std::size_t kOperationClasses = static_cast<std::size_t>(isa::OperationClass::kAtomic) + 1;

struct CacheDesign {
  std::uint32_t bytes = 16384, ways = 4, line_bytes = 64, banks = 1;
  std::uint32_t misses = 16;        // entries of a bank for requests that wait for memory
  std::uint32_t hit_cycles = 2;     // from the bank's input to its answer
  std::uint32_t flush_cycles = 13;  // of a flush, beside one for each line of a bank
  std::uint32_t write_back = 1;     // else writes go through, and do not allocate
};

// Femtojoules, by energy.def.
struct EnergyDesign {
#define ENERGY(key, name, amount, meaning) std::uint32_t key = 0;
#include "device/timing/energy.def"
#undef ENERGY
  std::string source;  // of the figures
};

struct Design {
  std::uint32_t cores = 1, warps = 4, lanes = 4;  // as the target has them
  std::uint32_t local_bytes = 16384;              // of a core
  // Front end.
  std::uint32_t fetch_cycles = 7;        // from the choice of a warp to its instruction in its buffer
  std::uint32_t refetch_cycles = 9;      // until the warp may be chosen again
  std::uint32_t instruction_buffer = 4;  // instructions of a warp
  std::uint32_t fetch_when_full = 1;     // when no warp's buffer has room, one is fetched all the same
  // Issue.
  std::uint32_t issue_width = 1;
  std::uint32_t collectors = 1;      // of operands, for each issue slot
  std::uint32_t register_banks = 4;  // of a collector; two operands of one bank take two cycles
  std::uint32_t operand_cycles = 5;  // from issue to the unit's input
  std::uint32_t unit_queue = 4;      // instructions between issue and a unit; one place stays free
  std::uint32_t float_flags = 1;     // float instructions of a warp wait for each other's flags
  // Units: cycles from a unit's input until an instruction that needs the result can issue, and until the
  // unit takes the next one.
  std::array<std::uint32_t, kOperationClasses> latency{};
  std::array<std::uint32_t, kOperationClasses> interval{};
  std::uint32_t float_in_flight = 2;  // instructions inside the float unit
  std::uint32_t branch_cycles = 3;    // from the unit's input until the warp may be fetched again
  std::uint32_t join_cycles = 4;
  std::uint32_t barrier_cycles = 4;
  // Loads and stores.
  std::uint32_t lsu_queue = 4, lsu_pending = 8;
  std::uint32_t lsu_request_cycles = 3;   // from the unit's input to the coalescer
  std::uint32_t lsu_response_cycles = 8;  // from the cache's answer until a dependent instruction can issue
  std::uint32_t coalescer_cycles = 2;     // of a batch
  std::uint32_t fence_reads = 1;          // a fence, once the cache is flushed, reads a line as a load does
  std::uint32_t word_bytes = 16;          // that one request to the data cache reads
  std::uint32_t local_request_cycles = 4, local_cycles = 2, local_response_cycles = 6;
  std::uint32_t local_banks = 4, local_word_bytes = 8, local_broadcast = 0;
  // Memory.
  CacheDesign instruction_cache, data_cache, l2, l3;
  bool has_l2 = false, has_l3 = false, has_energy = false;
  std::uint32_t interconnect_cycles = 3;  // one way between a core and what the cores share
  std::uint32_t channels = 2;
  std::uint32_t channel_interleave_bytes = 64;
  std::uint32_t request_cycles = 4;  // of the port that all requests go through, for a line
  std::uint32_t buses = 2;           // that lines are read and written over
  std::uint32_t bus_interleave_bytes = 4096;
  std::uint32_t line_cycles = 8;  // of a bus, for a line
  std::uint32_t memory_banks = 32, row_bytes = 4096;
  std::uint32_t column_cycles = 13, row_open_cycles = 7, row_close_cycles = 7, row_cycle = 19;
  std::uint32_t refresh_interval = 0, refresh_cycles = 350;
  // Lines that writes wait in for memory to be idle: so many at most, and so many when it has caught up.
  std::uint32_t write_buffer = 13, write_buffer_low = 3;
  std::uint32_t turn_cycles = 3;     // of a bus, from reading to writing and back
  std::uint32_t forward_cycles = 4;  // to read what waits to be written
  std::uint32_t in_order = 1;        // a channel answers in the order of its requests
  // Launch and dispatch.
  std::uint32_t launch_cycles = 20;   // before the first warp
  std::uint32_t group_cycles = 2;     // from one work-group to the next
  std::uint32_t free_cycles = 3;      // from a warp's end until its place is seen free
  std::uint32_t one_warp_a_slot = 1;  // a slot gets one warp of a work-group, even when it ends meanwhile
  std::uint32_t resume_instructions =
      5;                          // a slot's later warps start so many before the end of the first; 0: all
  std::uint32_t local_unit = 64;  // local memory is handed out in such units
  // Addresses.
  std::uint64_t stack_top = 0x1FFFF0000;
  std::uint32_t stack_stride = 8192;  // from lane to lane
  std::uint32_t interleaved = 0;      // private memory: words of 8 bytes, lane next to lane

  EnergyDesign energy;
  std::string validated = "not validated";  // against what, with what error
};

}  // namespace kiesel::timing
