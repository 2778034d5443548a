#include "evaluation/score/suite.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>
#include <toml++/toml.h>

#include <algorithm>
#include <set>

#include "support/file.hpp"

namespace kiesel::score {
namespace {

namespace fs = std::filesystem;

class SuiteParser {
 public:
  explicit SuiteParser(const fs::path& file) { suite_.file = file; }

  Result<Suite> parse(const toml::table& root) {
    allow(root, "a suite", {"title", "workloads"});
    suite_.title = text(root, "title");
    const toml::array* const workloads = root["workloads"].as_array();
    if (!workloads || workloads->empty() || !workloads->is_array_of_tables())
      wrong(root, "workloads", "are missing: [[workloads]]");
    else
      for (const auto& node : *workloads) read_entry(*node.as_table());
    if (!problem_.empty()) return Error{Errc::kInvalidArgument, problem_};
    return std::move(suite_);
  }

 private:
  // The first problem is told.
  void wrong(const toml::node& node, std::string_view key, std::string_view what) {
    if (problem_.empty())
      problem_ = fmt::format("{}:{}: {} {}", suite_.file.string(), std::max(node.source().begin.line, 1U),
                             key, what);
  }
  void allow(const toml::table& table, std::string_view of, std::vector<std::string_view> keys) {
    for (const auto& [key, node] : table)
      if (std::ranges::find(keys, key.str()) == keys.end())
        wrong(node, key.str(), fmt::format("is not a key of {}; there are {}", of, fmt::join(keys, ", ")));
  }

  std::string text(const toml::table& table, std::string_view key) {
    const auto value = table[key].value_exact<std::string>();
    if (!value || value->empty()) wrong(table, key, "must be a text");
    return value.value_or("");
  }
  std::vector<std::string> words(const toml::table& table, std::string_view key) {
    std::vector<std::string> out;
    const toml::array* const list = table[key].as_array();
    if (!list || list->empty()) wrong(table, key, "must be a list of texts");
    for (std::size_t i = 0; list && i < list->size(); ++i)
      if (const auto word = (*list)[i].value_exact<std::string>())
        out.push_back(*word);
      else
        wrong((*list)[i], key, "must be a list of texts");
    return out;
  }

  void read_entry(const toml::table& table) {
    allow(table, "a workload", {"name", "about", "field", "command", "small", "medium", "large", "packages"});
    Entry entry{
        text(table, "name"), text(table, "about"), text(table, "field"), words(table, "command"), {}, {}};
    for (const auto size : kSizes) entry.sizes.emplace(size, words(table, size));
    if (table.contains("packages")) entry.packages = words(table, "packages");
    if (!names_.insert(entry.name).second)
      wrong(table, "name", fmt::format("'{}' is another workload's, too", entry.name));
    suite_.entries.push_back(std::move(entry));
  }

  Suite suite_;
  std::set<std::string> names_;
  std::string problem_;
};

}  // namespace

Result<Suite> parse_suite(std::string_view text, const fs::path& file) {
  try {
    return SuiteParser(file).parse(toml::parse(text, file.string()));
  } catch (const toml::parse_error& error) {
    return Error{Errc::kInvalidArgument,
                 fmt::format("{}:{}: {}", file.string(), error.source().begin.line, error.description())};
  }
}

Result<Suite> load_suite(const fs::path& file) {
  const auto text = read_text_file(file);
  return text ? parse_suite(*text, fs::absolute(file)) : Result<Suite>(text.error());
}

Result<Suite> chosen(Suite suite, const std::vector<std::string>& patterns) {
  const auto fits = [](const std::string& pattern, const Entry& entry) {
    return ::fnmatch(pattern.c_str(), entry.name.c_str(), 0) == 0;
  };
  for (const auto& pattern : patterns)
    if (std::ranges::none_of(suite.entries, [&](const Entry& entry) { return fits(pattern, entry); }))
      return Error{Errc::kNotFound, fmt::format("no workload is called '{}'", pattern)};
  if (!patterns.empty())
    std::erase_if(suite.entries, [&](const Entry& entry) {
      return std::ranges::none_of(patterns, [&](const auto& pattern) { return fits(pattern, entry); });
    });
  return suite;
}

sweep::Plan plan_of(const Suite& suite, std::string_view size, std::vector<std::string> designs,
                    bool sample_time) {
  sweep::Plan plan;
  plan.file = suite.file;
  plan.title = suite.title;
  plan.designs = std::move(designs);
  plan.objectives.push_back({"time", "s", *sweep::Expression::parse("time"), false});
  plan.sample_time = sample_time;
  for (const Entry& entry : suite.entries) {
    sweep::Workload workload{entry.name, {}, entry.command, {}};
    const auto& words = entry.sizes.find(size)->second;
    workload.command.insert(workload.command.end(), words.begin(), words.end());
    plan.workloads.push_back(std::move(workload));
  }
  return plan;
}

}  // namespace kiesel::score
