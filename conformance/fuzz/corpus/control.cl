int collatz(uint x) {
  int steps = 0;
  while (x != 1) {
    if (steps > 100) return -1;
    x = x & 1 ? 3 * x + 1 : x / 2;
    ++steps;
  }
  return steps;
}
kernel void control(global int* out, global const uint* in) {
  size_t i = get_global_id(0);
  int result = 0;
  for (int round = 0; round < 5; ++round) {
    switch (in[i] % 5) {
      case 0: result += collatz(in[i] + round); break;
      case 1: continue;
      case 2: result ^= 7; goto done;
      case 3: result -= round;
      default: do { result = result * 2 + 1; } while (result < 100);
    }
  }
done:
  out[i] = result;
}
