// Memory behind the caches: channels of banks with a row open in each, refreshed from time to time. A
// request's times follow when it comes: nothing is looked at cycle by cycle.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "device/timing/cache.hpp"
#include "device/timing/design.hpp"

namespace kiesel::timing {

struct DramCounts {
  std::uint64_t reads = 0, writes = 0, row_misses = 0, busy_cycles = 0;
};

class Dram {
 public:
  Dram(const Design& design, std::uint32_t line_bytes);
  // Requests come in the order of their cycles. The cycle at which the line is read, or written.
  std::uint64_t take(const MemoryRequest& request);
  DramCounts counts;

 private:
  struct Channel {
    std::uint64_t last = 0;                         // answer
    std::vector<std::uint64_t> row, opened, ready;  // of each bank
  };
  std::uint64_t read(std::uint64_t line, std::uint64_t start);
  void write_waiting(std::uint64_t start);
  void write_one(std::uint64_t start);
  std::uint64_t idle_from() const;
  std::uint64_t use_bus(std::uint64_t line, std::uint64_t start, bool write);
  std::uint64_t open_row(Channel& channel, std::uint64_t address, std::uint64_t from);
  std::uint64_t after_refresh(std::uint64_t cycle) const;

  const Design& design_;
  std::uint32_t line_bytes_;
  std::vector<Channel> channels_;
  struct Bus {
    std::uint64_t free = 0;
    bool writes = false;
  };
  std::vector<Bus> buses_;
  std::deque<std::uint64_t> writes_;  // lines that are to be written
  std::uint64_t port_free_ = 0;
  std::uint64_t last_read_ = 0;  // when its bytes began to move
};

}  // namespace kiesel::timing
