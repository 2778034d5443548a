// What a kernel sees of a pipe: a pipe argument is the device address (8 bytes) of this header. The runtime
// allocates pipe_bytes() and writes packet_bytes and capacity; all else starts as zero and belongs to the
// builtins (compiler/builtins).
#pragma once

#include <cstdint>

namespace kiesel::isa {

struct PipeHeader {
  std::uint32_t packet_bytes;
  std::uint32_t capacity;  // packets
  std::uint32_t state[14];
};
static_assert(sizeof(PipeHeader) == 64);

constexpr std::uint64_t pipe_bytes(std::uint32_t packet_bytes, std::uint32_t capacity) {
  return sizeof(PipeHeader) + std::uint64_t{packet_bytes} * capacity;
}

}  // namespace kiesel::isa
