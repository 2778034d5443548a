#include "evaluation/sweep/plan.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

#include "device/model/configuration.hpp"
#include "evaluation/sweep/names.hpp"
#include "support/checked.hpp"
#include "support/file.hpp"

namespace kiesel::sweep {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kMostValues = 100000;  // of an axis

unsigned line_of(const toml::node& node) { return node.source().begin.line; }

std::string text_of(const toml::node& node) {
  std::ostringstream out;
  node.visit([&](const auto& value) {
    if constexpr (toml::is_string<decltype(value)>)
      out << toml::array{value.get()};
    else
      out << value;
  });
  std::string text = out.str();
  // A text alone is printed without its quotes.
  return node.is_string() ? text.substr(2, text.size() - 4) : text;
}

std::optional<double> number_in(const toml::node& node) {
  if (const auto truth = node.value_exact<bool>()) return *truth;
  return node.is_number() ? node.value<double>() : std::nullopt;
}

class PlanParser {
 public:
  explicit PlanParser(const fs::path& file) { plan_.file = file; }

  Result<Plan> parse(const toml::table& root) {
    allow(root, "plan",
          {"title", "designs", "workloads", "axes", "set", "where", "objectives", "sample", "seed",
           "sample_time", "skip_invalid"});
    read_plain(root);
    each_table(root, "workloads", [this](const toml::table& table) { read_workload(table); });
    each_table(root, "axes", [this](const toml::table& table) { read_axis(table); });
    read_settings(root);
    each_text(root, "where", [this](const toml::node& node, const std::string& text) {
      if (auto parsed = expression(node, "where", text)) add_condition(node, std::move(*parsed));
    });
    each_table(root, "objectives", [this](const toml::table& table) { read_objective(table); });
    finish(root);
    if (!problem_.empty()) return Error{Errc::kInvalidArgument, problem_};
    return std::move(plan_);
  }

 private:
  // The first problem is told.
  void wrong(const toml::node& node, std::string_view key, std::string_view what) {
    if (problem_.empty())
      problem_ = fmt::format("{}:{}: {} {}", plan_.file.string(), std::max(line_of(node), 1U), key, what);
  }
  void allow(const toml::table& table, std::string_view of, std::initializer_list<std::string_view> keys) {
    for (const auto& [key, node] : table)
      if (std::find(keys.begin(), keys.end(), key.str()) == keys.end())
        wrong(node, key.str(), fmt::format("is not a key of {}; there are {}", of, fmt::join(keys, ", ")));
  }

  template <class Read>
  void each_table(const toml::table& root, std::string_view key, Read read) {
    const toml::node* const node = root.get(key);
    if (!node) return;
    if (!node->is_array_of_tables() || node->as_array()->empty())
      return wrong(*node, key, fmt::format("must be tables: [[{}]]", key));
    for (const toml::node& entry : *node->as_array()) read(*entry.as_table());
  }
  // A text, or a list of some.
  template <class Read>
  void each_text(const toml::table& table, std::string_view key, Read read) {
    const toml::node* const node = table.get(key);
    if (!node) return;
    if (const auto text = node->value_exact<std::string>()) return read(*node, *text);
    const toml::array* const list = node->as_array();
    if (!list || list->empty())
      return wrong(*node, key, "must be a text or a list of texts, not an empty one");
    for (const toml::node& entry : *list) {
      const auto text = entry.value_exact<std::string>();
      if (!text) return wrong(entry, key, "must be a list of texts");
      read(entry, *text);
    }
  }
  std::vector<std::string> texts(const toml::table& table, std::string_view key) {
    std::vector<std::string> out;
    each_text(table, key, [&](const toml::node&, const std::string& text) { out.push_back(text); });
    return out;
  }
  std::string text(const toml::table& table, std::string_view key) {
    const toml::node* const node = table.get(key);
    if (!node) return {};
    const auto value = node->value_exact<std::string>();
    if (!value || value->empty()) wrong(*node, key, "must be a text");
    return value.value_or(std::string());
  }
  std::uint64_t whole(const toml::table& table, std::string_view key, std::uint64_t otherwise) {
    const toml::node* const node = table.get(key);
    if (!node) return otherwise;
    const auto value = node->value_exact<std::int64_t>();
    if (!value || *value < 0) wrong(*node, key, "must be a whole number, 0 or more");
    return static_cast<std::uint64_t>(value.value_or(0));
  }
  std::optional<Expression> expression(const toml::node& node, std::string_view key,
                                       const std::string& text) {
    auto parsed = Expression::parse(text);
    if (parsed) return std::move(*parsed);
    wrong(node, key, fmt::format("= '{}' is no expression: {}", text, parsed.error().reason));
    return std::nullopt;
  }

