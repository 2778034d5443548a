// The host's peak of fused multiply-adds, measured.
#ifndef KIESEL_BENCH_FMA_PEAK_H
#define KIESEL_BENCH_FMA_PEAK_H

// 10^9 floating-point operations a second (a multiply-add is two) of `threads` threads together, single
// precision, the best of some tries: independent chains of the widest vectors that this computer has.
double fma_peak(int threads);

#endif
