#include "conformance/cts/test_list.hpp"

#include <sstream>

namespace kiesel::conformance {
namespace {

constexpr std::string_view kSpaces = " \t\r";

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kSpaces);
  if (first == text.npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(kSpaces) - first + 1));
}

std::vector<std::string> fields(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> list;
  for (std::string field; std::getline(stream, field, ',');) list.push_back(trimmed(field));
  return list;
}

ListRow row_of(const std::string& name, const std::string& command) {
  std::istringstream stream(command);
  ListRow row{name, {}, {}};
  stream >> row.program;
  for (std::string word; stream >> word;) row.arguments.push_back(word);
  return row;
}

}  // namespace

std::vector<ListRow> parse_list(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::vector<ListRow> rows;
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with('#')) continue;
    // Two fields: any device's.
    if (const auto list = fields(line); list.size() == 2 && !list[1].empty())
      rows.push_back(row_of(list[0], list[1]));
  }
  return rows;
}

}  // namespace kiesel::conformance
