#include "evaluation/validate/unpack.hpp"

#include <fmt/format.h>
#include <zstd.h>

#include <memory>

namespace kiesel::validate {

Result<std::string> unpack(std::span<const std::byte> packed, std::uint64_t most) {
  const std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream(ZSTD_createDStream(),
                                                                          ZSTD_freeDStream);
  if (!stream) return Error{Errc::kOutOfMemory, "no memory to decompress it"};
  std::string text, piece(ZSTD_DStreamOutSize(), '\0');
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  std::size_t open = 1;  // not 0: within a frame
  for (bool more = true; more;) {
    ZSTD_outBuffer out{piece.data(), piece.size(), 0};
    open = ZSTD_decompressStream(stream.get(), &out, &in);
    if (ZSTD_isError(open))
      return Error{Errc::kInvalidBinary, fmt::format("cannot be decompressed: {}", ZSTD_getErrorName(open))};
    if (out.pos > most - text.size())
      return Error{Errc::kInvalidBinary,
                   fmt::format("is larger than {} bytes when it is decompressed", most)};
    text.append(piece, 0, out.pos);
    more = in.pos < in.size || out.pos == out.size;
  }
  if (open) return Error{Errc::kInvalidBinary, "ends too early"};
  return text;
}

}  // namespace kiesel::validate
