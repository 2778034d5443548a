// A suite of `kiesel score`: programs that check their results, each in some sizes, from a file of TOML
// (docs/score.md).
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "evaluation/sweep/plan.hpp"

namespace kiesel::score {

inline constexpr std::string_view kSizes[] = {"small", "medium", "large"};

struct Entry {
  std::string name, about, field;  // "AI"
  std::vector<std::string> command;
  std::map<std::string, std::vector<std::string>, std::less<>> sizes;  // words behind the command
  std::vector<std::string> packages;                                   // of Debian, that it needs
};

struct Suite {
  std::filesystem::path file;  // commands run in its folder
  std::string title;
  std::vector<Entry> entries;  // at least one; each with all sizes
};

// kInvalidArgument with file, line, key and what is allowed.
Result<Suite> parse_suite(std::string_view text, const std::filesystem::path& file);
Result<Suite> load_suite(const std::filesystem::path& file);

// Those whose name one of the patterns fits, as of file names; none: all. kNotFound for a pattern that fits
// nothing.
Result<Suite> chosen(Suite suite, const std::vector<std::string>& patterns);

// Each workload on each design.
sweep::Plan plan_of(const Suite& suite, std::string_view size, std::vector<std::string> designs,
                    bool sample_time);

}  // namespace kiesel::score
