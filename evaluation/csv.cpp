#include "evaluation/csv.hpp"

#include <nlohmann/json.hpp>

namespace kiesel {
namespace {

using nlohmann::ordered_json;

std::string field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

std::string text_of(const ordered_json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return {};
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace

void CsvTable::add(const std::vector<std::string>& row) {
  for (std::size_t i = 0; i < row.size(); ++i) text_ += (i ? "," : "") + field(row[i]);
  text_ += "\r\n";
}

void CsvTable::add(const std::vector<ordered_json>& row) {
  std::vector<std::string> texts;
  for (const auto& value : row) texts.push_back(text_of(value));
  add(texts);
}

}  // namespace kiesel
