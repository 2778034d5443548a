#include "device/model/configuration.hpp"

#include <sys/resource.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <span>
#include <sstream>
#include <type_traits>

#include "device/isa/extensions.hpp"
#include "device/isa/quirks.hpp"
#include "device/timing/design_table.hpp"
#include "support/file.hpp"
#include "support/log.hpp"

namespace kiesel::model {
namespace {

struct Shape {
  std::string_view name;
  std::uint32_t cores, warps, lanes, local_kib;
  std::uint64_t global_mib = 0;  // 0: default_global_memory()
};
// Those of device/designs/, by the names of their files.
constexpr std::pair<std::string_view, std::string_view> kDesigns[] = {
#include "device/designs.inc"
};

constexpr Shape kShapes[] = {
    {"kiesel", 8, 32, 32, 64},  {"kiesel-64", 8, 16, 64, 64},        {"kiesel-16", 8, 32, 16, 64},
    {"kiesel-8", 8, 32, 8, 64}, {"kiesel-4", 4, 16, 4, 32},          {"kiesel-2", 4, 16, 2, 32},
    {"kiesel-1", 2, 16, 1, 32}, {"kiesel-small", 8, 8, 32, 32, 512},
};

// Half of the computer's. Where address space is limited (ulimit -v) less: three times as much is reserved,
// and the application needs some.
std::uint64_t default_global_memory() {
  const auto pages = static_cast<std::uint64_t>(std::max(sysconf(_SC_PHYS_PAGES), 0L));
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  std::uint64_t bytes = std::max<std::uint64_t>(pages * page / 2, std::uint64_t{1} << 30);
  rlimit space{};
  if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY)
    bytes = std::min<std::uint64_t>(bytes, space.rlim_cur / 8);
  return bytes & ~((std::uint64_t{1} << 20) - 1);
}

Configuration finish(Configuration c) {
  if (c.global_memory_bytes == 0) c.global_memory_bytes = default_global_memory();
  return c;
}

bool power_of_two(std::uint64_t v) { return v && !(v & (v - 1)); }

// A key of the file: where its value goes and what it may be.
struct Key {
  std::string_view name;
  std::uint64_t least, most, unit;
  bool power_of_two;
  void (*set)(Configuration&, std::uint64_t);
  std::uint64_t (*get)(const Configuration&);
};

template <auto kMember>
struct Member {
  static auto& of(auto& c) { return c.*kMember; }
};
template <auto kMember>
struct TargetMember {
  static auto& of(auto& c) { return c.target.*kMember; }
};
template <class Place>
constexpr Key number_key(std::string_view name, std::uint64_t least, std::uint64_t most,
                         std::uint64_t unit = 1, bool power_of_two = false) {
  return {name,
          least,
          most,
          unit,
          power_of_two,
          [](Configuration& c, std::uint64_t value) {
            auto& place = Place::of(c);
            place = static_cast<std::remove_reference_t<decltype(place)>>(value);
          },
          [](const Configuration& c) -> std::uint64_t { return Place::of(c); }};
}

constexpr Key kNumberKeys[] = {
    number_key<Member<&Configuration::cores>>("cores", 1, 1024),
    number_key<TargetMember<&isa::Target::warps>>("warps", 1, 64),
    number_key<TargetMember<&isa::Target::lanes>>("lanes", 1, 64, 1, true),
    number_key<Member<&Configuration::clock_mhz>>("clock_mhz", 1, 100000),
    number_key<TargetMember<&isa::Target::local_memory_bytes>>("local_memory_bytes", 1024, 16 << 20, 64),
    number_key<Member<&Configuration::global_memory_bytes>>("global_memory_bytes", 1 << 20,
                                                            std::uint64_t{1} << 44, 4096),
    number_key<Member<&Configuration::private_memory_bytes>>("private_memory_bytes", 4096, 16 << 20, 4096),
};
constexpr std::string_view kListKeys[] = {"extensions", "quirks"};

std::optional<std::string> read_names(const toml::node& node, std::vector<std::string_view>& names) {
  const toml::array* list = node.as_array();
  if (!list) return "must be a list of names";
  for (const toml::node& entry : *list) names.push_back(entry.value_or(std::string_view()));
  return std::nullopt;
}

// What is wrong with the names, if anything.
std::optional<std::string> set_extensions(std::span<const std::string_view> names, Configuration& out) {
  isa::clear_extensions(out.target);
  for (const std::string_view name : names)
    if (auto problem = isa::add_extension(out.target, name)) return problem;
  return isa::check_extensions(out.target);
}

struct Switch {
  std::string_view name;
  bool Configuration::*member;
};
constexpr Switch kSwitches[] = {{"host_visible", &Configuration::host_visible},
                                {"core_ranges", &Configuration::core_ranges}};

std::optional<std::string> set_extensions(const toml::node& node, Configuration& out) {
  std::vector<std::string_view> names;
  if (auto problem = read_names(node, names)) return problem;
  return set_extensions(names, out);
}

std::optional<std::string> set_quirks(const toml::node& node, Configuration& out) {
  std::vector<std::string_view> names;
  if (auto problem = read_names(node, names)) return problem;
  for (const std::string_view name : names)
    if (auto problem = isa::add_quirk(out.target, name)) return problem;
  return std::nullopt;
}

std::optional<std::string> set_number(const Key& key, const toml::node& node, Configuration& out) {
  const auto value = node.value_exact<std::int64_t>();
  if (!value) return "must be a whole number";
  const auto number = static_cast<std::uint64_t>(*value);
  if (*value < 0 || number < key.least || number > key.most)
    return fmt::format("must be {} to {}", key.least, key.most);
  if (key.power_of_two && !power_of_two(number)) return "must be a power of two";
  if (number % key.unit) return fmt::format("must be a multiple of {}", key.unit);
  key.set(out, number);
  return std::nullopt;
}

std::optional<std::string> set_switch(const Switch& key, const toml::node& node, Configuration& out) {
  const auto value = node.value_exact<bool>();
  if (!value) return "must be true or false";
  out.*key.member = *value;
  return std::nullopt;
}

std::optional<std::string> set_text(const toml::node& node, std::string& out) {
  const auto text = node.value_exact<std::string>();
  if (!text || text->empty()) return "must be a text";
  out = *text;
  return std::nullopt;
}

// What is wrong with the key, if anything.
std::optional<std::string> set_key(std::string_view name, const toml::node& node, Configuration& out) {
  if (name == "name") return set_text(node, out.name);
  if (name == "extensions") return set_extensions(node, out);
  if (name == "validated") return set_text(node, out.design.validated);
  for (const Switch& key : kSwitches)
    if (key.name == name) return set_switch(key, node, out);
  if (name == "quirks") return set_quirks(node, out);
  for (const Key& key : kNumberKeys)
    if (key.name == name) return set_number(key, node, out);
  return "is not a key of a device";
}

struct TableProblem {
  const toml::node* node;
  std::string key, text;
};

std::optional<TableProblem> set_roofline(const toml::table& table, Roofline& out) {
  out.only = true;
  for (const auto& [key, node] : table) {
    const auto problem = [&, &node = node, &key = key](std::string text) {
      return TableProblem{&node, fmt::format("roofline.{}", key.str()), std::move(text)};
    };
    const auto number = node.value<double>();
    if (key.str() == "source") {
      if (auto wrong = set_text(node, out.source)) return problem(*wrong);
    } else if (key.str() != "gflops" && key.str() != "gigabytes_a_second") {
      return problem("is not a key of a device");
    } else if (!number || !(*number > 0) || *number > 1e9) {
      return problem("must be a number above 0, up to 1e9");
    } else {
      (key.str() == "gflops" ? out.gflops : out.gigabytes_a_second) = *number;
    }
  }
  return std::nullopt;
}

std::optional<TableProblem> set_identity(const toml::table& table, Identity& out) {
  for (const auto& [key, node] : table) {
    const auto number = node.value_exact<std::int64_t>();
    std::optional<std::string> wrong;
    if (key.str() == "name" || key.str() == "vendor")
      wrong = set_text(node, key.str() == "name" ? out.name : out.vendor);
    else if (key.str() != "vendor_id")
      wrong = "is not a key of a device";
    else if (!number || *number < 0 || *number > UINT32_MAX)
      wrong = "must be a whole number, up to 0xffffffff";
    else
      out.vendor_id = static_cast<std::uint32_t>(*number);
    if (wrong) return TableProblem{&node, fmt::format("{}.{}", kIdentityTable, key.str()), std::move(*wrong)};
  }
  return std::nullopt;
}

// Where a key of a design's table has its text, if it is one that has.
std::string* text_of(std::string_view table, std::string_view key, Configuration& out) {
  return table == "energy" && key == "source" ? &out.design.energy.source : nullptr;
}

// A table of the design.
std::optional<TableProblem> set_table(std::string_view name, const toml::table& table, Configuration& out) {
  if (name == "roofline") return set_roofline(table, out.roofline);
  if (name == kIdentityTable) return set_identity(table, out.identity);
  if (!timing::is_design_table(name))
    return TableProblem{&table, std::string(name), "is not a table of a device"};
  if (name == "l2") out.design.has_l2 = true;
  if (name == "l3") out.design.has_l3 = true;
  if (name == "energy") out.design.has_energy = true;
  for (const auto& [key, node] : table) {
    const auto problem = [&, &node = node, &key = key](std::string text) {
      return TableProblem{&node, fmt::format("{}.{}", name, key.str()), std::move(text)};
    };
    if (std::string* const text = text_of(name, key.str(), out)) {
      if (auto wrong = set_text(node, *text)) return problem(*wrong);
      continue;
    }
    const timing::DesignKey* const known = timing::find_design_key(name, key.str());
    if (!known) return problem("is not a key of a device");
    const auto value = node.value_exact<std::int64_t>();
    if (!value) return problem("must be a whole number");
    if (*value < 0 || static_cast<std::uint64_t>(*value) < known->least ||
        static_cast<std::uint64_t>(*value) > known->most)
      return problem(fmt::format("must be {} to {}{}{}", known->least, known->most,
                                 known->unit.empty() ? "" : " ", known->unit));
    known->member(out.design) = static_cast<std::uint32_t>(*value);
  }
  return std::nullopt;
}

}  // namespace

