// Reads a capture launch by launch. Whoever made the file is not trusted: memory is bounded by a few times
// the size of its launch records, whatever they say, and contents are read one at a time.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>

#include "evaluation/capture/format.hpp"
#include "support/descriptor.hpp"

namespace kiesel::capture {

// Memory as the capture has it at one moment: what each allocation holds.
struct Held {
  Allocation allocation;
  std::vector<Hash> blocks;

  std::uint64_t block_bytes(std::uint64_t number) const {
    return std::min(kBlockBytes, allocation.bytes - number * kBlockBytes);
  }
};
class Memory {
 public:
  Status apply(const Launch& launch);
  Status apply(const Outcome& outcome);
  const std::map<std::uint64_t, Held>& allocations() const { return allocations_; }

 private:
  Status add(const Allocation& allocation, const std::vector<Change>& before);
  Status change(const Change& change);

  std::map<std::uint64_t, Held> allocations_;  // by id
};

struct Step {
  Launch launch;
  std::optional<Outcome> outcome;  // none: the application ended within the launch
};

struct Summary {
  std::uint64_t file_bytes = 0, launches = 0, contents = 0;
  std::uint64_t content_bytes = 0, packed_bytes = 0;  // of contents, before and after compression
  std::string damage;                                 // why the rest of the file is not used, or empty
  bool ends_early = false;  // that is all: whoever wrote it did not come to the end of a record
};

class Reader {
 public:
  // Looks at every record's header. kInvalidBinary for what is no capture of this version. A file that ends
  // too early or is damaged is good up to there.
  static Result<std::unique_ptr<Reader>> open(const std::filesystem::path& path);

  const Summary& summary() const { return summary_; }
  const Devices& devices() const { return devices_; }
  // The next launch in the order of their start; nothing after the last one.
  Result<std::optional<Step>> next();
  void rewind() { next_ = 0; }
  // The bytes of a block or program.
  Result<std::vector<std::byte>> content(const Hash& hash) const;
  // Bytes before compression, where it is there.
  std::optional<std::uint64_t> content_bytes(const Hash& hash) const;

 private:
  struct Record {
    std::uint64_t at = 0;  // of its header
    RecordHeader header;
  };
  struct Place {
    std::uint64_t at = 0, bytes = 0;
  };

  explicit Reader(Descriptor file) : file_(std::move(file)) {}
  Status scan();
  Status note(const Record& record);
  Result<RecordHeader> read_header(std::uint64_t at) const;
  Result<std::vector<std::byte>> payload(std::uint64_t at) const;
  template <class Value>
  Result<Value> value(std::uint64_t at) const;
  bool read(std::uint64_t at, std::span<std::byte> bytes) const;

  Descriptor file_;
  Summary summary_;
  Devices devices_;
  std::unordered_map<Hash, Place, HashOfHash> contents_;
  struct Launches {
    std::uint64_t launch = 0, outcome = 0;  // where the records are; 0: there is none
  };
  std::vector<Launches> launches_;
  std::size_t next_ = 0;
};

}  // namespace kiesel::capture
