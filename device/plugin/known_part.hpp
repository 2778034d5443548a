// Structs of the other side of the interface, which may be longer or shorter than this side knows them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace kiesel::device::plugin {

// A struct of the other side as this side knows it: what is missing at its end is 0.
template <class T>
T known_part(const T& theirs) {
  T out{};
  std::memcpy(&out, &theirs, std::min<std::size_t>(theirs.size, sizeof out));
  return out;
}

}  // namespace kiesel::device::plugin
