#include "compiler/files/include_names.hpp"

#include <algorithm>

namespace kiesel::compiler {
namespace {

constexpr std::string_view kBlank = " \t\v\f";
constexpr std::string_view kDirectives[] = {"include_next", "include", "import"};

void skip_blanks(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
}

bool skip(std::string_view& line, std::string_view word) {
  skip_blanks(line);
  if (!line.starts_with(word)) return false;
  line.remove_prefix(word.size());
  return true;
}

bool skip_directive(std::string_view& line) {
  if (!skip(line, "#")) return false;
  for (const auto directive : kDirectives)
    if (skip(line, directive)) return true;
  return false;
}

std::string_view name_in(std::string_view line) {
  if (!skip_directive(line)) return {};
  skip_blanks(line);
  if (line.empty() || (line[0] != '"' && line[0] != '<')) return {};
  const auto end = line.find(line[0] == '"' ? '"' : '>', 1);
  return end == line.npos ? std::string_view() : line.substr(1, end - 1);
}

}  // namespace

std::vector<std::string_view> included_names(std::string_view text) {
  std::vector<std::string_view> names;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    if (const auto name = name_in(text.substr(0, end)); !name.empty()) names.push_back(name);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return names;
}

}  // namespace kiesel::compiler
