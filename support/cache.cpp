#include "support/cache.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "support/config.hpp"
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

struct Entry {
  std::string name;
  std::int64_t time_ns;
  std::uint64_t size;
};

// Of the folder's files those that a cache has made: whoever names a folder with others keeps those.
std::vector<Entry> entries_of(int folder) {
  std::vector<Entry> entries;
  const std::unique_ptr<DIR, int (*)(DIR*)> files(
      ::fdopendir(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)), ::closedir);
  while (const auto* file = files ? ::readdir(files.get()) : nullptr) {
    const std::string name = file->d_name;
    struct stat status {};
    if (name.find(kSuffix) == name.npos ||
        ::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode))
      continue;
    entries.push_back({name, status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec,
                       static_cast<std::uint64_t>(status.st_size)});
  }
  return entries;
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

DiskCache::DiskCache(const std::filesystem::path& folder, std::uint64_t limit_bytes)
    : folder_(folder), limit_(limit_bytes) {}

std::optional<std::vector<std::byte>> DiskCache::find(const std::string& key) const {
  const Uncancelled while_reading;
  const auto folder = folder_.open();
  if (!folder) return std::nullopt;
  const auto name = key + std::string(kSuffix);
  auto file = read_own_file(folder.get(), name, limit_);
  if (!file || file->size() < kHashBytes) return std::nullopt;
  const auto bytes = std::span(*file).subspan(kHashBytes);
  const auto hash = canonical_hash(bytes);
  if (std::memcmp(hash.digest, file->data(), kHashBytes) != 0) {
    KIESEL_LOG(kCompiler, kWarning, "cache: '{}' is damaged and counts as a miss",
               (folder_.path() / name).string());
    return std::nullopt;
  }
  // The time of last use decides what goes first.
  ::utimensat(folder.get(), name.c_str(), nullptr, AT_SYMLINK_NOFOLLOW);
  file->erase(file->begin(), file->begin() + kHashBytes);
  return file;
}

bool DiskCache::store(const std::string& key, std::span<const std::byte> bytes) const {
  const Uncancelled while_writing;
  const std::uint64_t wanted = bytes.size() + kHashBytes;
  if (wanted > limit_) return false;
  const auto folder = folder_.make();
  if (!folder) return false;
  const bool is_small = wanted < limit_ / kStoresALook;
  if (!is_small || hash64(std::as_bytes(std::span(key))) % kStoresALook == 0) make_room(folder.get(), wanted);
  const auto hash = canonical_hash(bytes);
  std::vector<std::byte> file(kHashBytes + bytes.size());
  std::memcpy(file.data(), hash.digest, kHashBytes);
  std::copy(bytes.begin(), bytes.end(), file.begin() + kHashBytes);
  const auto written = write_own_file(folder.get(), key + std::string(kSuffix), file);
  if (!written)
    KIESEL_LOG(kCompiler, kWarning, "cache: '{}': {}", folder_.path().string(), written.error().reason);
  return written.ok();
}

// Other processes may remove entries at the same time.
void DiskCache::make_room(int folder, std::uint64_t wanted) const {
  auto entries = entries_of(folder);
  std::uint64_t total = wanted;
  for (const auto& entry : entries) total += entry.size;
  if (total <= limit_) return;
  std::ranges::sort(entries, {}, &Entry::time_ns);
  for (const auto& entry : entries) {
    if (total <= limit_) break;
    if (::unlinkat(folder, entry.name.c_str(), 0) == 0) total -= entry.size;
  }
}

std::filesystem::path default_cache_folder() {
  if (const auto& folder = config().cache_dir; !folder.empty()) return folder;
  const auto base = user_folder("XDG_CACHE_HOME", ".cache");
  return base.empty() ? base : base + "/kiesel";
}

std::uint64_t hash64(std::span<const std::byte> bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace kiesel
