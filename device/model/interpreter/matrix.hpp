// The matrix instruction. Which sum is rounded when is the instruction set's (docs/isa.md); nothing depends
// on the order in which rows and columns are done here. A tile is taken out of its registers into rows of
// elements first, so that the host multiplies a number of A with a row of B at a time.
#pragma once

#include <array>
#include <utility>

#include "device/isa/matrix.hpp"
#include "device/model/interpreter/half.hpp"

namespace kiesel::model::KIESEL_HOST {

using isa::MatrixFormat, isa::MatrixTile;

inline constexpr unsigned kMostRows = 32, kMostColumns = 16, kMostWords = 16;  // of a tile, with 64 lanes

struct MatrixWords {
  alignas(64) u32 a[kMostRows][kMostWords], b[kMostWords][kMostColumns], c[kMostRows][kMostColumns];
};

// The lower words of a float register.
template <unsigned W>
KIESEL_INLINE const u32* read_words(Lanes<W>& w, unsigned r, u32* scratch) {
  if (w.single >> r & 1) [[likely]]
    return reinterpret_cast<const u32*>(w.f[r]);
  for (unsigned l = 0; l < W; ++l) scratch[l] = static_cast<u32>(w.f[r][l]);
  return scratch;
}

template <unsigned W>
void take_apart(Lanes<W>& w, const isa::MatrixRegisters& registers, MatrixWords& out) {
  const MatrixTile& t = registers.tile;
  alignas(64) u32 scratch[W];
  for (unsigned row = 0; row < t.down(); ++row)
    for (unsigned word = 0; word < t.deep(); ++word) {
      const u32* v =
          read_words(w, registers.a(row, word), scratch) + row % t.a_blocks * t.block_rows * t.block_words;
      for (unsigned i = 0; i < t.block_rows; ++i)
        for (unsigned z = 0; z < t.block_words; ++z)
          out.a[row * t.block_rows + i][word * t.block_words + z] = *v++;
    }
  for (unsigned word = 0; word < t.deep(); ++word)
    for (unsigned column = 0; column < t.across(); ++column) {
      const u32* v = read_words(w, registers.b(word, column), scratch) +
                     column % t.b_blocks * t.block_columns * t.block_words;
      for (unsigned j = 0; j < t.block_columns; ++j)
        for (unsigned z = 0; z < t.block_words; ++z)
          out.b[word * t.block_words + z][column * t.block_columns + j] = *v++;
    }
  for (unsigned row = 0; row < t.down(); ++row)
    for (unsigned column = 0; column < t.across(); ++column) {
      const u32* v = read_words(w, registers.c(row, column), scratch);
      for (unsigned i = 0; i < t.block_rows; ++i)
        for (unsigned j = 0; j < t.block_columns; ++j)
          out.c[row * t.block_rows + i][column * t.block_columns + j] = *v++;
    }
}

template <unsigned W>
void put_together(Lanes<W>& w, const isa::MatrixRegisters& registers, const MatrixWords& from) {
  const MatrixTile& t = registers.tile;
  for (unsigned row = 0; row < t.down(); ++row)
    for (unsigned column = 0; column < t.across(); ++column) {
      u32* v = reinterpret_cast<u32*>(w.f[registers.c(row, column)]);
      for (unsigned i = 0; i < t.block_rows; ++i)
        for (unsigned j = 0; j < t.block_columns; ++j)
          *v++ = from.c[row * t.block_rows + i][column * t.block_columns + j];
    }
  w.single |= isa::kMatrixSums;
}

// Element `number` of a word as a float: exact.
template <MatrixFormat kFormat>
KIESEL_INLINE float float_element(u32 word, unsigned number) {
  if constexpr (kFormat == MatrixFormat::fp32) return single_of(word);
  if constexpr (kFormat == MatrixFormat::tf32) return single_of(word & 0xFFFFE000);
  if constexpr (kFormat == MatrixFormat::fp16) return half_to_float(word >> 16 * number & 0xFFFF);
  if constexpr (kFormat == MatrixFormat::bf16) return single_of(word >> 16 * number << 16);
  if constexpr (kFormat == MatrixFormat::bf8) return half_to_float((word >> 8 * number & 0xFF) << 8);
  if constexpr (kFormat == MatrixFormat::fp8) {
    constexpr u32 kSmallest = 121u << 23;  // the smallest normal number, 2^-6
    const u32 byte = word >> 8 * number, magnitude = (byte & 0x7F) << 20;
    const float tiny = single_of(magnitude + kSmallest) - single_of(kSmallest);
    const u32 normal = magnitude == 0x7Fu << 20 ? kNanSingle : magnitude + (120u << 23);
    return single_of((magnitude < (1u << 23) ? bits_of(tiny) : normal) | (byte & 0x80) << 24);
  }
  return 0;
}

// Two elements of a word as numbers of 16 bits, side by side.
template <MatrixFormat kFormat>
KIESEL_INLINE u32 integer_pair(u32 word, unsigned number) {
  constexpr bool kBytes = kFormat == MatrixFormat::i8 || kFormat == MatrixFormat::u8;
  constexpr bool kSigned = kFormat == MatrixFormat::i8 || kFormat == MatrixFormat::i4;
  constexpr unsigned kBits = kBytes ? 8 : 4, kUnused = 32 - kBits;
  const auto element = [&](unsigned at) {
    const u32 high = word << (kUnused - kBits * at);
    return kSigned ? static_cast<u32>(static_cast<i32>(high) >> kUnused) : high >> kUnused;
  };
  return (element(2 * number) & 0xFFFF) | element(2 * number + 1) << 16;
}

// A number or a pair for each of A's rows, and rows of them for B.
template <class T, unsigned kPerWord>
struct MatrixElements {
  static constexpr unsigned kMost = kMostWords * kPerWord;
  alignas(64) T a[kMostRows][kMost], b[kMost][kMostColumns];

