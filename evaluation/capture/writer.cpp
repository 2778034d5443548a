#include "evaluation/capture/writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

#include "support/file.hpp"

namespace kiesel::capture {
namespace {

constexpr int kLevel = 1;  // higher ones are slower than disks
constexpr std::size_t kMostWaiting = 1 << 20;

std::span<const std::byte> bytes_of(const auto& value) { return std::as_bytes(std::span(&value, 1)); }

}  // namespace

Writer::Writer(Descriptor file, std::uint64_t most_bytes)
    : file_(std::move(file)), most_bytes_(most_bytes), compressor_(ZSTD_createCCtx(), ZSTD_freeCCtx) {}

Writer::~Writer() = default;

Result<std::unique_ptr<Writer>> Writer::create(const std::filesystem::path& path, std::uint64_t most_bytes) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file) return Error{Errc::kIo, fmt::format("cannot make {}: {}", path.string(), std::strerror(errno))};
  auto writer = std::unique_ptr<Writer>(new Writer(std::move(file), most_bytes));
  const FileHeader header;
  std::ranges::copy(bytes_of(header), std::back_inserter(writer->waiting_));
  if (auto written = writer->flush(); !written) return written.error();
  return writer;
}

Status Writer::add_content(const Hash& hash, std::span<const std::byte> bytes) {
  if (has(hash)) return {};
  if (bytes.size() > kMostContentBytes)
    return Error{Errc::kUnsupported, fmt::format("{} bytes are too many for one record", bytes.size())};
  std::vector<std::byte> payload(sizeof(ContentHeader) + ZSTD_compressBound(bytes.size()));
  const ContentHeader header{hash, bytes.size()};
  std::memcpy(payload.data(), &header, sizeof header);
  const std::size_t packed =
      ZSTD_compressCCtx(compressor_.get(), payload.data() + sizeof header, payload.size() - sizeof header,
                        bytes.data(), bytes.size(), kLevel);
  if (ZSTD_isError(packed)) return Error{Errc::kIo, ZSTD_getErrorName(packed)};
  payload.resize(sizeof header + packed);
  if (auto written = append(RecordKind::kContent, payload); !written) return written;
  known_.insert(hash);
  return {};
}

Status Writer::append(RecordKind kind, std::span<const std::byte> payload) {
  const RecordHeader header = header_of(kind, payload);
  if (!is_whole(header))
    return Error{Errc::kUnsupported, fmt::format("{} bytes are too many for one record", payload.size())};
  if (most_bytes_ && end() + sizeof header + payload.size() > most_bytes_)
    return Error{Errc::kOutOfMemory, fmt::format("the {} bytes that it may have are used up", most_bytes_)};
  std::ranges::copy(bytes_of(header), std::back_inserter(waiting_));
  waiting_.insert(waiting_.end(), payload.begin(), payload.end());
  return kind == RecordKind::kContent && waiting_.size() < kMostWaiting ? Status() : flush();
}

Status Writer::flush() {
  if (!file_.intact()) return Error{Errc::kIo, "the application closed the file"};
  if (!write_whole(file_.get(), waiting_)) return Error{Errc::kIo, std::strerror(errno)};
  written_ += waiting_.size();
  waiting_.clear();
  return {};
}

void Writer::cut(std::uint64_t end) {
  waiting_.clear();
  if (file_.intact() && end < written_ && ::ftruncate(file_.get(), static_cast<off_t>(end)) == 0)
    written_ = end;
  file_.reset();
}

}  // namespace kiesel::capture
