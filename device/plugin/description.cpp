#include "device/plugin/description.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <optional>

#include "device/isa/extensions.hpp"
#include "device/isa/quirks.hpp"
#include "device/plugin/host_services.hpp"
#include "device/plugin/known_part.hpp"
#include "support/words.hpp"

namespace kiesel::device::plugin {
namespace {

constexpr std::uint32_t kMostEntries = 4096;  // of memories and of counters
constexpr std::size_t kLongestText = 512;

using Problem = std::optional<std::string>;

struct Number {
  const char* name;
  std::uint64_t value, least, most;
  bool power_of_two;
};

Problem check_numbers(const kiesel_description& d) {
  const Number numbers[] = {
      {"lanes", d.lanes, 1, 64, true},
      {"warps", d.warps, 1, 64, false},
      {"cores", d.cores, 1, 65536, false},
      {"alignment", d.alignment, 64, 4096, true},
      {"max_allocation_bytes", d.max_allocation_bytes, 4096, std::uint64_t{1} << 48, false},
      {"private_bytes", d.private_bytes, 256, std::uint64_t{1} << 32, false},
      {"memory_count", d.memory_count, 1, kMostEntries, false},
      {"counter_count", d.counter_count, 0, kMostEntries, false},
  };
  for (const Number& n : numbers) {
    if (n.value < n.least || n.value > n.most)
      return fmt::format("{} is {}, not {} to {}", n.name, n.value, n.least, n.most);
    if (n.power_of_two && !std::has_single_bit(n.value))
      return fmt::format("{} is {}, not a power of two", n.name, n.value);
  }
  return std::nullopt;
}

Problem take_text(const char* name, const char* text, std::string& out) {
  if (!text) return fmt::format("{} is null", name);
  const std::size_t length = ::strnlen(text, kLongestText + 1);
  if (length > kLongestText) return fmt::format("{} has more than {} characters", name, kLongestText);
  out.assign(text, length);
  return std::nullopt;
}

// An array whose elements are as large as the other side's struct is.
template <class T, class Take>
Problem each_of(const char* name, const T* first, std::uint32_t count, Take take) {
  if (count == 0) return std::nullopt;
  if (!first) return fmt::format("{} is null", name);
  const std::uint32_t size = first->size;
  if (size < sizeof(std::uint32_t) || size % alignof(T))
    return fmt::format("the size of {} is {}", name, size);
  const auto* at = reinterpret_cast<const std::byte*>(first);
  for (std::uint32_t i = 0; i < count; ++i, at += size) {
    T known = known_part(*reinterpret_cast<const T*>(at));
    if (known.size != size) return fmt::format("the sizes of {} differ", name);
    if (auto problem = take(known)) return problem;
  }
  return std::nullopt;
}

Problem take_memory(const kiesel_memory& memory, Description& out) {
  if (memory.bytes == 0) return std::string("a memory has 0 bytes");
  switch (memory.kind) {
    case KIESEL_MEMORY_GLOBAL:
      if (out.global_memory_bytes) return std::string("there are two global memories");
      out.global_memory_bytes = memory.bytes;
      return std::nullopt;
    case KIESEL_MEMORY_LOCAL:
      if (out.target.local_memory_bytes) return std::string("there are two local memories");
      if (memory.bytes > (std::uint32_t{1} << 30)) return std::string("local memory has more than 1 GiB");
      out.target.local_memory_bytes = static_cast<std::uint32_t>(memory.bytes);
      return std::nullopt;
    case KIESEL_MEMORY_CACHE:
      if (!std::has_single_bit(memory.line_bytes))
        return fmt::format("a cache has lines of {} bytes", memory.line_bytes);
      out.cache_bytes = memory.bytes;  // the outermost: what applications ask for
      out.cache_line_bytes = memory.line_bytes;
      return std::nullopt;
    default:
      return fmt::format("a memory is of kind {}", memory.kind);
  }
}

Problem take_memories(const kiesel_description& d, PluginDescription& all) {
  Description& out = all.description;
  out.target.local_memory_bytes = 0;
  if (auto problem = each_of("memories", d.memories, d.memory_count, [&](const kiesel_memory& memory) {
        all.memories.push_back(memory);
        return take_memory(memory, out);
      }))
    return problem;
  if (!out.global_memory_bytes) return std::string("there is no global memory");
  if (d.max_allocation_bytes > out.global_memory_bytes)
    return fmt::format("max_allocation_bytes is {}, more than the {} bytes of global memory",
                       d.max_allocation_bytes, out.global_memory_bytes);
  return std::nullopt;
}

Problem take_counters(const kiesel_description& d, std::vector<CounterInfo>& out) {
  return each_of("counters", d.counters, d.counter_count, [&](const kiesel_counter& counter) {
    CounterInfo info;
    auto problem = take_text("a counter's name", counter.name, info.name);
    if (!problem && info.name.empty()) problem = "a counter has no name";
    if (!problem) problem = take_text("a counter's unit", counter.unit, info.unit);
    if (!problem) problem = take_text("a counter's scope", counter.scope, info.scope);
    if (!problem) problem = take_text("a counter's text", counter.text, info.text);
    if (!problem) out.push_back(std::move(info));
    return problem;
  });
}

// Of an extension that Kiesel does not know no code makes use.
Problem take_extensions(const char* text, isa::Target& target, std::string& names) {
  if (auto problem = take_text("extensions", text, names)) return problem;
  isa::clear_extensions(target);
  for (const std::string_view name : words_of(names)) static_cast<void>(isa::add_extension(target, name));
  return isa::check_extensions(target);
}

// What Kiesel cannot go around would give wrong results.
Problem take_quirks(const std::string& names, isa::Target& target) {
  for (const std::string_view name : words_of(names))
    if (auto problem = isa::add_quirk(target, name)) return fmt::format("quirks: '{}': {}", name, *problem);
  return std::nullopt;
}

Problem take_names(const kiesel_description& d, PluginDescription& out) {
  if (auto problem = take_text("name", d.name, out.name)) return problem;
  if (out.name.empty()) return std::string("name is empty");
  out.description.name = "Kiesel " + out.name;
  if (auto problem = take_text("quirks", d.quirks, out.quirks)) return problem;
  return take_text("vendor", d.vendor, out.description.vendor);
}

Problem take_all(const kiesel_description& d, PluginDescription& out) {
  Description& description = out.description;
  if (auto problem = check_numbers(d)) return problem;
  if (auto problem = take_names(d, out)) return problem;
  description.vendor_id = d.vendor_id;
  description.target.lanes = d.lanes;
  description.target.warps = d.warps;
  description.cores = d.cores;
  description.clock_mhz = d.clock_mhz;
  description.max_allocation_bytes = d.max_allocation_bytes;
  description.private_memory_bytes = d.private_bytes;
  if (auto problem = take_extensions(d.extensions, description.target, out.extensions)) return problem;
  if (auto problem = take_quirks(out.quirks, description.target)) return problem;
  if (auto problem = take_memories(d, out)) return problem;
  out.alignment = d.alignment;
  out.pending = d.pending;
  out.flags = d.flags;
  description.core_ranges = out.has(KIESEL_CORE_RANGES);
  return take_counters(d, out.counters);
}

}  // namespace

Result<PluginDescription> describe(const Opened& opened) {
  kiesel_description theirs{};
  theirs.size = sizeof theirs;
  kiesel_reason reason{};
  const kiesel_result result = opened.table.describe(opened.device, &theirs, &reason);
  if (result != KIESEL_OK) return error_of("describe", result, text_of(reason));
  PluginDescription out;
  auto problem = take_all(theirs, out);
  if (!problem && out.has(KIESEL_ENDS_IN_POLL) && !opened.table.poll)
    problem = "commands end in poll(), which is null";
  if (problem) return Error{Errc::kInvalidArgument, "its description cannot be: " + *problem};
  return out;
}

}  // namespace kiesel::device::plugin
