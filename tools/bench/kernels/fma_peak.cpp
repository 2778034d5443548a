// Compiled for this very computer (-O3 -march=native -ffp-contract=fast).
#include "fma_peak.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

namespace {

#if defined(__AVX512F__)
constexpr int kBytes = 64;
#elif defined(__AVX__)
constexpr int kBytes = 32;
#else
constexpr int kBytes = 16;
#endif
using Vector = float __attribute__((vector_size(kBytes)));
constexpr int kChains = 12, kRounds = 2000000;  // twelve chains hide the latency and fit 16 registers

// Returns something of the sum, so that the loop is not dead.
float chains(float start) {
  Vector sums[kChains], factor = Vector{} + 0.999f, addend = Vector{} + start;
  for (auto& sum : sums) sum = addend;
  for (int round = 0; round < kRounds; ++round)
    for (auto& sum : sums) sum = sum * factor + addend;
  for (int k = 1; k < kChains; ++k) sums[0] += sums[k];
  return sums[0][0];
}

}  // namespace

double fma_peak(int threads) {
  double best = 0;
  std::vector<float> results(threads);
  for (int attempt = 0; attempt < 5; ++attempt) {
    const auto begin = std::chrono::steady_clock::now();
    std::vector<std::thread> running;
    for (int t = 0; t < threads; ++t)
      running.emplace_back([&results, t] { results[t] = chains(float(t + 1)); });
    for (auto& thread : running) thread.join();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    best = std::max(best, 2.0 * threads * kChains * kRounds * (kBytes / 4.0) / seconds.count() * 1e-9);
  }
  volatile float keep = results[0];
  (void)keep;
  return best;
}