std::string Configuration::device_name() const {
  if (!identity.name.empty()) return identity.name;
  const std::string shape = name == "kiesel" ? "" : " " + name;
  return fmt::format("Kiesel RV64 model{} ({} cores, {} warps, {} lanes)", shape, cores, target.warps,
                     target.lanes);
}

std::optional<EngineChoice> engine_choice(std::string_view name) {
  constexpr std::pair<std::string_view, EngineChoice> kNames[] = {{"auto", EngineChoice::kAuto},
                                                                  {"interpreter", EngineChoice::kInterpreter},
                                                                  {"translator", EngineChoice::kTranslator},
                                                                  {"cycles", EngineChoice::kCycles}};
  for (const auto& [text, choice] : kNames)
    if (text == name) return choice;
  return std::nullopt;
}

std::vector<std::string_view> built_in_shapes() {
  std::vector<std::string_view> names;
  for (const Shape& shape : kShapes) names.push_back(shape.name);
  for (const auto& [name, text] : kDesigns) names.push_back(name);
  return names;
}

Result<Configuration> built_in_shape(std::string_view name) {
  for (const Shape& shape : kShapes) {
    if (shape.name != name) continue;
    Configuration c;
    c.name = shape.name;
    c.cores = shape.cores;
    c.target.warps = shape.warps;
    c.target.lanes = shape.lanes;
    c.target.local_memory_bytes = shape.local_kib << 10;
    c.global_memory_bytes = shape.global_mib << 20;
    c.design = timing::design_for(c.target, c.cores);
    c.design.interleaved = 1;  // as the model has it
    return finish(c);
  }
  for (const auto& [design, text] : kDesigns)
    if (design == name) return parse_configuration(text, fmt::format("{}.toml", name));
  return Error{Errc::kNotFound, fmt::format("no device shape is called '{}'; there are {}", name,
                                            fmt::join(built_in_shapes(), ", "))};
}

