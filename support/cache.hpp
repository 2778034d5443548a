// A bounded cache of byte strings on disk, shared by processes.
// Entries are written under a temporary name and renamed; each carries a hash of its bytes, so that a torn or
// damaged entry is a miss, as is one that is not this user's alone (trusted_folder.hpp); the oldest entries
// go when the folder outgrows its limit, which some entries' bytes may do for a while. Threads: all members
// may be called from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/trusted_folder.hpp"

namespace kiesel {

// A key over everything that can change the result: add() every part, in order.
class CacheKey {
 public:
  CacheKey();
  ~CacheKey();
  CacheKey(const CacheKey&) = delete;
  CacheKey& operator=(const CacheKey&) = delete;
  CacheKey& add(std::string_view part);
  CacheKey& add(std::span<const std::byte> part);
  CacheKey& add(std::uint64_t number);
  std::string text() const;  // 32 hexadecimal digits

 private:
  void* state_;
};

class DiskCache {
 public:
  // The folder is made when the first entry is stored, for this user alone. One that cannot be written, or
  // that others could have put something into, costs only the cache; an empty path is no cache.
  DiskCache(const std::filesystem::path& folder, std::uint64_t limit_bytes);

  std::optional<std::vector<std::byte>> find(const std::string& key) const;
  bool store(const std::string& key, std::span<const std::byte> bytes) const;

 private:
  void make_room(int folder, std::uint64_t wanted) const;

  TrustedFolder folder_;
  std::uint64_t limit_;
};

// Option cache_dir, else the user's cache folder; empty where there is none.
std::filesystem::path default_cache_folder();
std::uint64_t hash64(std::span<const std::byte> bytes);

}  // namespace kiesel
