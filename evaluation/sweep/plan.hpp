// What a sweep is to do: workloads, designs, axes and objectives, from a file of TOML (docs/sweep.md).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "evaluation/sweep/expression.hpp"
#include "support/result.hpp"

namespace kiesel::sweep {

// One value of a key of a design.
struct Value {
  std::string text;              // as TOML has it
  std::optional<double> number;  // truth is 1 and 0; none for a list
};

// Keys that change together: a row of values for each place on the axis.
struct Axis {
  std::string name;
  std::vector<std::string> keys;
  std::vector<std::vector<Value>> rows;
  unsigned line = 0;

  std::string label(std::size_t row) const;  // "4", "4 8"
};

// A key that every point has: a value, or one that follows from other keys.
struct Setting {
  std::string key;
  std::variant<Value, Expression> value;
  unsigned line = 0;
};

struct Condition {
  Expression expression;
  unsigned line = 0;
};

struct Objective {
  std::string name, unit;
  Expression formula;
  bool most = false;  // the largest is the best, else the smallest
};

// A capture, or a command that is recorded for each device that it can tell apart.
struct Workload {
  std::string name;
  std::filesystem::path capture;
  std::vector<std::string> command;
  std::vector<std::string> choice;  // flags of `kiesel replay` and `kiesel capture`: which launches
};

struct Plan {
  std::filesystem::path file;
  std::string title;
  std::vector<std::string> designs;  // names or files, at least one
  std::vector<Axis> axes;
  std::vector<Setting> settings;
  std::vector<Condition> conditions;
  std::vector<Objective> objectives;   // at least one
  std::vector<Workload> workloads;     // at least one
  std::uint64_t sample = 0, seed = 1;  // so many points, chosen by chance; 0: all
  bool sample_time = false;            // time a part of each workload (option sample)
  bool skip_invalid = false;           // leave out what is no design, instead of an error
};

// kInvalidArgument with file, line, key and what is allowed.
Result<Plan> parse_plan(std::string_view text, const std::filesystem::path& file);
Result<Plan> load_plan(const std::filesystem::path& file);

}  // namespace kiesel::sweep
