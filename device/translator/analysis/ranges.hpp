// Between which numbers an integer register's lies, in every lane that is active.
#pragma once

#include <cstdint>

namespace kiesel::translator {

struct Item;

struct Range {
  std::int64_t low = INT64_MIN, high = INT64_MAX;
  bool is_single() const { return low == high; }
  bool fits() const { return low >= INT32_MIN && high <= INT32_MAX; }  // the lower half, sign-extended
  bool is_lower() const { return low >= 0 && high <= UINT32_MAX; }     // the upper half is 0
  bool operator==(const Range&) const = default;
};

Range hull(const Range& a, const Range& b);
// What holds both, and few others: those that grow in a loop get there in a few steps.
Range widened(const Range& a, const Range& b);
// Of what an item writes, by those of rs1 and rs2.
Range range_of(const Item& item, const Range& first, const Range& second);

}  // namespace kiesel::translator
