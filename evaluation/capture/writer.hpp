// Writes a capture. Records are whole once they are in the file: an application that dies loses none but the
// one that was being written. Threads: one at a time.
#pragma once

#include <filesystem>
#include <memory>
#include <unordered_set>

#include "evaluation/capture/format.hpp"
#include "support/descriptor.hpp"

struct ZSTD_CCtx_s;

namespace kiesel::capture {

class Writer {
 public:
  // A new file; kIo when there is one of that name. `most_bytes`: that it may have; 0: any number.
  static Result<std::unique_ptr<Writer>> create(const std::filesystem::path& path, std::uint64_t most_bytes);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  bool has(const Hash& hash) const { return known_.contains(hash); }
  // Unless it is there. `hash` is that of the bytes.
  Status add_content(const Hash& hash, std::span<const std::byte> bytes);
  template <class Value>
  Status add(RecordKind kind, const Value& value) {
    return append(kind, encode_value(value));
  }

  // Where the file ends; and back to there, after which nothing more may be written.
  std::uint64_t end() const { return written_ + waiting_.size(); }
  void cut(std::uint64_t end);

 private:
  Writer(Descriptor file, std::uint64_t most_bytes);
  Status append(RecordKind kind, std::span<const std::byte> payload);
  Status flush();

  Descriptor file_;
  const std::uint64_t most_bytes_;
  std::uint64_t written_ = 0;
  std::vector<std::byte> waiting_;  // contents, for the record that needs them
  std::unordered_set<Hash, HashOfHash> known_;
  std::unique_ptr<ZSTD_CCtx_s, std::size_t (*)(ZSTD_CCtx_s*)> compressor_;
};

}  // namespace kiesel::capture
