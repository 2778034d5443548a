#include "evaluation/profile/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "evaluation/profile/report.hpp"
#include "support/file.hpp"

namespace kiesel::profile {
namespace {

using nlohmann::ordered_json;

struct Profile {
  std::map<std::string, const ordered_json*> kernels;  // by name; further ones of a name have a number
  double weight = 0;                                   // of all of them
};

double weight_of(const ordered_json& kernel) {
  return kernel.value("device_ns", kernel.value("host_ns", 0.0));
}

Profile profile_of(const ordered_json& json) {
  Profile out;
  for (const auto& kernel : json.at("kernels")) {
    std::string name = kernel.at("name");
    for (int again = 2; out.kernels.contains(name); ++again)
      name = fmt::format("{} ({})", kernel.at("name").get<std::string>(), again);
    out.kernels[name] = &kernel;
    out.weight += weight_of(kernel);
  }
  return out;
}

// What is compared: figures, then counters.
struct Quantity {
  std::string group, id, name, unit, better;
};

std::vector<Quantity> quantities_of(const ordered_json& profile) {
  std::vector<Quantity> all;
  for (const auto& figure : profile.at("figures"))
    all.push_back({"figures", figure.at("id"), figure.at("name"), figure.at("unit"), figure.at("better")});
  for (const auto& counter : profile.at("counters"))
    all.push_back({"counters", counter.at("id"), counter.at("name"), counter.at("unit"), "neither"});
  return all;
}

ordered_json value_in(const Profile& profile, const std::string& kernel, const Quantity& quantity) {
  const auto found = profile.kernels.find(kernel);
  if (found == profile.kernels.end() || !found->second->contains(quantity.group)) return nullptr;
  return found->second->at(quantity.group).value(quantity.id, ordered_json());
}

// How far a value is from the first one, by how much of the time the kernel is: what differences are ranked
// by.
double importance(double first, double other, double share) {
  if (first == other) return 0;
  constexpr double kFar = 4;  // as is one that is 16 times as large
  const double far = first > 0 && other > 0 ? std::min(kFar, std::abs(std::log2(other / first))) : kFar;
  return far * (0.05 + share);
}

std::string verdict_of(const std::string& better, double first, double other) {
  if (better == "neither") return "changed";
  return (better == "higher") == (other > first) ? "better" : "worse";
}

double share_of(const std::vector<Profile>& profiles, const std::string& kernel) {
  double share = 0;
  for (const Profile& profile : profiles)
    if (const auto found = profile.kernels.find(kernel); found != profile.kernels.end() && profile.weight > 0)
      share = std::max(share, weight_of(*found->second) / profile.weight);
  return share;
}

// None where the profiles agree, or only one of them has it; nor of figures that are neither good nor bad.
std::optional<ordered_json> difference_of(const std::vector<Profile>& profiles, const std::string& kernel,
                                          const Quantity& quantity) {
  auto values = ordered_json::array();
  for (const Profile& profile : profiles) values.push_back(value_in(profile, kernel, quantity));
  if (!values[0].is_number() || (quantity.group == "figures" && quantity.better == "neither"))
    return std::nullopt;
  const double first = values[0], share = share_of(profiles, kernel);
  double rank = 0, furthest = first;
  for (const auto& value : values) {
    if (!value.is_number()) continue;
    const double own = importance(first, value, share);
    if (own > rank) rank = own, furthest = value;
  }
  if (rank == 0) return std::nullopt;
  ordered_json out{{"kernel", kernel},      {"group", quantity.group},
                   {"id", quantity.id},     {"name", quantity.name},
                   {"unit", quantity.unit}, {"values", std::move(values)},
                   {"rank", rank},          {"verdict", verdict_of(quantity.better, first, furthest)}};
  out["change_percent"] = first != 0 ? ordered_json(100 * (furthest / first - 1)) : ordered_json();
  return out;
}

ordered_json side_by_side(const std::vector<Profile>& profiles, const std::string& kernel,
                          const std::vector<Quantity>& quantities) {
  auto there = ordered_json::array(), rows = ordered_json::array();
  for (const Profile& profile : profiles) {
    const auto found = profile.kernels.find(kernel);
    there.push_back(found == profile.kernels.end() ? ordered_json() : found->second->at("launches"));
  }
  for (const Quantity& quantity : quantities) {
    auto values = ordered_json::array();
    for (const Profile& profile : profiles) values.push_back(value_in(profile, kernel, quantity));
    if (std::ranges::any_of(values, [](const auto& value) { return value.is_number(); }))
      rows.push_back({{"name", quantity.name},
                      {"unit", quantity.unit},
                      {"better", quantity.better},
                      {"values", values}});
  }
  return {{"name", kernel}, {"launches", there}, {"share", share_of(profiles, kernel)}, {"rows", rows}};
}

// As far as it is needed here: what is missing would throw later.
Status check(const ordered_json& profile, const std::string& name) {
  if (!profile.is_object() || profile.value("format", "") != "kiesel-profile")
    return Error{Errc::kInvalidBinary, fmt::format("{} is no profile", name)};
  if (profile.value("version", 0) != kFormatVersion)
    return Error{Errc::kInvalidBinary,
                 fmt::format("{} has another version of the format than {}", name, kFormatVersion)};
  const std::vector<std::pair<std::string, ordered_json>> alone{{name, profile}};
  (void)compare(alone);
  return {};
}

std::string short_number(const ordered_json& value) {
  return value.is_number() ? fmt::format("{:.6g}", value.get<double>()) : std::string("-");
}

}  // namespace

Result<ordered_json> read_profile(const std::filesystem::path& path) try {
  std::error_code error;
  const auto file = std::filesystem::is_directory(path, error) ? path / "profile.json" : path;
  const auto text = read_text_file(file);
  if (!text) return text.error();
  auto profile = ordered_json::parse(*text);
  if (auto good = check(profile, file.string()); !good) return good.error();
  return profile;
} catch (const nlohmann::json::exception& error) {
  return Error{Errc::kInvalidBinary, fmt::format("{} is no profile: {}", path.string(), error.what())};
}

ordered_json compare(const std::vector<std::pair<std::string, ordered_json>>& profiles) {
  std::vector<Profile> all;
  auto heads = ordered_json::array(), differences = ordered_json::array(), kernels = ordered_json::array();
  std::vector<std::string> names;
  for (const auto& [name, json] : profiles) {
    all.push_back(profile_of(json));
    heads.push_back({{"name", name}, {"subject", json.at("subject")}, {"accuracy", json.at("accuracy")}});
    for (const auto& [kernel, _] : all.back().kernels)
      if (std::ranges::find(names, kernel) == names.end()) names.push_back(kernel);
  }
  std::ranges::stable_sort(names, std::greater(), [&](const auto& name) { return share_of(all, name); });
  const auto quantities = quantities_of(profiles.front().second);
  for (const auto& kernel : names) {
    kernels.push_back(side_by_side(all, kernel, quantities));
    for (const Quantity& quantity : quantities)
      if (auto difference = difference_of(all, kernel, quantity))
        differences.push_back(std::move(*difference));
  }
  std::stable_sort(differences.begin(), differences.end(), [](const ordered_json& a, const ordered_json& b) {
    return a["rank"].get<double>() > b["rank"].get<double>();
  });
  return {{"format", "kiesel-comparison"},
          {"version", kFormatVersion},
          {"profiles", std::move(heads)},
          {"differences", std::move(differences)},
          {"kernels", std::move(kernels)}};
}

std::string comparison_text(const ordered_json& comparison, std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i < comparison["profiles"].size(); ++i)
    out += fmt::format("{}: {} ({})\n", i + 1, comparison["profiles"][i]["name"].get<std::string>(),
                       comparison["profiles"][i]["accuracy"].get<std::string>());
  const auto& differences = comparison["differences"];
  if (differences.empty()) return out + "no differences\n";
  out += fmt::format("\n{:<24}  {:<26}  {:>9}  {:<8}  values\n", "kernel", "what", "change", "");
  for (std::size_t i = 0; i < std::min(most, differences.size()); ++i) {
    const auto& row = differences[i];
    std::string values;
    for (const auto& value : row["values"]) values += (values.empty() ? "" : " -> ") + short_number(value);
    out += fmt::format("{:<24}  {:<26}  {:>9}  {:<8}  {} {}\n", row["kernel"].get<std::string>(),
                       row["name"].get<std::string>(),
                       row["change_percent"].is_number()
                           ? fmt::format("{:+.1f} %", row["change_percent"].get<double>())
                           : std::string("new"),
                       row["verdict"].get<std::string>(), values, row["unit"].get<std::string>());
  }
  if (differences.size() > most) out += fmt::format("and {} smaller ones\n", differences.size() - most);
  return out;
}

}  // namespace kiesel::profile