Result<Configuration> parse_configuration(std::string_view text, std::string_view file_name) {
  toml::parse_result parsed;
  try {
    parsed = toml::parse(text, file_name);
  } catch (const toml::parse_error& error) {
    return Error{Errc::kInvalidArgument,
                 fmt::format("{}:{}: {}", file_name, error.source().begin.line, error.description())};
  }
  Configuration out;
  const auto wrong = [&](const toml::node& node, std::string_view key, std::string_view problem) {
    return Error{Errc::kInvalidArgument,
                 fmt::format("{}:{}: {} {}", file_name, node.source().begin.line, key, problem)};
  };
  for (const auto& [key, node] : parsed)
    if (!node.is_table())
      if (const auto problem = set_key(key.str(), node, out)) return wrong(node, key.str(), *problem);
  const std::string validated = out.design.validated;
  out.design = timing::design_for(out.target, out.cores);
  out.design.validated = validated;
  for (const auto& [key, node] : parsed)
    if (const toml::table* const table = node.as_table())
      if (const auto problem = set_table(key.str(), *table, out))
        return wrong(*problem->node, problem->key, problem->text);
  if (const auto problem = timing::check_design(out.design)) {
    const toml::node* const node = parsed[problem->table][problem->key].node();
    return wrong(node ? *node : static_cast<const toml::node&>(parsed),
                 fmt::format("{}.{}", problem->table, problem->key), problem->text);
  }
  return finish(out);
}

