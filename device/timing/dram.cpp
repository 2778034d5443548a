#include "device/timing/dram.hpp"

#include <algorithm>

namespace kiesel::timing {

Dram::Dram(const Design& design, std::uint32_t line_bytes)
    : design_(design), line_bytes_(line_bytes), channels_(design.channels) {
  for (Channel& channel : channels_) {
    channel.row.assign(design.memory_banks, ~std::uint64_t{0});
    channel.ready.assign(design.memory_banks, 0);
  }
}

// All banks rest at the beginning of each interval but the first.
std::uint64_t Dram::after_refresh(std::uint64_t cycle) const {
  if (!design_.refresh_interval || cycle < design_.refresh_interval) return cycle;
  const std::uint64_t into = cycle % design_.refresh_interval;
  return into < design_.refresh_cycles ? cycle - into + design_.refresh_cycles : cycle;
}

// When the column can be asked for.
std::uint64_t Dram::open_row(Channel& channel, std::uint64_t address, std::uint64_t from) {
  const std::uint64_t row = address / design_.row_bytes;
  const std::size_t bank = row % design_.memory_banks;
  const std::uint64_t start = std::max(from, channel.ready[bank]);
  if (channel.row[bank] == row) return start;
  ++counts.row_misses;
  const std::uint64_t close = channel.row[bank] == ~std::uint64_t{0} ? 0 : design_.row_close_cycles;
  channel.row[bank] = row;
  return channel.ready[bank] = start + close + design_.row_open_cycles;
}

std::uint64_t Dram::take(const MemoryRequest& request) {
  const std::uint64_t address = request.line * line_bytes_;
  const std::size_t number = address / design_.channel_interleave_bytes % design_.channels;
  Channel& channel = channels_[number];
  std::uint64_t& wires = design_.one_bus ? bus_free_ : channel.wires_free;
  const std::uint64_t start = std::max(after_refresh(request.cycle), wires);
  wires = start + design_.line_cycles;
  counts.busy_cycles += design_.line_cycles;
  ++(request.write ? counts.writes : counts.reads);
  std::uint64_t done = open_row(channel, address / design_.channels, start) + design_.column_cycles;
  if (design_.in_order) done = std::max(done, channel.last + 1);
  channel.last = done;
  return done;
}

}  // namespace kiesel::timing
