#include "runtime/core/build_cache.hpp"

#include <sys/stat.h>

#include <cstring>

#include "device/isa/target_fields.hpp"
#include "runtime/core/version.hpp"
#include "support/file.hpp"

namespace kiesel::runtime {
namespace {

// Numbers and counted strings in a row.
class Writer {
 public:
  void number(std::uint64_t value) { raw(&value, sizeof value); }
  template <class Range>
  void bytes(const Range& range) {
    number(range.size());
    raw(range.data(), range.size());
  }
  const std::vector<std::byte>& out() const { return out_; }

 private:
  void raw(const void* data, std::size_t size) {
    const auto* begin = static_cast<const std::byte*>(data);
    out_.insert(out_.end(), begin, begin + size);
  }
  std::vector<std::byte> out_;
};

class Reader {
 public:
  explicit Reader(std::span<const std::byte> in) : in_(in) {}
  bool number(std::uint64_t& value) { return raw(&value, sizeof value); }
  template <class Container>
  bool bytes(Container& out) {
    std::uint64_t size = 0;
    if (!number(size) || size > in_.size()) return false;
    out.resize(size);
    return raw(out.data(), size);
  }

 private:
  bool raw(void* to, std::size_t size) {
    if (size > in_.size()) return false;
    if (size) std::memcpy(to, in_.data(), size);
    in_ = in_.subspan(size);
    return true;
  }
  std::span<const std::byte> in_;
};

constexpr std::uint64_t kBuild = 0, kInItsFolder = 1;  // what an entry holds

// Reads no more than was there, and nothing that is not a regular file.
bool unchanged(const compiler::Dependency& dependency) {
  const auto file = RegularFile::open(dependency.path);
  if (!file || !dependency.is_file) return file.has_value() == dependency.is_file;
  if (file->bytes() != dependency.bytes) return false;
  const auto text = file->read();
  return text && hash64(*text) == dependency.hash;
}

std::string key_in_folder(const std::string& key, const std::string& folder) {
  return CacheKey().add(key).add(folder).text();
}

std::optional<compiler::Reply> read_build(Reader reader) {
  compiler::Reply reply;
  reply.outcome = compiler::Outcome::kSuccess;
  std::uint64_t count = 0;
  if (!reader.number(count)) return std::nullopt;
  for (std::uint64_t i = 0; i < count; ++i) {
    compiler::Dependency dependency;
    std::uint64_t is_file = 0;
    if (!reader.bytes(dependency.path) || !reader.number(dependency.hash) ||
        !reader.number(dependency.bytes) || !reader.number(is_file))
      return std::nullopt;
    dependency.is_file = is_file != 0;
    if (!unchanged(dependency)) return std::nullopt;
  }
  if (!reader.bytes(reply.log) || !reader.bytes(reply.binary)) return std::nullopt;
  return reply;
}

}  // namespace

std::uint64_t compiler_identity(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return 0;
  const std::uint64_t numbers[] = {static_cast<std::uint64_t>(info.st_size),
                                   static_cast<std::uint64_t>(info.st_mtim.tv_sec),
                                   static_cast<std::uint64_t>(info.st_mtim.tv_nsec), info.st_ino};
  return hash64(std::as_bytes(std::span(numbers)));
}

std::string cache_key(const compiler::Request& request, const std::string& compiler_path) {
  CacheKey key;
  key.add(kVersion).add(compiler_path).add(compiler_identity(compiler_path));
  key.add(static_cast<std::uint64_t>(request.operation)).add(request.options).add(request.source);
  key.add(request.extensions);
  std::apply([&](const auto&... field) { (key.add(std::uint64_t{field}), ...); },
             Fields<isa::Target>::of(request.target));
  key.add(request.headers.size());
  for (const auto& header : request.headers) key.add(header.name).add(header.text);
  key.add(request.inputs.size());
  for (const auto& input : request.inputs) key.add(std::span<const std::byte>(input));
  return key.text();
}

std::optional<compiler::Reply> find_cached(const DiskCache& cache, const std::string& key,
                                           const std::string& working_folder) {
  auto entry = cache.find(key);
  std::uint64_t kind = kBuild;
  if (!entry) return std::nullopt;
  Reader reader(*entry);
  if (!reader.number(kind)) return std::nullopt;
  if (kind == kBuild) return read_build(reader);
  entry = cache.find(key_in_folder(key, working_folder));
  if (!entry) return std::nullopt;
  return read_build(Reader(*entry));
}

void store_cached(const DiskCache& cache, const std::string& key, const std::string& working_folder,
                  const compiler::Reply& reply) {
  const bool anywhere = reply.dependencies.empty();
  Writer writer, note;
  if (anywhere) writer.number(kBuild);
  writer.number(reply.dependencies.size());
  for (const auto& dependency : reply.dependencies) {
    writer.bytes(dependency.path);
    writer.number(dependency.hash);
    writer.number(dependency.bytes);
    writer.number(dependency.is_file);
  }
  writer.bytes(reply.log);
  writer.bytes(reply.binary);
  if (anywhere) return static_cast<void>(cache.store(key, writer.out()));
  note.number(kInItsFolder);
  cache.store(key, note.out());
  cache.store(key_in_folder(key, working_folder), writer.out());
}

}  // namespace kiesel::runtime
