// The matrix instruction of 32 lanes on hosts with AVX-512: the same sums as matrix.hpp's, a row of 16
// elements at a time, without taking registers apart element by element.
#pragma once

#include "device/model/interpreter/matrix.hpp"

#if KIESEL_BIT_MASKS
namespace kiesel::model::KIESEL_HOST::wide {

inline constexpr MatrixTile kTile = isa::matrix_tile(32);
inline constexpr unsigned kDown = kTile.down(), kDeep = kTile.deep(), kBlock = 8;  // rows of a block
static_assert(kTile.columns == 16 && kTile.block_rows == kBlock && kTile.block_words == 4);

// Four rows of four lanes each to four columns: what each vector has in its n-th part makes the n-th vector.
KIESEL_INLINE void transpose_parts(__m512i (&x)[4]) {
  const __m512i a = _mm512_shuffle_i32x4(x[0], x[1], 0x44), b = _mm512_shuffle_i32x4(x[2], x[3], 0x44);
  const __m512i c = _mm512_shuffle_i32x4(x[0], x[1], 0xEE), d = _mm512_shuffle_i32x4(x[2], x[3], 0xEE);
  x[0] = _mm512_shuffle_i32x4(a, b, 0x88);
  x[1] = _mm512_shuffle_i32x4(a, b, 0xDD);
  x[2] = _mm512_shuffle_i32x4(c, d, 0x88);
  x[3] = _mm512_shuffle_i32x4(c, d, 0xDD);
}

// Registers as they are in the warp's state.
struct Operands {
  const u32* a[kDown][kDeep];  // 8 rows of 4 words
  const u32* b[kDeep][2];      // 8 columns of 4 words
  u32* c[kDown][4];            // 8 rows of 4 elements
};

// B as rows: of each word the 16 columns.
KIESEL_INLINE void rows_of_b(const Operands& of, unsigned deep, __m512i (&out)[4]) {
  const __m512i order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
  for (unsigned block = 0; block < 4; ++block)
    out[block] = _mm512_permutexvar_epi32(order, _mm512_load_si512(of.b[deep][block / 2] + block % 2 * 16));
  transpose_parts(out);
}

// Rows of C, four at a time, and back.
KIESEL_INLINE void load_rows(const Operands& of, unsigned down, __m512i (&rows)[kBlock]) {
  for (unsigned half = 0; half < 2; ++half) {
    __m512i part[4];
    for (unsigned n = 0; n < 4; ++n) part[n] = _mm512_load_si512(of.c[down][n] + half * 16);
    transpose_parts(part);
    for (unsigned i = 0; i < 4; ++i) rows[half * 4 + i] = part[i];
  }
}
KIESEL_INLINE void store_rows(const Operands& of, unsigned down, const __m512i (&rows)[kBlock]) {
  for (unsigned half = 0; half < 2; ++half) {
    __m512i part[4];
    for (unsigned i = 0; i < 4; ++i) part[i] = rows[half * 4 + i];
    transpose_parts(part);
    for (unsigned n = 0; n < 4; ++n) _mm512_store_si512(of.c[down][n] + half * 16, part[n]);
  }
}

// Element `number` of each word as a float.
template <MatrixFormat kFormat>
KIESEL_INLINE __m512 floats_of(__m512i words, unsigned number) {
  if constexpr (kFormat == MatrixFormat::fp16) {
    return _mm512_cvtph_ps(_mm512_cvtepi32_epi16(_mm512_srli_epi32(words, 16 * number)));
  } else {
    alignas(64) u32 in[16];
    alignas(64) float out[16];
    _mm512_store_si512(in, words);
    KIESEL_LANES(16, l) out[l] = float_element<kFormat>(in[l], number);
    return _mm512_load_ps(out);
  }
}

template <unsigned kPerWord>
struct Floats {
  alignas(64) float a[kDown][kDeep][kPerWord][32];  // as the registers have them
  alignas(64) float b[kDeep][4][kPerWord][16];      // rows
};

template <MatrixFormat kFormat, unsigned kPerWord>
KIESEL_INLINE void expand(const Operands& of, Floats<kPerWord>& out) {
  for (unsigned down = 0; down < kDown; ++down)
    for (unsigned deep = 0; deep < kDeep; ++deep)
      for (unsigned half = 0; half < 2; ++half) {
        const __m512i words = _mm512_load_si512(of.a[down][deep] + half * 16);
        for (unsigned e = 0; e < kPerWord; ++e)
          _mm512_store_ps(out.a[down][deep][e] + half * 16, floats_of<kFormat>(words, e));
      }
  for (unsigned deep = 0; deep < kDeep; ++deep) {
    __m512i rows[4];
    rows_of_b(of, deep, rows);
    for (unsigned word = 0; word < 4; ++word)
      for (unsigned e = 0; e < kPerWord; ++e)
        _mm512_store_ps(out.b[deep][word][e], floats_of<kFormat>(rows[word], e));
  }
}

// Whether products are floats exactly, so that a fused multiplication and addition rounds what a product and
// a sum do. Those of 16 and fewer bits have half of a float's digits at most; of bfloat16 exponents may be
// out of range.
template <MatrixFormat kFormat, unsigned kPerWord>
KIESEL_INLINE bool are_exact([[maybe_unused]] const Floats<kPerWord>& of) {
  if constexpr (kFormat == MatrixFormat::fp32 || kFormat == MatrixFormat::tf32) return false;
  if constexpr (kFormat != MatrixFormat::bf16) return true;
  constexpr u32 kLeastSum = 119, kMostSum = 380;  // of exponents as they are written
  const auto range = [](const float* at, unsigned count) {
    __m512i most = _mm512_setzero_si512(), least = _mm512_set1_epi32(-1);
    const __m512i magnitude = _mm512_set1_epi32(0x7FFFFFFF), one = _mm512_set1_epi32(1);
    for (unsigned i = 0; i < count; i += 16) {
      const __m512i bits = _mm512_and_si512(_mm512_load_si512(at + i), magnitude);
      most = _mm512_max_epu32(most, bits);
      least = _mm512_min_epu32(least, _mm512_sub_epi32(bits, one));  // zeros do not count
    }
    return std::pair(_mm512_reduce_min_epu32(least) >> 23, _mm512_reduce_max_epu32(most) >> 23);
  };
  const auto [least_a, most_a] = range(&of.a[0][0][0][0], sizeof of.a / 4);
  const auto [least_b, most_b] = range(&of.b[0][0][0][0], sizeof of.b / 4);
  return most_a + most_b <= kMostSum && least_a + least_b >= kLeastSum;
}

template <bool kFused>
KIESEL_INLINE __m512 add_product(__m512 a, __m512 b, __m512 sum) {
  return kFused ? _mm512_fmadd_ps(a, b, sum) : _mm512_add_ps(_mm512_mul_ps(a, b), sum);
}

template <bool kFused, unsigned kPerWord>
KIESEL_INLINE void sum_floats(const Operands& to, const Floats<kPerWord>& of) {
  for (unsigned down = 0; down < kDown; ++down) {
    __m512i rows[kBlock];
    load_rows(to, down, rows);
    for (unsigned deep = 0; deep < kDeep; ++deep) {
      __m512 block[kBlock];
      for (unsigned i = 0; i < kBlock; ++i) block[i] = _mm512_setzero_ps();
      for (unsigned word = 0; word < 4; ++word)
        for (unsigned i = 0; i < kBlock; ++i) {
          const auto a = [&](unsigned e) { return _mm512_set1_ps(of.a[down][deep][e][i * 4 + word]); };
          __m512 sum = _mm512_mul_ps(a(0), _mm512_load_ps(of.b[deep][word][0]));
          for (unsigned e = 1; e < kPerWord; ++e)
            sum = add_product<kFused>(a(e), _mm512_load_ps(of.b[deep][word][e]), sum);
          block[i] = _mm512_add_ps(sum, block[i]);
        }
      for (unsigned i = 0; i < kBlock; ++i)
        rows[i] = _mm512_castps_si512(_mm512_add_ps(_mm512_castsi512_ps(rows[i]), block[i]));
    }
    for (unsigned i = 0; i < kBlock; ++i) {
      const __m512 sum = _mm512_castsi512_ps(rows[i]);
      const __mmask16 nan = _mm512_cmp_ps_mask(sum, sum, _CMP_UNORD_Q);
      rows[i] = _mm512_mask_mov_epi32(rows[i], nan, _mm512_set1_epi32(kNanSingle));
    }
    store_rows(to, down, rows);
  }
}

// Each product is added to C, and that rounded to half.
template <unsigned kPerWord>
KIESEL_INLINE void sum_halves(const Operands& to, const Floats<kPerWord>& of) {
  for (unsigned down = 0; down < kDown; ++down) {
    __m512i rows[kBlock];
    load_rows(to, down, rows);
    __m256i sums[kBlock];
    for (unsigned i = 0; i < kBlock; ++i) sums[i] = _mm512_cvtepi32_epi16(rows[i]);
    for (unsigned deep = 0; deep < kDeep; ++deep)
      for (unsigned word = 0; word < 4; ++word)
        for (unsigned e = 0; e < kPerWord; ++e)
          for (unsigned i = 0; i < kBlock; ++i)
            sums[i] = _mm512_cvtps_ph(
                _mm512_fmadd_ps(_mm512_set1_ps(of.a[down][deep][e][i * 4 + word]),
                                _mm512_load_ps(of.b[deep][word][e]), _mm512_cvtph_ps(sums[i])),
                _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    for (unsigned i = 0; i < kBlock; ++i) {
      const __m512 sum = _mm512_cvtph_ps(sums[i]);
      const __mmask16 nan = _mm512_cmp_ps_mask(sum, sum, _CMP_UNORD_Q);
      rows[i] =
          _mm512_mask_mov_epi32(_mm512_cvtepu16_epi32(sums[i]), nan, _mm512_set1_epi32(kNanHalf & 0xFFFF));
    }
    store_rows(to, down, rows);
  }
}

// Bytes of each word, or of two words where elements have four bits; in which order does not matter.
template <MatrixFormat kFormat>
KIESEL_INLINE __m512i bytes_of(__m512i words, unsigned part) {
  if constexpr (kFormat == MatrixFormat::i8 || kFormat == MatrixFormat::u8) return words;
  const __m512i nibbles = _mm512_and_si512(_mm512_srli_epi32(words, 4 * part), _mm512_set1_epi8(15));
  if constexpr (kFormat == MatrixFormat::u4) return nibbles;
  const __m512i sign = _mm512_set1_epi8(8);
  return _mm512_sub_epi8(_mm512_xor_si512(nibbles, sign), sign);
}

// The instruction multiplies unsigned bytes with signed ones. Signed: A is raised by 128, and 128 times the
// sums of B's columns taken off; unsigned: B is lowered by 128, and 128 times the sums of A's rows added.
template <MatrixFormat kFormat>
__attribute__((target("avx512vnni"))) void sum_bytes(const Operands& to) {
  constexpr bool kSigned = kFormat == MatrixFormat::i8 || kFormat == MatrixFormat::i4;
  constexpr unsigned kParts = kFormat == MatrixFormat::i8 || kFormat == MatrixFormat::u8 ? 1 : 2;
  const __m512i high = _mm512_set1_epi8(-128);
  __m512i off = _mm512_setzero_si512();
  __m512i b[kDeep][4][kParts];
  for (unsigned deep = 0; deep < kDeep; ++deep) {
    __m512i rows[4];
    rows_of_b(to, deep, rows);
    for (unsigned word = 0; word < 4; ++word)
      for (unsigned part = 0; part < kParts; ++part) {
        const __m512i bytes = bytes_of<kFormat>(rows[word], part);
        b[deep][word][part] = kSigned ? bytes : _mm512_xor_si512(bytes, high);
        if (kSigned) off = _mm512_dpbusd_epi32(off, high, bytes);
      }
  }
  alignas(64) u32 a[kDeep][kParts][32];
  for (unsigned down = 0; down < kDown; ++down) {
    for (unsigned deep = 0; deep < kDeep; ++deep)
      for (unsigned half = 0; half < 2; ++half)
        for (unsigned part = 0; part < kParts; ++part) {
          const __m512i bytes = bytes_of<kFormat>(_mm512_load_si512(to.a[down][deep] + half * 16), part);
          _mm512_store_si512(a[deep][part] + half * 16, kSigned ? _mm512_xor_si512(bytes, high) : bytes);
        }
    __m512i rows[kBlock], rest[kBlock];
    load_rows(to, down, rows);
    for (unsigned i = 0; i < kBlock; ++i) rest[i] = off;
    for (unsigned deep = 0; deep < kDeep; ++deep)
      for (unsigned word = 0; word < 4; ++word)
        for (unsigned part = 0; part < kParts; ++part)
          for (unsigned i = 0; i < kBlock; ++i) {
            const __m512i factor = _mm512_set1_epi32(static_cast<int>(a[deep][part][i * 4 + word]));
            rows[i] = _mm512_dpbusd_epi32(rows[i], factor, b[deep][word][part]);
            if (!kSigned) rest[i] = _mm512_dpbusd_epi32(rest[i], factor, high);
          }
    for (unsigned i = 0; i < kBlock; ++i) rows[i] = _mm512_sub_epi32(rows[i], rest[i]);
    store_rows(to, down, rows);
  }
}

// False: this host does it otherwise.
template <MatrixFormat kSum, MatrixFormat kFactor>
__attribute__((noinline)) bool multiply(const Operands& of) {
  if constexpr (kSum == MatrixFormat::i32) {
    static const bool has_dots = __builtin_cpu_supports("avx512vnni");
    if (has_dots) sum_bytes<kFactor>(of);
    return has_dots;
  } else {
    Floats<elements_in_word(kFactor)> floats;
    expand<kFactor>(of, floats);
    if constexpr (kSum == MatrixFormat::fp16)
      sum_halves(of, floats);
    else if (are_exact<kFactor>(floats))
      sum_floats<true>(of, floats);
    else
      sum_floats<false>(of, floats);
    return true;
  }
}

using Multiply = bool (*)(const Operands&);
template <std::size_t... kRows>
constexpr auto functions(std::index_sequence<kRows...>) {
  return std::array<Multiply, sizeof...(kRows)>{
      multiply<isa::kMatrixProducts[kRows].sum, isa::kMatrixProducts[kRows].factor>...};
}
inline constexpr auto kFunctions = functions(std::make_index_sequence<std::size(isa::kMatrixProducts)>());

// The operands where they are; those that are no singles in `scratch`.
template <unsigned W>
bool multiply_in_place(Lanes<W>& w, const isa::MatrixRegisters& registers, std::size_t row) {
  alignas(64) u32 scratch[16][W];
  unsigned used = 0;
  Operands of;
  const auto words = [&](unsigned r) {
    return read_words(w, r, w.single >> r & 1 ? nullptr : scratch[used++]);
  };
  for (unsigned down = 0; down < kDown; ++down)
    for (unsigned deep = 0; deep < kDeep; ++deep) of.a[down][deep] = words(registers.a(down, deep));
  for (unsigned deep = 0; deep < kDeep; ++deep)
    for (unsigned pair = 0; pair < 2; ++pair) of.b[deep][pair] = words(registers.b(deep, 2 * pair));
  for (unsigned down = 0; down < kDown; ++down)
    for (unsigned across = 0; across < 4; ++across) {
      const unsigned r = registers.c(down, across);
      u32* const at = reinterpret_cast<u32*>(w.f[r]);
      if (!(w.single >> r & 1))
        for (unsigned l = 0; l < W; ++l) at[l] = static_cast<u32>(w.f[r][l]);
      of.c[down][across] = at;
    }
  w.single |= isa::kMatrixSums;
  return kFunctions[row](of);
}

}  // namespace kiesel::model::KIESEL_HOST::wide
#endif