Result<std::string> configuration_source(std::string_view name) {
  for (const auto& [design, text] : kDesigns)
    if (design == name) return std::string(text);
  for (const Shape& shape : kShapes) {
    if (shape.name != name) continue;
    toml::table text{{"name", shape.name},
                     {"cores", shape.cores},
                     {"warps", shape.warps},
                     {"lanes", shape.lanes},
                     {"local_memory_bytes", shape.local_kib << 10}};
    if (shape.global_mib)
      text.insert("global_memory_bytes", static_cast<std::int64_t>(shape.global_mib << 20));
    std::ostringstream out;
    out << text;
    return out.str();
  }
  if (name.find('/') != std::string_view::npos || name.ends_with(".toml"))
    return read_text_file(std::string(name));
  return built_in_shape(name).error();
}

std::vector<std::string> configuration_keys() {
  std::vector<std::string> keys;
  for (const Key& key : kNumberKeys) keys.emplace_back(key.name);
  keys.insert(keys.end(), std::begin(kListKeys), std::end(kListKeys));
  for (const Switch& key : kSwitches) keys.emplace_back(key.name);
  for (const timing::DesignKey& key : timing::design_keys())
    keys.push_back(fmt::format("{}.{}", key.table, key.key));
  return keys;
}

std::optional<std::uint64_t> number_of(const Configuration& configuration, std::string_view name) {
  for (const Key& key : kNumberKeys)
    if (key.name == name) return key.get(configuration);
  for (const Switch& key : kSwitches)
    if (key.name == name) return configuration.*key.member;
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const timing::DesignKey* const key = timing::find_design_key(name.substr(0, dot), name.substr(dot + 1));
  if (!key) return std::nullopt;
  timing::Design design = configuration.design;
  return key->member(design);
}

std::string configuration_text(std::string_view name, const isa::Target& target) {
  const auto names_of = [&](const auto& rows) {
    toml::array names;
    for (const auto& row : rows)
      if (target.*row.member) names.push_back(row.name);
    return names;
  };
  std::ostringstream text;
  text << toml::table{{"name", name},
                      {"warps", target.warps},
                      {"lanes", target.lanes},
                      {"local_memory_bytes", target.local_memory_bytes},
                      {"extensions", names_of(isa::kExtensions)},
                      {"quirks", names_of(isa::kQuirks)}};
  return text.str();
}

Result<Configuration> find_configuration(std::string_view name) {
  auto found = built_in_shape(name);
  if (found || (name.find('/') == std::string_view::npos && !name.ends_with(".toml"))) return found;
  const auto text = read_text_file(std::string(name));
  return text ? parse_configuration(*text, name) : Result<Configuration>(text.error());
}

std::vector<std::string_view> configured_names(std::string_view option) {
  std::vector<std::string_view> names;
  while (!option.empty()) {
    const std::size_t comma = std::min(option.find(','), option.size());
    if (comma > 0) names.push_back(option.substr(0, comma));
    option.remove_prefix(std::min(comma + 1, option.size()));
  }
  if (names.empty()) names.push_back(kShapes[0].name);
  return names;
}

std::vector<Configuration> configured_devices(std::string_view option) {
  std::vector<Configuration> out;
  for (const std::string_view name : configured_names(option)) {
    auto found = find_configuration(name);
    if (found)
      out.push_back(std::move(*found));
    else
      KIESEL_LOG(kDevice, kError, "{}", found.error().reason);
  }
  return out;
}

}  // namespace kiesel::model
