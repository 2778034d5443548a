// What logarithms of float begin with.
#pragma once

#include "csr.h"

// x = 2^k (1 + f) with |f| <= 1/3. `special` is 0, or what the logarithm is where it has no such form: -infinity of 0,
// infinity, NaN; f and k are finite then, so it may be added.
struct Reduced {
  float k, f, special;
};

static inline struct Reduced reduce_for_log(float x) {
  float k = 0, special = 0;
  if (as_uint(x) - 0x00800000 >= 0x7f000000) {  // not positive and normal, which is rare
    special = x == 0 ? -INFINITY : x < 0 ? NAN : x;
    special = x > 0 && x < INFINITY ? 0 : special;
    x *= 0x1p23f;
    k = -23;
  }
  const int bits = as_int(x);
  const int exponent = (bits - 0x3f2aaaab) >> 23;
  return (struct Reduced){k + (float)exponent, as_float(bits - (exponent << 23)) - 1, special};
}
