#include "runtime/core/residence.hpp"

#include <algorithm>
#include <bit>

namespace kiesel::runtime {
namespace {

Range common(Range a, Range b) {
  const std::size_t begin = std::max(a.begin, b.begin);
  return {begin, std::max(begin, std::min(a.end, b.end))};
}

}  // namespace

std::vector<Residence::Move> Residence::missing(Access access, Range range, Device device) const {
  std::vector<Move> out;
  if (access == Access::kOverwrite) return out;
  for (const Piece& piece : pieces_) {
    const Range wanted = common(piece.range, range);
    if (wanted.begin == wanted.end || !piece.there || piece.there >> device & 1) continue;
    out.push_back({wanted, static_cast<Device>(std::countr_zero(piece.there))});
  }
  return out;
}

void Residence::begin(Access access, Range range, Device device) {
  const Devices bit = Devices{1} << device;
  if (pieces_.empty()) pieces_ = {{{0, bytes_}, 0}};
  std::vector<Piece> out;
  for (const Piece& piece : pieces_) {
    const Range inside = common(piece.range, range);
    // Bytes of nobody stay nobody's when they are read.
    const Devices after = access != Access::kRead ? bit : piece.there ? piece.there | bit : 0;
    append(out, {{piece.range.begin, std::min(piece.range.end, inside.begin)}, piece.there});
    append(out, {inside, after});
    append(out, {{std::max(piece.range.begin, inside.end), piece.range.end}, piece.there});
  }
  pieces_ = std::move(out);
}

void Residence::append(std::vector<Piece>& pieces, Piece piece) {
  if (piece.range.begin >= piece.range.end) return;
  if (!pieces.empty() && pieces.back().there == piece.there)
    pieces.back().range.end = piece.range.end;
  else
    pieces.push_back(piece);
}

}  // namespace kiesel::runtime
