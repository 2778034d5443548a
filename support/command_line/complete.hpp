// What may follow the words that somebody has typed, from what the parser knows. Shells ask by
// `PROGRAM --complete WORD...` (packaging/completion).
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <vector>

namespace kiesel::command_line {

struct Candidate {
  std::string text, description;
};

struct Completion {
  std::vector<Candidate> candidates;
  bool files = false;  // names of files fit, too
};

// `words`: what follows the program's name; the last one is being typed and may be empty.
Completion complete(const CLI::App& app, std::span<const std::string> words);

// One candidate a line, a tab before its description; ":files" where files fit.
std::string to_lines(const Completion& completion);

}  // namespace kiesel::command_line
