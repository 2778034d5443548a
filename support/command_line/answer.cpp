#include "support/command_line/answer.hpp"

#include <string>
#include <vector>

#include "support/command_line/complete.hpp"

namespace kiesel::command_line {

std::optional<std::string> answer(const CLI::App& app, std::string_view program, std::string_view version,
                                  std::span<const Section> sections, std::span<const char* const> arguments) {
  const std::vector<std::string> words(arguments.begin(), arguments.end());
  if (words.size() < 2) return {};
  if (words[1] == "--complete") return to_lines(complete(app, std::span(words).subspan(2)));
  if (words[1] == "--manual" && words.size() == 2) return manual_page(app, program, version, sections);
  return {};
}

}  // namespace kiesel::command_line
