#include "evaluation/validate/reference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "device/isa/launch_block.hpp"
#include "evaluation/validate/fields.hpp"
#include "evaluation/validate/unpack.hpp"
#include "support/file.hpp"

namespace kiesel::validate {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostCases = 10000, kMostBuffers = 256, kMostPrograms = 1000;
constexpr std::uint64_t kMostArgumentBytes = 64 << 10, kMostGroups = std::uint64_t{1} << 32;
constexpr std::string_view kEndings[] = {".json", ".json.zst"};

std::optional<device::CounterId> counter_of(std::string_view id) {
  for (std::size_t i = 0; i < device::kCounters; ++i)
    if (device::kCounterInfos[i].id == id) return static_cast<device::CounterId>(i);
  return std::nullopt;
}

using Programs = std::map<std::string, Bytes, std::less<>>;

// Named ELF files, or pieces of start-up code.
Programs read_programs(const Fields& all, std::string_view key) {
  Programs out;
  all.for_each_member(key, kMostPrograms, [&](const std::string& name, const Fields& entry) {
    out[name] = std::make_shared<const std::vector<std::byte>>(entry.base64());
  });
  return out;
}

Bytes find(const Programs& programs, const Fields& field) {
  const auto found = programs.find(field.text());
  if (found != programs.end()) return found->second;
  field.wrong("names what is not in the file");
  return nullptr;
}

void read_sizes(const Fields& fields, Case& out) {
  const auto groups = fields.numbers("groups", 1, 3, 1, kMostGroups);
  const auto local = fields.numbers("local_size", 1, 3, 1, 1 << 16);
  if (groups.size() != local.size()) fields.wrong("has groups and local_size of different lengths");
  out.work_dim = static_cast<std::uint32_t>(groups.size());
  std::ranges::copy(groups, out.groups.begin());
  std::ranges::transform(local, out.local_size.begin(), [](auto v) { return static_cast<std::uint32_t>(v); });
  out.local_bytes = static_cast<std::uint32_t>(fields["local_bytes"].number(0, 1 << 30));
}

void read_buffers(const Fields& fields, Case& out) {
  std::uint64_t sum = 0;
  fields.for_each("buffers", kMostBuffers, [&](const Fields& entry) {
    Buffer buffer;
    buffer.offset = entry["offset"].number(0, kMostArgumentBytes);
    buffer.bytes = entry["bytes"].number(1, kMostBufferBytes);
    if (entry.has("contents")) buffer.contents = entry["contents"].base64();
    if (buffer.contents.size() > buffer.bytes) entry.wrong("has more contents than bytes");
    if (out.arguments.size() < 8 || buffer.offset > out.arguments.size() - 8)
      entry.wrong("has its address outside of the arguments");
    sum += buffer.bytes;
    if (sum > kMostBufferBytes) entry.wrong("is too large, together with those before it");
    out.buffers.push_back(std::move(buffer));
  });
}

void read_counts(const Fields& fields, Case& out) {
  fields.for_each_member("counts", device::kCounters, [&](const std::string& id, const Fields& entry) {
    if (const auto counter = counter_of(id))
      out.counts[*counter] = entry.number(0, std::numeric_limits<std::int64_t>::max());
    else
      entry.wrong("is not a counter");
  });
  for (const auto needed : {device::CounterId::instructions, device::CounterId::cycles})
    if (!out.counts.contains(needed))
      fields.wrong(fmt::format("has no count of {}", device::kCounterInfos[static_cast<int>(needed)].id));
}

Case read_case(const Fields& fields, const Programs& programs, const Programs& starts) {
  Case out;
  out.name = fields["name"].text();
  out.kernel = fields["kernel"].text();
  out.program = find(programs, fields["program"]);
  if (fields.has("start")) out.start = find(starts, fields["start"]);
  out.kernel_entry = fields["kernel_entry"].number(0, 1 << 30);
  out.arguments = fields["arguments"].base64();
  if (out.arguments.size() > kMostArgumentBytes) fields.wrong("has too many arguments");
  read_sizes(fields, out);
  read_buffers(fields, out);
  read_counts(fields, out);
  return out;
}

void read_all(const Fields& all, Reference& out) {
  if (all["format"].text() != kFormat) return all["format"].wrong(fmt::format("is not '{}'", kFormat));
  if (const auto version = all["version"].number(0, 1 << 30); version != kVersion)
    return all["version"].wrong(fmt::format("is {}; this program reads {}", version, kVersion));
  out.design = all["design"].text();
  out.source = all["source"].text();
  const Programs programs = read_programs(all, "programs");
  const Programs starts = all.has("starts") ? read_programs(all, "starts") : Programs();
  all.for_each("cases", kMostCases,
               [&](const Fields& entry) { out.cases.push_back(read_case(entry, programs, starts)); });
  for (const Case& one : out.cases)
    if (std::ranges::count(out.cases, one.name, &Case::name) > 1)
      return all["cases"].wrong(fmt::format("has two of the name '{}'", one.name));
  if (out.cases.empty()) all["cases"].wrong("is empty");
}

}  // namespace

Result<Reference> parse_reference(std::string_view text, std::string_view name) {
  // Each level takes many times its bracket's memory.
  constexpr int kDeepest = 8;
  const auto is_shallow = [](int depth, auto, auto&) { return depth <= kDeepest; };
  const auto whole = nlohmann::json::parse(text, is_shallow, false);
  if (whole.is_discarded()) return Error{Errc::kInvalidBinary, fmt::format("{}: is not JSON", name)};
  Reference out;
  out.name = name.substr(name.rfind('/') + 1);
  out.name = out.name.substr(0, out.name.find('.'));
  std::string problem;
  read_all(Fields(whole, "", problem), out);
  if (!problem.empty()) return Error{Errc::kInvalidBinary, fmt::format("{}: {}", name, problem)};
  return out;
}

Result<Reference> read_reference(const fs::path& path) {
  const auto file = RegularFile::open(path);
  if (!file) return Error{Errc::kNotFound, fmt::format("cannot open '{}'", path.string())};
  if (file->bytes() > kMostTextBytes)
    return Error{Errc::kInvalidBinary,
                 fmt::format("{}: is larger than {} bytes", path.string(), kMostTextBytes)};
  const auto bytes = file->read();
  if (!bytes) return Error{Errc::kIo, fmt::format("cannot read '{}'", path.string())};
  const auto text = path.extension() == ".zst"
                        ? unpack(*bytes, kMostTextBytes)
                        : std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  if (!text) return Error{text.error().code, fmt::format("{}: {}", path.string(), text.error().reason)};
  return parse_reference(*text, path.string());
}

Result<std::vector<fs::path>> reference_files(const fs::path& place) {
  std::error_code failed;
  if (!fs::exists(place, failed))
    return Error{Errc::kNotFound, fmt::format("there is no '{}'", place.string())};
  if (!fs::is_directory(place, failed)) return std::vector{place};
  std::vector<fs::path> out;
  for (fs::directory_iterator entry(place, failed), end; !failed && entry != end; entry.increment(failed)) {
    const std::string name = entry->path().filename();
    if (std::ranges::any_of(kEndings, [&](auto ending) { return name.ends_with(ending); }))
      out.push_back(entry->path());
  }
  if (failed) return Error{Errc::kIo, fmt::format("cannot read '{}': {}", place.string(), failed.message())};
  if (out.empty())
    return Error{Errc::kNotFound,
                 fmt::format("'{}' has no reference, NAME.json or NAME.json.zst", place.string())};
  std::ranges::sort(out);
  return out;
}

}  // namespace kiesel::validate
