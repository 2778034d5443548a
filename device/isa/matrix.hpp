// The matrix instruction `wmma`: C = A x B + C for one warp. A has the rows of C, B its columns; what A's
// columns and B's rows are counted in are words of 32 bits, in which elements lie side by side. docs/isa.md
// has a picture.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

namespace kiesel::isa {

enum class MatrixFormat : std::uint8_t {
#define MATRIX_FORMAT(id, number, bits, meaning) id = number,
#include "device/isa/matrix_formats.def"
#undef MATRIX_FORMAT
};

struct MatrixFormatInfo {
  MatrixFormat format;
  std::string_view name;
  unsigned bits;
  std::string_view meaning;
};
inline constexpr MatrixFormatInfo kMatrixFormats[] = {
#define MATRIX_FORMAT(id, number, bits, meaning) {MatrixFormat::id, #id, bits, meaning},
#include "device/isa/matrix_formats.def"
#undef MATRIX_FORMAT
};
constexpr const MatrixFormatInfo* find_matrix_format(unsigned number) {
  for (const MatrixFormatInfo& row : kMatrixFormats)
    if (static_cast<unsigned>(row.format) == number) return &row;
  return nullptr;
}

// Products that exist. Any other pair of formats is an illegal instruction.
struct MatrixProduct {
  MatrixFormat sum, factor;
};
inline constexpr MatrixProduct kMatrixProducts[] = {
    {MatrixFormat::fp32, MatrixFormat::fp32}, {MatrixFormat::fp32, MatrixFormat::tf32},
    {MatrixFormat::fp32, MatrixFormat::fp16}, {MatrixFormat::fp32, MatrixFormat::bf16},
    {MatrixFormat::fp32, MatrixFormat::fp8},  {MatrixFormat::fp32, MatrixFormat::bf8},
    {MatrixFormat::fp16, MatrixFormat::fp16}, {MatrixFormat::i32, MatrixFormat::i8},
    {MatrixFormat::i32, MatrixFormat::u8},    {MatrixFormat::i32, MatrixFormat::i4},
    {MatrixFormat::i32, MatrixFormat::u4}};
constexpr const MatrixProduct* find_matrix_product(unsigned sum, unsigned factor) {
  for (const MatrixProduct& row : kMatrixProducts)
    if (static_cast<unsigned>(row.sum) == sum && static_cast<unsigned>(row.factor) == factor) return &row;
  return nullptr;
}

// How a tile lies in the registers of a warp: each register of A holds `a_blocks` blocks one below the other,
// of B `b_blocks` side by side, of C one. A block lies in the lanes row by row, of B column by column.
struct MatrixTile {
  unsigned rows, columns, words;                    // of the whole tile
  unsigned block_rows, block_columns, block_words;  // of one block
  unsigned a_blocks, b_blocks;                      // in a register

  constexpr unsigned down() const { return rows / block_rows; }          // blocks of C, one below the other
  constexpr unsigned across() const { return columns / block_columns; }  // side by side
  constexpr unsigned deep() const { return words / block_words; }        // of A and B, along the words
  constexpr unsigned a_registers() const { return down() / a_blocks * deep(); }
  constexpr unsigned b_registers() const { return across() / b_blocks * deep(); }
  constexpr unsigned steps() const { return down() * across() * deep(); }  // products of blocks
};
constexpr MatrixTile matrix_tile(unsigned lanes) {
  constexpr unsigned kRegisters = 3;  // binary logarithm: of C there are eight
  const unsigned lane_bits = static_cast<unsigned>(std::countr_zero(lanes)), bits = lane_bits + kRegisters;
  MatrixTile tile{};
  tile.columns = 1u << bits / 2;
  tile.rows = 1u << (bits - bits / 2);
  tile.words = (1u << bits) / tile.rows;
  tile.block_columns = 1u << lane_bits / 2;
  tile.block_rows = 1u << (lane_bits - lane_bits / 2);
  tile.block_words = lanes / tile.block_rows;
  tile.a_blocks = lanes / (tile.block_rows * tile.block_words);
  tile.b_blocks = lanes / (tile.block_columns * tile.block_words);
  return tile;
}

// Multiplications and additions of a product of floats; 0: of integers.
constexpr std::uint64_t matrix_flops(const MatrixProduct& product, unsigned lanes) {
  if (product.sum == MatrixFormat::i32) return 0;
  const MatrixTile tile = matrix_tile(lanes);
  const unsigned elements = 32 / find_matrix_format(static_cast<unsigned>(product.factor))->bits;
  return std::uint64_t{2} * tile.rows * tile.columns * tile.words * elements;
}

// Float registers of the blocks: `row`, `column` and `word` count blocks.
struct MatrixRegisters {
  MatrixTile tile;
  bool ordered;  // the quirk of that name: as older versions of Vortex have them

  // Version 3.0 permutes them so that no two operands of a step lie in one bank.
  constexpr unsigned a(unsigned row, unsigned word) const {
    constexpr unsigned kFirst = 10;
    row /= tile.a_blocks;
    if (ordered) return kFirst + row * tile.deep() + word;
    if (tile.b_blocks == 1) return kFirst + ((row & 1) << 2 | (1 - (row >> 1)) << 1 | word);
    return kFirst + ((word & 1) << 2 | (1 - row) << 1 | (row ^ word >> 1));
  }
  constexpr unsigned b(unsigned word, unsigned column) const {
    const unsigned first = 32 - tile.b_registers();
    if (ordered) return first + word * (tile.across() / tile.b_blocks) + column / tile.b_blocks;
    if (tile.b_blocks == 1) return first + ((column ^ word) << 1 | (1 - word));
    const unsigned pair = column >> 1;
    return first + ((word & 1) << 2 | (word >> 1 ^ pair) << 1 | (1 - pair));
  }
  constexpr unsigned c(unsigned row, unsigned column) const {
    if (ordered) return row * tile.across() + column;
    if (tile.b_blocks == 1) return (row & 1) << 2 | (1 - (row >> 1)) << 1 | (1 - (row >> 1 ^ column));
    return (column & 1) << 2 | (1 - row) << 1 | column >> 1;
  }
};

inline constexpr std::uint32_t kMatrixSums = 0x000000FF;                  // f0 to f7: C, read and written
inline constexpr std::uint32_t kMatrixFactors = 0x0003FC00 | 0xFF000000;  // f10 to f17: A; f24 to f31: B

}  // namespace kiesel::isa