  void read_plain(const toml::table& root) {
    plan_.title = text(root, "title");
    if (plan_.title.empty()) plan_.title = plan_.file.stem().string();
    each_text(root, "designs", [this](const toml::node& node, const std::string& name) {
      plan_.designs.push_back(beside_plan(name));
      if (auto found = model::find_configuration(plan_.designs.back()); !found)
        wrong(node, "designs", fmt::format("has '{}': {}", name, found.error().reason));
    });
    plan_.sample = whole(root, "sample", 0);
    plan_.seed = whole(root, "seed", 1);
    plan_.sample_time = truth(root, "sample_time");
    plan_.skip_invalid = truth(root, "skip_invalid");
  }
  bool truth(const toml::table& table, std::string_view key) {
    const toml::node* const node = table.get(key);
    if (node && !node->is_boolean()) wrong(*node, key, "must be true or false");
    return node && node->value_or(false);
  }
  // Files are named as seen from the plan.
  std::string beside_plan(const std::string& name) const {
    const bool is_file = name.find('/') != std::string::npos || name.ends_with(".toml");
    return is_file ? (plan_.file.parent_path() / name).lexically_normal().string() : name;
  }

  void read_workload(const toml::table& table) {
    allow(table, "a workload", {"name", "capture", "command", "kernels", "first", "last", "every"});
    Workload workload;
    workload.name = text(table, "name");
    if (const auto file = text(table, "capture"); !file.empty()) {
      workload.capture = (plan_.file.parent_path() / file).lexically_normal();
      if (std::error_code error; !fs::is_regular_file(workload.capture, error))
        wrong(*table.get("capture"), "capture", fmt::format("= '{}': there is no such file", file));
    }
    workload.command = texts(table, "command");
    if (workload.capture.empty() == workload.command.empty())
      wrong(table, "workloads", "must each have a capture or a command, one of them");
    if (const auto kernels = text(table, "kernels"); !kernels.empty())
      workload.choice.insert(workload.choice.end(), {"--kernels", kernels});
    for (const std::string key : {"first", "last", "every"})
      if (table.contains(key))
        workload.choice.insert(workload.choice.end(), {"--" + key, std::to_string(whole(table, key, 0))});
    if (workload.name.empty() && !workload.command.empty())
      workload.name = fs::path(workload.command.front()).filename().string();
    if (workload.name.empty()) workload.name = workload.capture.stem().string();
    for (const Workload& other : plan_.workloads)
      if (other.name == workload.name)
        wrong(table, "name", fmt::format("'{}' is another workload's, too", workload.name));
    plan_.workloads.push_back(std::move(workload));
  }

  // ---- axes ----

  void know_key(const toml::node& node, std::string_view where, const std::string& key) {
    if (!is_design_key(key))
      wrong(node, where, fmt::format("'{}' is not a key of a design; {}", key, known_keys_like(key)));
    else if (!swept_.insert(key).second)
      wrong(node, where, fmt::format("'{}' is set by another axis, too", key));
  }

  void read_axis(const toml::table& table) {
    allow(table, "an axis", {"name", "key", "keys", "values", "range"});
    Axis axis;
    axis.line = line_of(table);
    axis.name = text(table, "name");
    if (table.contains("key") == table.contains("keys"))
      return wrong(table, "axes", "must each have a key or keys, one of them");
    const std::string_view where = table.contains("key") ? "key" : "keys";
    each_text(table, where, [&](const toml::node& node, const std::string& key) {
      know_key(node, where, key);
      axis.keys.push_back(key);
    });
    if (axis.keys.empty()) return;
    if (axis.name.empty()) axis.name = fmt::format("{}", fmt::join(axis.keys, ", "));
    if (table.contains("values") == table.contains("range"))
      return wrong(table, axis.name, "must have values or a range, one of them");
    if (table.contains("values"))
      read_values(*table.get("values"), axis);
    else
      read_range(*table.get("range"), axis);
    plan_.axes.push_back(std::move(axis));
  }
  void read_values(const toml::node& node, Axis& axis) {
    const toml::array* const list = node.as_array();
    if (!list || list->empty()) return wrong(node, "values", "must be a list that is not empty");
    for (const toml::node& entry : *list) {
      std::vector<Value> row;
      if (axis.keys.size() == 1) {
        row.push_back({text_of(entry), number_in(entry)});
      } else if (const toml::array* const values = entry.as_array();
                 values && values->size() == axis.keys.size()) {
        for (const toml::node& value : *values) row.push_back({text_of(value), number_in(value)});
      } else {
        return wrong(
            entry, "values",
            fmt::format("must have a list of {} values for each place: of {}", axis.keys.size(), axis.name));
      }
      axis.rows.push_back(std::move(row));
    }
  }
  void read_range(const toml::node& node, Axis& axis) {
    const toml::table* const range = node.as_table();
    if (!range || axis.keys.size() != 1)
      return wrong(node, "range", "must be {from, to, step} or {from, to, times}, of one key");
    allow(*range, "a range", {"from", "to", "step", "times"});
    const std::uint64_t from = whole(*range, "from", 0), to = whole(*range, "to", 0);
    const std::uint64_t step = whole(*range, "step", 0), times = whole(*range, "times", 0);
    if (!range->contains("from") || to < from || (step > 0) == (times > 1) || (times && !from))
      return wrong(node, "range",
                   "must go from a number up to another, in steps of 1 or more or times 2 or more");
    for (std::uint64_t value = from; value <= to;
         value = times ? saturating_product(value, times) : value + step) {
      axis.rows.push_back({{std::to_string(value), static_cast<double>(value)}});
      if (axis.rows.size() > kMostValues)
        return wrong(node, "range", fmt::format("has more than {} values", kMostValues));
    }
  }

