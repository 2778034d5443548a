#include "evaluation/sweep/points.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <map>
#include <random>
#include <sstream>

#include "evaluation/sweep/names.hpp"
#include "support/checked.hpp"

namespace kiesel::sweep {
namespace {

// A named design, and what it is without the axes.
struct Base {
  toml::table table;
  model::Configuration configuration;
};

Result<Base> base_of(const std::string& name) {
  const auto text = model::configuration_source(name);
  if (!text) return text.error();
  auto configuration = model::parse_configuration(*text, name);
  if (!configuration) return configuration.error();
  return Base{toml::parse(*text), std::move(*configuration)};
}

void put(toml::table& table, std::string_view key, const std::string& value) {
  toml::table parsed = toml::parse("value = " + value);
  const auto dot = key.find('.');
  toml::table* into = &table;
  if (dot != std::string_view::npos)
    into = table.insert(key.substr(0, dot), toml::table()).first->second.as_table();
  if (into)
    into->insert_or_assign(key.substr(dot == std::string_view::npos ? 0 : dot + 1), *parsed.get("value"));
}

using Numbers = std::map<std::string, double, std::less<>>;

class Maker {
 public:
  Maker(const Plan& plan, const std::vector<Base>& bases) : plan_(plan), bases_(bases) {}

  // Nothing where it is left out.
  Result<std::optional<Point>> make(std::uint64_t number, Points& told) const {
    Point point;
    point.number = number;
    point.at.resize(plan_.axes.size());
    for (std::size_t i = plan_.axes.size(); i-- > 0; number /= plan_.axes[i].rows.size())
      point.at[i] = number % plan_.axes[i].rows.size();
    point.design = number;
    const Base& base = bases_[point.design];
    toml::table table = base.table;
    Numbers set;
    for (std::size_t i = 0; i < plan_.axes.size(); ++i) apply(plan_.axes[i], point.at[i], table, set);
    if (auto problem = apply_settings(base, table, set)) return *problem;
    std::ostringstream text;
    text << table << "\n";
    point.text = text.str();
    point.as_named = table == base.table;
    auto parsed = model::parse_configuration(point.text, "");
    const auto& known = parsed ? *parsed : base.configuration;
    const auto wanted = fits(set, known);
    if (!wanted) return wanted.error();
    if (!*wanted) return ++told.excluded, std::optional<Point>();
    if (!parsed && plan_.skip_invalid) return ++told.invalid, std::optional<Point>();
    if (!parsed) return no_design(point, parsed.error().reason);
    if (wants_energy() && !parsed->design.has_energy)
      return wrong(
          1,
          fmt::format("the objectives have the energy, for which the design of point {} ({}) has no table: "
                      "[energy], docs/designs.md",
                      point.number, point.name(plan_)));
    point.configuration = std::move(*parsed);
    return std::optional<Point>(std::move(point));
  }

 private:
  static void apply(const Axis& axis, std::size_t row, toml::table& table, Numbers& set) {
    for (std::size_t i = 0; i < axis.keys.size(); ++i) {
      const Value& value = axis.rows[row][i];
      put(table, axis.keys[i], value.text);
      if (value.number) set[axis.keys[i]] = *value.number;
    }
  }
  // What is not set by the plan is what the design has.
  static Expression::ValueOf values(const Numbers& set, const model::Configuration& known) {
    return [&](std::string_view name) -> std::optional<double> {
      if (const auto found = set.find(name); found != set.end()) return found->second;
      const auto number = model::number_of(known, name);
      return number ? std::optional(static_cast<double>(*number)) : std::nullopt;
    };
  }
  Error wrong(unsigned line, std::string_view what) const {
    return {Errc::kInvalidArgument, fmt::format("{}:{}: {}", plan_.file.string(), line, what)};
  }

  std::optional<Error> apply_settings(const Base& base, toml::table& table, Numbers& set) const {
    for (const Setting& setting : plan_.settings) {
      if (const auto* value = std::get_if<Value>(&setting.value)) {
        put(table, setting.key, value->text);
        if (value->number) set[setting.key] = *value->number;
        continue;
      }
      const auto number = std::get<Expression>(setting.value).evaluate(values(set, base.configuration));
      if (!number) return wrong(setting.line, number.error().reason);
      if (!(*number >= 0 && *number < 1e15)) return wrong(setting.line, setting.key + " must be 0 or more");
      set[setting.key] = static_cast<double>(static_cast<std::int64_t>(*number));
      put(table, setting.key, std::to_string(static_cast<std::int64_t>(*number)));
    }
    return std::nullopt;
  }

  bool wants_energy() const {
    return std::ranges::any_of(plan_.objectives, [](const Objective& objective) {
      return std::ranges::find(objective.formula.names(), "energy") != objective.formula.names().end();
    });
  }

  Result<bool> fits(const Numbers& set, const model::Configuration& known) const {
    for (const Condition& condition : plan_.conditions) {
      const auto value = condition.expression.evaluate(values(set, known));
      if (!value) return wrong(condition.line, value.error().reason);
      if (*value == 0) return false;
    }
    return true;
  }

  // What is wrong names a key, behind the line of the point's own text; the plan's line is of who sets it.
  Error no_design(const Point& point, std::string_view reason) const {
    if (const auto start = reason.find(": "); start != std::string_view::npos)
      reason.remove_prefix(start + 2);
    const std::string_view key = reason.substr(0, reason.find(' '));
    unsigned line = plan_.axes.empty() ? 1 : plan_.axes.front().line;
    for (const Axis& axis : plan_.axes)
      if (std::ranges::find(axis.keys, key) != axis.keys.end()) line = axis.line;
    for (const Setting& setting : plan_.settings)
      if (setting.key == key) line = setting.line;
    return wrong(
        line, fmt::format("point {} ({}) is no design: {}; conditions (where) or skip_invalid leave it out",
                          point.number, point.name(plan_), reason));
  }

  const Plan& plan_;
  const std::vector<Base>& bases_;
};

// The same choice on every computer, whatever its library.
void choose(std::vector<Point>& points, std::uint64_t count, std::uint64_t seed) {
  if (count == 0 || count >= points.size()) return;
  std::mt19937_64 chance(seed);
  for (std::size_t i = 0; i < count; ++i) std::swap(points[i], points[i + chance() % (points.size() - i)]);
  points.resize(count);
  std::ranges::sort(points, {}, &Point::number);
}

}  // namespace

std::string Point::name(const Plan& plan) const {
  std::string out = plan.designs[design];
  for (std::size_t i = 0; i < at.size(); ++i)
    out += fmt::format(", {} = {}", plan.axes[i].name, plan.axes[i].label(at[i]));
  return out;
}

std::uint64_t combinations(const Plan& plan) {
  std::uint64_t count = plan.designs.size();
  for (const Axis& axis : plan.axes) count = saturating_product(count, std::uint64_t{axis.rows.size()});
  return count;
}

Result<Points> make_points(const Plan& plan) {
  std::vector<Base> bases;
  for (const std::string& name : plan.designs) {
    auto base = base_of(name);
    if (!base) return base.error();
    bases.push_back(std::move(*base));
  }
  Points out;
  out.combinations = combinations(plan);
  const Maker maker(plan, bases);
  for (std::uint64_t i = 0; i < out.combinations; ++i) {
    auto point = maker.make(i, out);
    if (!point) return point.error();
    if (*point) out.points.push_back(std::move(**point));
  }
  choose(out.points, plan.sample, plan.seed);
  return out;
}

}  // namespace kiesel::sweep
