#!/usr/bin/env python3
"""SHA-256 of messages of 32 bytes, one for each work-item (FIPS 180-4).

    sha256.py COUNT
"""
import hashlib
import sys

import numpy as np
import pyopencl as cl

from opencl import buffer_of, build, items, open_queue, random, read, require_equal


def roots(power, count):
    """The first 32 bits behind the point of roots of the first primes."""
    primes = [n for n in range(2, 312) if all(n % d for d in range(2, n))][:count]
    out = []
    for prime in primes:
        whole = prime << (32 * power)
        low, high = 0, 1 << 40
        while low + 1 < high:
            middle = (low + high) // 2
            low, high = (middle, high) if middle**power <= whole else (low, middle)
        out.append(f"0x{low & 0xffffffff:08x}u")
    return ", ".join(out)


SOURCE = f"""
constant uint round_constants[64] = {{{roots(3, 64)}}};
constant uint start[8] = {{{roots(2, 8)}}};
""" + """
#define RIGHT(v, by) rotate(v, (uint)(32 - by))
uint bytes_swapped(uint v) { return as_uint(as_uchar4(v).wzyx); }
kernel void hash(global const uint* messages, global uint* digests) {
  const size_t at = get_global_id(0) * 8;
  uint w[16], s[8];
  for (int i = 0; i < 8; ++i) w[i] = bytes_swapped(messages[at + i]), s[i] = start[i];
  w[8] = 0x80000000u;
  for (int i = 9; i < 15; ++i) w[i] = 0;
  w[15] = 256;
  for (int i = 0; i < 64; ++i) {
    if (i >= 16) {
      const uint a = w[(i + 1) & 15], b = w[(i + 14) & 15];
      w[i & 15] += (RIGHT(a, 7) ^ RIGHT(a, 18) ^ a >> 3) + w[(i + 9) & 15] + (RIGHT(b, 17) ^ RIGHT(b, 19) ^ b >> 10);
    }
    const uint first = s[7] + (RIGHT(s[4], 6) ^ RIGHT(s[4], 11) ^ RIGHT(s[4], 25)) + bitselect(s[6], s[5], s[4]) +
                       round_constants[i] + w[i & 15];
    const uint second = (RIGHT(s[0], 2) ^ RIGHT(s[0], 13) ^ RIGHT(s[0], 22)) + bitselect(s[0], s[1], s[0] ^ s[2]);
    s[7] = s[6], s[6] = s[5], s[5] = s[4], s[4] = s[3] + first;
    s[3] = s[2], s[2] = s[1], s[1] = s[0], s[0] = first + second;
  }
  for (int i = 0; i < 8; ++i) digests[at + i] = bytes_swapped(s[i] + start[i]);
}
"""


def main():
    count = int(sys.argv[1])
    context, queue = open_queue()
    messages = random.integers(0, 256, (count, 32), np.uint8)
    out = cl.Buffer(context, cl.mem_flags.READ_WRITE, messages.nbytes)
    build(context, SOURCE).hash(queue, (count,), (items(context, 64),), buffer_of(context, messages), out)
    expected = np.stack([np.frombuffer(hashlib.sha256(each.tobytes()).digest(), np.uint8) for each in messages])
    require_equal("digests", read(queue, out, messages.shape, np.uint8), expected)


if __name__ == "__main__":
    main()
