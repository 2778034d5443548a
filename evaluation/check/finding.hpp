// One finding, as a check writes it into the log of its process and a report reads it.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "evaluation/check/kinds.hpp"

namespace kiesel::check {

// An instruction of a program.
struct Place {
  std::string program;        // its name in the log's folder
  std::uint64_t address = 0;  // in its file
  std::string instruction;    // as text
  // What a report adds, where the program was built with -g.
  std::string file, text;
  std::uint32_t line = 0, column = 0;  // 0: not known

  bool operator<(const Place& other) const;
  bool operator==(const Place& other) const;
};

// What one work-item did.
struct Deed {
  Place place;
  std::string what;  // "store of 4 bytes"
  std::string who;   // "work-item (3, 0, 0) of work-group (1, 0, 0)"
};

struct Finding {
  Kind kind = Kind::kOutside;
  std::string kernel;
  std::uint64_t launch = 0;  // number of the first one
  Deed deed;
  std::optional<Deed> other;  // of races: the one before; of values: where it was read first
  std::string what;           // the sentence
  std::string object;         // which allocation, and where it was made; may be empty
  std::string name;           // of that allocation: findings about different ones are different
  std::uint64_t count = 1;
};

// Of findings with the same cause.
bool same_cause(const Finding& a, const Finding& b);

nlohmann::ordered_json to_json(const Finding& finding);
// kInvalidBinary for what is none.
Result<Finding> finding_from(const nlohmann::json& json);

}  // namespace kiesel::check
