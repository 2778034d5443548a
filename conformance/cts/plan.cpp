#include "conformance/cts/plan.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "conformance/cts/suites.hpp"
#include "conformance/cts/test_list.hpp"
#include "evaluation/jobs/process.hpp"
#include "support/file.hpp"

namespace kiesel::conformance {
namespace {

namespace fs = std::filesystem;
constexpr std::chrono::seconds kListLimit{60};

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> list;
  for (std::string word; stream >> word;) list.push_back(word);
  return list;
}

bool fits(std::string_view pattern, std::string_view name) {
  if (pattern.ends_with('*')) return name.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == name;
}

bool fits_one(const std::vector<std::string>& patterns, std::string_view name) {
  return patterns.empty() || std::ranges::any_of(patterns, [&](const auto& p) { return fits(p, name); });
}

std::map<std::string, fs::path> files_below(const fs::path& folder) {
  std::map<std::string, fs::path> found;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied, error), end;
       !error && it != end; it.increment(error))
    if (it->is_regular_file(error)) found.emplace(it->path().filename().string(), fs::absolute(it->path()));
  return found;
}

const Suite* suite_of(const std::string& binary) {
  const auto found = std::ranges::find(suites(), binary, &Suite::binary);
  return found == suites().end() ? nullptr : &*found;
}

class Planner {
 public:
  Planner(const Request& request, const Environment& environment)
      : request_(request), environment_(environment), files_(files_below(request.cts)) {}

  Result<std::vector<Job>> run() {
    if (std::ranges::none_of(suites(), [&](const auto& suite) { return !program(suite.binary).empty(); }))
      return Error{Errc::kNotFound,
                   fmt::format("there is no program of the OpenCL-CTS below '{}'", request_.cts.string())};
    if (request_.list.empty())
      add_table();
    else if (auto added = add_list(); !added)
      return added.error();
    if (jobs_.empty()) return Error{Errc::kNotFound, "no suite or sub-test has such a name"};
    return std::move(jobs_);
  }

 private:
  fs::path program(const std::string& name) const {
    const auto found = files_.find(name);
    return found != files_.end() && ::access(found->second.c_str(), X_OK) == 0 ? found->second : fs::path();
  }

  bool may_be_wanted(const std::string& suite) const {
    return request_.names.empty() || std::ranges::any_of(request_.names, [&](const std::string& name) {
             return fits(name.substr(0, name.find('/')), suite) || name.ends_with('*') || fits(name, suite);
           });
  }

  // "basic" asks for all of it, "basic/host*" for some.
  bool wanted(const std::string& suite, const std::string& sub_test) const {
    return request_.names.empty() || std::ranges::any_of(request_.names, [&](const std::string& name) {
             return fits(name, suite) || fits(name, suite + "/" + sub_test);
           });
  }

  void add(Job job) {
    if (wanted(job.suite, job.sub_test) || wanted(job.known_as, job.sub_test))
      jobs_.push_back(std::move(job));
  }

  void add_table() {
    for (const auto& suite : suites()) {
      const auto path = program(suite.binary);
      if (path.empty() || !may_be_wanted(suite.name)) continue;
      for (const auto& name : sub_tests(&suite, path))
        if (fits_one(words(suite.quick_names), name))
          add({suite.name, name, suite.name, path, command(&suite, name, words(suite.quick)),
               std::chrono::seconds(suite.seconds)});
    }
  }

  Status add_list() {
    const auto text = read_text_file(request_.list);
    if (!text) return text.error();
    for (const auto& row : parse_list(*text)) add_row(row);
    return {};
  }

  void add_row(const ListRow& row) {
    const auto binary = fs::path(row.program).filename().string();
    const auto* suite = suite_of(binary);
    const std::string known_as = suite ? suite->name : row.name;
    if (!may_be_wanted(row.name) && !may_be_wanted(known_as)) return;
    const auto path = program(binary);
    const auto names = path.empty() ? std::vector<std::string>() : sub_tests(suite, path);
    if (names.empty()) return add({row.name, binary, known_as, path, row.arguments, request_.limit, false});
    // Those that are no names are options.
    const auto is_name = [&](const std::string& word) {
      return std::ranges::any_of(names, [&](const auto& name) { return fits(word, name); });
    };
    std::vector<std::string> patterns, options;
    for (const auto& word : row.arguments) (is_name(word) ? patterns : options).push_back(word);
    for (const auto& name : names)
      if (fits_one(patterns, name))
        add({row.name, name, known_as, path, command(suite, name, options), request_.limit});
  }

  static std::vector<std::string> command(const Suite* suite, const std::string& name,
                                          const std::vector<std::string>& options) {
    auto list = suite ? words(suite->before) : std::vector<std::string>();
    if (suite && suite->names == Names::kConversions)
      for (auto& conversion : conversions_of(name)) list.push_back(std::move(conversion));
    else
      list.push_back(name);
    list.insert(list.end(), options.begin(), options.end());
    return list;
  }

  const std::vector<std::string>& sub_tests(const Suite* suite, const fs::path& path) {
    auto& names = names_[path.string()];
    if (names.empty())
      names = suite && suite->names == Names::kConversions ? conversion_pairs() : listed(path);
    return names;
  }

  // The harness prints one name a line behind a tab.
  std::vector<std::string> listed(const fs::path& path) const {
    const auto output = request_.folder / fmt::format("{}.list.txt", path.filename().string());
    jobs::run({path, {"--list"}, path.parent_path(), environment_, output, kListLimit});
    const auto text = read_text_file(output);
    std::vector<std::string> names;
    std::istringstream stream(text ? *text : "");
    for (std::string line; std::getline(stream, line);)
      if (line.starts_with('\t') && words(line).size() == 1) names.push_back(words(line).front());
    return names;
  }

  const Request& request_;
  const Environment& environment_;
  std::map<std::string, fs::path> files_;
  std::map<std::string, std::vector<std::string>> names_;  // of programs
  std::vector<Job> jobs_;
};

}  // namespace

Result<std::vector<Job>> plan(const Request& request, const Environment& environment) {
  return Planner(request, environment).run();
}

}  // namespace kiesel::conformance