  template <class Expand>
  void fill(const MatrixTile& t, const MatrixWords& from, Expand expand) {
    for (unsigned word = 0; word < t.words; ++word)
      for (unsigned number = 0; number < kPerWord; ++number)
        KIESEL_LANES(kMostColumns, j) b[word * kPerWord + number][j] = expand(from.b[word][j], number);
    for (unsigned i = 0; i < t.rows; ++i)
      for (unsigned number = 0; number < kPerWord; ++number)
        KIESEL_LANES(kMostWords, word) a[i][word * kPerWord + number] = expand(from.a[i][word], number);
  }
};

using FloatRow = float __attribute__((vector_size(kMostColumns * 4), may_alias));
KIESEL_INLINE const FloatRow& row_at(const void* place) { return *static_cast<const FloatRow*>(place); }

// The products of a word are summed up, those of a block's words, and then C is added.
template <unsigned kPerWord>
void sum_floats(const MatrixTile& t, const MatrixElements<float, kPerWord>& of, MatrixWords& words) {
  for (unsigned i = 0; i < t.rows; ++i) {
    FloatRow c = row_at(words.c[i]);
    for (unsigned first = 0; first < t.words; first += t.block_words) {
      FloatRow block{};
      for (unsigned word = first; word < first + t.block_words; ++word) {
        FloatRow sum{};
        for (unsigned e = word * kPerWord; e < (word + 1) * kPerWord; ++e)
          sum += of.a[i][e] * row_at(of.b[e]);
        block += sum;
      }
      c += block;
    }
    std::memcpy(words.c[i], &c, sizeof c);
    KIESEL_LANES(kMostColumns, j) words.c[i][j] = canonical(single_of(words.c[i][j]));
  }
}

// Each product is added to C, and that rounded to half.
template <unsigned kPerWord>
void sum_halves(const MatrixTile& t, const MatrixElements<float, kPerWord>& of, MatrixWords& words) {
  for (unsigned i = 0; i < t.rows; ++i) {
    alignas(64) float c[kMostColumns];
    KIESEL_LANES(kMostColumns, j) c[j] = half_to_float(words.c[i][j] & 0xFFFF);
    for (unsigned e = 0; e < t.words * kPerWord; ++e) {
      const float a = of.a[i][e];
      KIESEL_LANES(kMostColumns, j)
      c[j] = half_to_float(to_half<isa::kRoundNearestEven>(a * of.b[e][j] + c[j]) & 0xFFFF);
    }
    KIESEL_LANES(kMostColumns, j) words.c[i][j] = to_half<isa::kRoundNearestEven>(c[j]) & 0xFFFF;
  }
}

KIESEL_INLINE void add_pair_products(u32 a, const u32* b, u32* c) {
#if KIESEL_BIT_MASKS
  const __m512i products = _mm512_madd_epi16(_mm512_set1_epi32(static_cast<int>(a)), _mm512_load_si512(b));
  _mm512_store_si512(c, _mm512_add_epi32(_mm512_load_si512(c), products));
#else
  const auto low = [](u32 v) { return static_cast<i32>(static_cast<i16>(v)); };
  const auto high = [](u32 v) { return static_cast<i32>(v) >> 16; };
  KIESEL_LANES(kMostColumns, j) c[j] += static_cast<u32>(low(a) * low(b[j]) + high(a) * high(b[j]));
#endif
}

template <unsigned kPerWord>
void sum_integers(const MatrixTile& t, const MatrixElements<u32, kPerWord>& of, MatrixWords& words) {
  for (unsigned i = 0; i < t.rows; ++i) {
    alignas(64) u32 c[kMostColumns];
    std::memcpy(c, words.c[i], sizeof c);
    for (unsigned e = 0; e < t.words * kPerWord; ++e) add_pair_products(of.a[i][e], of.b[e], c);
    std::memcpy(words.c[i], c, sizeof c);
  }
}

constexpr unsigned elements_in_word(MatrixFormat format) {
  return 32 / isa::find_matrix_format(static_cast<unsigned>(format))->bits;
}

template <MatrixFormat kSum, MatrixFormat kFactor>
__attribute__((noinline)) void multiply_matrices(const MatrixTile& t, MatrixWords& words) {
  constexpr unsigned kPerWord = elements_in_word(kFactor);
  if constexpr (kSum == MatrixFormat::i32) {
    MatrixElements<u32, kPerWord / 2> elements;
    elements.fill(t, words, [](u32 word, unsigned number) { return integer_pair<kFactor>(word, number); });
    sum_integers(t, elements, words);
  } else {
    MatrixElements<float, kPerWord> elements;
    elements.fill(t, words, [](u32 word, unsigned number) { return float_element<kFactor>(word, number); });
    if constexpr (kSum == MatrixFormat::fp16)
      sum_halves(t, elements, words);
    else
      sum_floats(t, elements, words);
  }
}

using MatrixProduct = void (*)(const MatrixTile&, MatrixWords&);

template <std::size_t... kRows>
constexpr auto matrix_products(std::index_sequence<kRows...>) {
  return std::array<MatrixProduct, sizeof...(kRows)>{
      multiply_matrices<isa::kMatrixProducts[kRows].sum, isa::kMatrixProducts[kRows].factor>...};
}
inline constexpr auto kMatrixProductFunctions =
    matrix_products(std::make_index_sequence<std::size(isa::kMatrixProducts)>());

// By a row of isa::kMatrixProducts.
template <unsigned W>
void multiply(Lanes<W>& w, const isa::MatrixRegisters& registers, std::size_t row) {
  MatrixWords words{};
  take_apart(w, registers, words);
  kMatrixProductFunctions[row](registers.tile, words);
  put_together(w, registers, words);
}

}  // namespace kiesel::model::KIESEL_HOST
