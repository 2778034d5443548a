// OpenCL C 6.15.2: exp, exp2 and exp10 of double, at most one unit in the last place off. The polynomials are in
// minimax.sollya.
#include "csr.h"

// p 2^n for |n| <= 2044: two factors, so that a subnormal result is rounded once.
static inline double scale_by_power(double p, int n) {
  const int first = n >> 1;
  return p * as_double((long)(first + 1023) << 52) * as_double((long)(n - first + 1023) << 52);
}

// Beyond the bounds that arguments are clamped to results are 0 and infinity.

FUNC double exp(double x) {
  const double bounded = clamp(x, -746.0, 710.0);
  const int n = convert_int_rte(bounded * M_LOG2E);
  const double k = (double)n;
  const double r = fma(k, -0x1.abc9e3b39803fp-56, fma(k, -0x1.62e42fefa39efp-1, bounded));
  double p = 0x1.ad936f6892f5ep-26;
  p = fma(p, r, 0x1.28ae10fcae6e9p-22);
  p = fma(p, r, 0x1.71df18bb1bca2p-19);
  p = fma(p, r, 0x1.a019994c130cep-16);
  p = fma(p, r, 0x1.a01a012ff9a9p-13);
  p = fma(p, r, 0x1.6c16c1847c94ap-10);
  p = fma(p, r, 0x1.1111111126b2fp-7);
  p = fma(p, r, 0x1.55555555506acp-5);
  p = fma(p, r, 0x1.55555555554fep-3);
  p = fma(p, r, 0x1.000000000000ap-1);
  p = fma(p, r, 1.0);
  const double value = scale_by_power(fma(p, r, 1.0), n);
  return x != x ? x : value;
}

FUNC double exp2(double x) {
  const double bounded = clamp(x, -1076.0, 1025.0);
  const int n = convert_int_rte(bounded);
  const double r = bounded - (double)n;
  double p = 0x1.e973178f84e2dp-32;
  p = fma(p, r, 0x1.e61d4332c8c78p-28);
  p = fma(p, r, 0x1.b52522bc19eeep-24);
  p = fma(p, r, 0x1.62bfc6596b95ap-20);
  p = fma(p, r, 0x1.ffcbfc6685efdp-17);
  p = fma(p, r, 0x1.4309130f6cbdcp-13);
  p = fma(p, r, 0x1.5d87fe789e96fp-10);
  p = fma(p, r, 0x1.3b2ab6fb9fda6p-7);
  p = fma(p, r, 0x1.c6b08d704a12cp-5);
  p = fma(p, r, 0x1.ebfbdff82c5a6p-3);
  p = fma(p, r, 0x1.62e42fefa39efp-1);
  const double value = scale_by_power(fma(p, r, 1.0), n);
  return x != x ? x : value;
}

FUNC double exp10(double x) {
  const double bounded = clamp(x, -325.0, 309.0);
  const int n = convert_int_rte(bounded * (M_LN10 * M_LOG2E));
  const double k = (double)n;
  const double r = fma(k, 0x1.9dc1da994fd21p-59, fma(k, -0x1.34413509f79ffp-2, bounded));
  double p = 0x1.f73b5e76827dcp-13;
  p = fma(p, r, 0x1.2f731576143edp-10);
  p = fma(p, r, 0x1.4899f5cfd94a6p-8);
  p = fma(p, r, 0x1.41165fa6161b5p-6);
  p = fma(p, r, 0x1.16e4dee47c5e5p-4);
  p = fma(p, r, 0x1.a7ed70a108e89p-3);
  p = fma(p, r, 0x1.1429ffd2216d5p-1);
  p = fma(p, r, 0x1.2bd7609fd5312p+0);
  p = fma(p, r, 0x1.0470591de2b43p+1);
  p = fma(p, r, 0x1.53524c73cea76p+1);
  p = fma(p, r, 0x1.26bb1bbb55516p+1);
  const double value = scale_by_power(fma(p, r, 1.0), n);
  return x != x ? x : value;
}
