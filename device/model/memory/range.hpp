// A piece of device memory: a header of its own, since engines take minutes to compile.
#pragma once

#include <cstdint>

namespace kiesel::model {

using Address = std::uint64_t;
using Owner = std::uint64_t;  // of device.hpp

struct Range {
  Address begin = 0, end = 0;
  bool contains(Address address, std::uint64_t bytes) const {
    return address >= begin && address < end && bytes <= end - address;
  }
};

}  // namespace kiesel::model
