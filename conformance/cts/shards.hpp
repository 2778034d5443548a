// Parts of a long run, each of which takes about as long as the others.
#pragma once

#include <cstddef>
#include <vector>

namespace kiesel::conformance {

struct Shard {
  unsigned index = 1, count = 1;  // from 1 on
};

// Which of the parts each piece of work belongs to, from 0 on: the longest first, each to the part that has
// least. The same seconds give the same parts everywhere.
std::vector<unsigned> divide(const std::vector<double>& seconds, unsigned parts);

}  // namespace kiesel::conformance
