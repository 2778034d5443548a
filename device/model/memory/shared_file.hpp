// Files that are mapped as device memory. Whoever else has such a file may make it shorter, and a file system
// may have no room for a page of it: an access then is a bus error, which would end the application. Here it
// finds zeros instead, in memory that is nobody else's, and who asks is told that the file's memory is lost.
//
// The handler of the signal is put in place with the first file, does something for addresses in such files
// only, and hands everything else to the handler that was there before. (Sealing the file against it would
// change what its other users may do, for good.)
#pragma once

#include <csignal>
#include <cstdint>
#include <memory>
#include <optional>

#include "support/result.hpp"

namespace kiesel::model {

struct WatchedFile;

// A mapping, at a place that is reserved for it.
class SharedFile {
 public:
  // Pages of the file come in so many bytes.
  static std::uint64_t page_bytes(int file);
  // `bytes` are a multiple of that. kInvalidArgument.
  static Result<std::unique_ptr<SharedFile>> map(int file, std::uint64_t address, std::uint64_t bytes);
  ~SharedFile();  // after close()
  SharedFile(const SharedFile&) = delete;
  SharedFile& operator=(const SharedFile&) = delete;

  // Puts memory of the process in the file's place at once. False: the system would not, the file is still
  // there.
  bool close();

 private:
  explicit SharedFile(WatchedFile& watched) : watched_(watched) {}

  WatchedFile& watched_;
};

// The epoch (holders.hpp) from which on the file's memory at the address has been lost; none: it is not.
std::optional<std::uint64_t> when_lost(std::uint64_t address);

// The epoch from which on the last loss has been, or 0.
std::uint64_t last_loss();

// While one lives, this thread may use files' memory, whatever signals it has blocked: a bus error that is
// blocked ends the process.
class MayUseFiles {
 public:
  MayUseFiles();
  ~MayUseFiles();
  MayUseFiles(const MayUseFiles&) = delete;
  MayUseFiles& operator=(const MayUseFiles&) = delete;

 private:
  sigset_t before_;
  bool changed_ = false;
};

}  // namespace kiesel::model
