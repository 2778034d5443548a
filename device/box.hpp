// Boxes of bytes: what all devices do with them.
#pragma once

#include <cstdint>
#include <cstring>

#include "device/device.hpp"

namespace kiesel::device {

inline bool is_empty(const Box& box) { return box.size[0] == 0 || box.size[1] == 0 || box.size[2] == 0; }

// One past the last byte that a box which is not empty touches, from its start.
inline std::uint64_t extent(const Box& box, std::uint64_t row_pitch, std::uint64_t slice_pitch) {
  return (box.size[2] - 1) * slice_pitch + (box.size[1] - 1) * row_pitch + box.size[0];
}
inline std::uint64_t source_extent(const Box& box) {
  return extent(box, box.source_row_pitch, box.source_slice_pitch);
}
inline std::uint64_t target_extent(const Box& box) {
  return extent(box, box.target_row_pitch, box.target_slice_pitch);
}

// Calls `row(source offset, target offset, bytes)` for each piece that is without gaps on both sides.
template <class Row>
void for_each_row(const Box& box, Row row) {
  const auto [bytes, rows, slices] = box.size;
  const bool packed =
      (rows == 1 || (box.source_row_pitch == bytes && box.target_row_pitch == bytes)) &&
      (slices == 1 || (box.source_slice_pitch == bytes * rows && box.target_slice_pitch == bytes * rows));
  if (packed) return row(std::uint64_t{0}, std::uint64_t{0}, bytes * rows * slices);
  for (std::uint64_t z = 0; z < slices; ++z)
    for (std::uint64_t y = 0; y < rows; ++y)
      row(z * box.source_slice_pitch + y * box.source_row_pitch,
          z * box.target_slice_pitch + y * box.target_row_pitch, bytes);
}

// Images of one buffer may overlap: what the copy leaves there is undefined, but it must be a copy.
inline void copy_box(const std::byte* source, std::byte* target, const Box& box) {
  for_each_row(box, [&](std::uint64_t from, std::uint64_t to, std::uint64_t bytes) {
    std::memmove(target + to, source + from, bytes);
  });
}

}  // namespace kiesel::device
