// Which bits of memory nobody has written: a byte of them for each byte, 1 where it has no value. Pages that
// are not there are written.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>

#include "evaluation/check/pages.hpp"

namespace kiesel::check {

class BitsShadow {
 public:
  void set(std::uint64_t begin, std::uint64_t bytes, bool undefined);
  bool any(std::uint64_t begin, std::uint64_t bytes);
  // Of 1, 2, 4 or 8 bytes, aligned.
  std::uint64_t load(std::uint64_t address, unsigned bytes);
  void store(std::uint64_t address, unsigned bytes, std::uint64_t undefined);
  void copy(std::uint64_t from, std::uint64_t to, std::uint64_t bytes);
  std::size_t pages() const { return pages_.size(); }

 private:
  static constexpr unsigned kShift = 12;
  struct Page {
    std::unique_ptr<std::uint8_t[]> bits;  // null: all are undefined

    std::uint8_t* all() {
      if (!bits) {
        bits = std::make_unique<std::uint8_t[]>(std::size_t{1} << kShift);
        std::memset(bits.get(), 0xFF, std::size_t{1} << kShift);
      }
      return bits.get();
    }
  };
  using Shadow = Pages<Page, kShift>;
  Shadow pages_;
};

}  // namespace kiesel::check