  void read_settings(const toml::table& root) {
    const toml::node* const node = root.get("set");
    if (!node) return;
    if (!node->is_table()) return wrong(*node, "set", "must be a table: [set]");
    add_settings(*node->as_table(), "");
  }
  // "data_cache.bytes" = 1, and data_cache.bytes = 1, which is a table in it.
  void add_settings(const toml::table& table, const std::string& before) {
    for (const auto& [key, node] : table) {
      const std::string name = before + std::string(key.str());
      if (node.is_table()) {
        add_settings(*node.as_table(), name + ".");
        continue;
      }
      know_key(node, "set", name);
      Setting setting{name, Value{text_of(node), number_in(node)}, line_of(node)};
      if (const auto text = node.value_exact<std::string>())
        if (auto parsed = expression(node, name, *text)) {
          check_names(node, name, *parsed);
          setting.value = std::move(*parsed);
        }
      plan_.settings.push_back(std::move(setting));
    }
  }

  // ---- expressions ----

  void check_names(const toml::node& node, std::string_view key, const Expression& parsed) {
    for (const std::string& name : parsed.names())
      if (!is_design_number(name))
        wrong(node, key,
              fmt::format("has '{}', which is not a key of a design; {}", name, known_keys_like(name)));
  }
  void add_condition(const toml::node& node, Expression parsed) {
    check_names(node, "where", parsed);
    plan_.conditions.push_back({std::move(parsed), line_of(node)});
  }

  void read_objective(const toml::table& table) {
    allow(table, "an objective", {"name", "formula", "unit", "goal"});
    const std::string name = text(table, "name"), goal = text(table, "goal");
    if (name.empty()) return wrong(table, "objectives", "must each have a name");
    if (table.contains("goal") && goal != "least" && goal != "most")
      wrong(*table.get("goal"), "goal", "must be \"least\" or \"most\"");
    const std::string formula = table.contains("formula") ? text(table, "formula") : name;
    auto parsed = expression(table, "formula", formula);
    if (!parsed) return;
    for (const std::string& word : parsed->names())
      if (!is_objective_name(word, plan_.objectives))
        wrong(table, "formula",
              fmt::format(
                  "has '{}', which is no counter, no key of a design and no objective before it; there are "
                  "time, energy, {}",
                  word, counters_like(word)));
    for (const Objective& other : plan_.objectives)
      if (other.name == name) wrong(table, "name", fmt::format("'{}' is another objective's, too", name));
    const std::string unit = text(table, "unit");
    plan_.objectives.push_back(
        {name, unit.empty() ? std::string(unit_of(name)) : unit, std::move(*parsed), goal == "most"});
  }

  void finish(const toml::table& root) {
    if (plan_.workloads.empty())
      wrong(root, "workloads", "are missing: [[workloads]] with a capture or a command");
    if (plan_.designs.empty()) wrong(root, "designs", "are missing: a name, a file or a list of some");
    if (plan_.objectives.empty())
      plan_.objectives.push_back({"time", std::string(unit_of("time")), *Expression::parse("time"), false});
  }

  Plan plan_;
  std::set<std::string> swept_;
  std::string problem_;
};

}  // namespace

std::string Axis::label(std::size_t row) const {
  std::string out;
  for (const Value& value : rows[row]) out += (out.empty() ? "" : " ") + value.text;
  return out;
}

Result<Plan> parse_plan(std::string_view text, const fs::path& file) {
  try {
    return PlanParser(file).parse(toml::parse(text, file.string()));
  } catch (const toml::parse_error& error) {
    return Error{Errc::kInvalidArgument,
                 fmt::format("{}:{}: {}", file.string(), error.source().begin.line, error.description())};
  }
}

Result<Plan> load_plan(const fs::path& file) {
  const auto text = read_text_file(file);
  return text ? parse_plan(*text, fs::absolute(file)) : Result<Plan>(text.error());
}

}  // namespace kiesel::sweep
