#include "support/cache.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>

#include "support/config.hpp"
#include "support/file.hpp"
#include "support/log.hpp"
#include "support/uncancelled.hpp"

namespace kiesel {
namespace {

constexpr std::string_view kSuffix = ".entry";
constexpr std::size_t kHashBytes = 16;
// One store of so many looks at the folder, which takes long where there are thousands of entries; all do
// whose entries are no small part of the limit.
constexpr std::uint64_t kStoresALook = 64;

XXH128_canonical_t canonical_hash(std::span<const std::byte> bytes) {
  XXH128_canonical_t out;
  XXH128_canonicalFromHash(&out, XXH3_128bits(bytes.data(), bytes.size()));
  return out;
}

}  // namespace

CacheKey::CacheKey() : state_(XXH3_createState()) { XXH3_128bits_reset(static_cast<XXH3_state_t*>(state_)); }
CacheKey::~CacheKey() { XXH3_freeState(static_cast<XXH3_state_t*>(state_)); }

CacheKey& CacheKey::add(std::span<const std::byte> part) {
  // The length goes in first, so that ("ab","c") and ("a","bc") differ.
  const std::uint64_t size = part.size();
  XXH3_128bits_update(static_cast<XXH3_state_t*>(state_), &size, sizeof size);
  XXH3_128bits_update(static_cast<XXH3_state_t*>(state_), part.data(), part.size());
  return *this;
}
CacheKey& CacheKey::add(std::string_view part) {
  return add(std::as_bytes(std::span(part.data(), part.size())));
}
CacheKey& CacheKey::add(std::uint64_t number) { return add(std::as_bytes(std::span(&number, 1))); }

std::string CacheKey::text() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(static_cast<const XXH3_state_t*>(state_));
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

DiskCache::DiskCache(std::filesystem::path folder, std::uint64_t limit_bytes)
    : folder_(std::move(folder)), limit_(limit_bytes) {}

std::optional<std::vector<std::byte>> DiskCache::find(const std::string& key) const {
  if (folder_.empty()) return std::nullopt;
  const Uncancelled while_reading;
  const auto path = folder_ / (key + std::string(kSuffix));
  auto file = read_binary_file(path);
  if (!file || file->size() < kHashBytes) return std::nullopt;
  const auto bytes = std::span(*file).subspan(kHashBytes);
  const auto hash = canonical_hash(bytes);
  if (std::memcmp(hash.digest, file->data(), kHashBytes) != 0) {
    KIESEL_LOG(kCompiler, kWarning, "cache: '{}' is damaged and counts as a miss", path.string());
    return std::nullopt;
  }
  std::error_code ignored;  // the time of last use decides what goes first
  std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now(), ignored);
  return std::vector<std::byte>(bytes.begin(), bytes.end());
}

bool DiskCache::store(const std::string& key, std::span<const std::byte> bytes) const {
  if (folder_.empty() || bytes.size() + kHashBytes > limit_) return false;
  const Uncancelled while_writing;
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  const std::uint64_t wanted = bytes.size() + kHashBytes;
  const bool is_small = wanted < limit_ / kStoresALook;
  if (!is_small || hash64(std::as_bytes(std::span(key))) % kStoresALook == 0) make_room(wanted);
  const auto hash = canonical_hash(bytes);
  std::vector<std::byte> file(kHashBytes + bytes.size());
  std::memcpy(file.data(), hash.digest, kHashBytes);
  std::copy(bytes.begin(), bytes.end(), file.begin() + kHashBytes);
  const auto written = write_file_atomically(folder_ / (key + std::string(kSuffix)), file);
  if (!written) KIESEL_LOG(kCompiler, kWarning, "cache: {}", written.error().reason);
  return written.ok();
}

void DiskCache::make_room(std::uint64_t wanted) const {
  struct Entry {
    std::filesystem::path path;
    std::filesystem::file_time_type time;
    std::uint64_t size;
  };
  std::vector<Entry> entries;
  std::uint64_t total = wanted;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder_, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code gone;  // another process may remove entries at the same time
    const auto size = it->file_size(gone);
    const auto time = it->last_write_time(gone);
    if (gone) continue;
    entries.push_back({it->path(), time, size});
    total += size;
  }
  if (total <= limit_) return;
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.time < b.time; });
  for (const auto& entry : entries) {
    if (total <= limit_) break;
    if (std::filesystem::remove(entry.path, error)) total -= entry.size;
  }
}

std::filesystem::path default_cache_folder() {
  if (const auto& folder = config().cache_dir; !folder.empty()) return folder;
  const auto base = user_folder("XDG_CACHE_HOME", ".cache");
  return base.empty() ? base : base + "/kiesel";
}

std::uint64_t hash64(std::span<const std::byte> bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace kiesel
