#include "device/timing/dram.hpp"

#include <algorithm>

namespace kiesel::timing {

Dram::Dram(const Design& design, std::uint32_t line_bytes)
    : design_(design), line_bytes_(line_bytes), channels_(design.channels), buses_(design.buses) {
  for (Channel& channel : channels_) {
    channel.row.assign(design.memory_banks, ~std::uint64_t{0});
    channel.opened.assign(design.memory_banks, 0);
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
  const std::uint64_t opens = std::max(start + close, channel.opened[bank] + (close ? design_.row_cycle : 0));
  channel.opened[bank] = opens;
  return channel.ready[bank] = opens + design_.row_open_cycles;
}

// When the line's bytes begin to move.
std::uint64_t Dram::use_bus(std::uint64_t line, std::uint64_t start, bool write) {
  const std::uint64_t address = line * line_bytes_;
  Channel& channel = channels_[address / design_.channel_interleave_bytes % design_.channels];
  Bus& bus = buses_[address / design_.bus_interleave_bytes % design_.buses];
  const std::uint64_t turned = bus.free + (bus.writes != write ? design_.turn_cycles : 0);
  const std::uint64_t column = std::max(open_row(channel, address, start), turned);
  bus = {column + design_.line_cycles, write};
  counts.busy_cycles += design_.line_cycles;
  return column;
}

std::uint64_t Dram::idle_from() const {
  std::uint64_t at = 0;
  for (const Bus& bus : buses_) at = std::max(at, bus.free);
  return at;
}

void Dram::write_one(std::uint64_t start) {
  use_bus(writes_.front(), start, true);
  writes_.pop_front();
}

// What waits to be written is read from where it waits.
std::uint64_t Dram::read(std::uint64_t line, std::uint64_t start) {
  if (std::find(writes_.begin(), writes_.end(), line) != writes_.end()) return start + design_.forward_cycles;
  last_read_ = use_bus(line, start, false);
  return last_read_ + design_.column_cycles;
}

// Writes wait for a bus that nothing is read over. Once there has been one, or many wait, reads wait until
// few are left.
void Dram::write_waiting(std::uint64_t start) {
  while (!writes_.empty() && idle_from() < start) write_one(idle_from());
  const bool between_reads = last_read_ < start;
  if (between_reads || writes_.size() > design_.write_buffer)
    while (writes_.size() > design_.write_buffer_low) write_one(start);
}

std::uint64_t Dram::take(const MemoryRequest& request) {
  const std::uint64_t start = std::max(after_refresh(request.cycle), port_free_);
  port_free_ = start + design_.request_cycles;
  write_waiting(start);
  if (request.write) {
    ++counts.writes;
    writes_.push_back(request.line);
    return start;
  }
  ++counts.reads;
  Channel& channel =
      channels_[request.line * line_bytes_ / design_.channel_interleave_bytes % design_.channels];
  std::uint64_t done = read(request.line, start);
  if (design_.in_order) done = std::max(done, channel.last + 1);
  return channel.last = done;
}

}  // namespace kiesel::timing
