// Tables of comma-separated values, RFC 4180.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace kiesel {

class CsvTable {
 public:
  explicit CsvTable(const std::vector<std::string>& columns) { add(columns); }
  void add(const std::vector<std::string>& row);
  // Texts as they are, nothing for null, anything else as JSON has it.
  void add(const std::vector<nlohmann::ordered_json>& row);
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace kiesel
