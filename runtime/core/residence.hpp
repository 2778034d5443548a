// Where the contents of a memory object are: which devices have the newest bytes of which range.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kiesel::runtime {

struct Range {
  std::size_t begin = 0, end = 0;  // bytes

  bool operator==(const Range&) const = default;
};

// What a command does with a range: kOverwrite is a write of every byte, which needs nothing that was there.
enum class Access : std::uint8_t { kRead, kWrite, kOverwrite };

class Residence {
 public:
  // A device by its number; there may be 64.
  using Device = unsigned;
  static constexpr std::size_t kMostDevices = 64;

  // Nobody has written anything yet.
  explicit Residence(std::size_t bytes) : bytes_(bytes) {}

  // What has to come to a device, from where, before a command may have its access. Bytes that nobody wrote
  // are nowhere and do not.
  struct Move {
    Range range;
    Device from;

    bool operator==(const Move&) const = default;
  };
  std::vector<Move> missing(Access access, Range range, Device device) const;
  // It has come, and the command begins.
  void begin(Access access, Range range, Device device);

 private:
  using Devices = std::uint64_t;
  struct Piece {
    Range range;
    Devices there;
  };
  static void append(std::vector<Piece>& pieces, Piece piece);

  const std::size_t bytes_;
  std::vector<Piece> pieces_;  // rising, without gaps; neighbours differ; none before the first command
};

}  // namespace kiesel::runtime
