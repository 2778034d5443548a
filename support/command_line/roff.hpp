// Text for manual pages: what roff would take for a command of its own is escaped.
#pragma once

#include <string>
#include <string_view>

namespace kiesel::command_line {

std::string roff(std::string_view text);
std::string bold(std::string_view text);
std::string italic(std::string_view text);
std::string page_title(std::string_view name, int section, std::string_view version);
std::string heading(std::string_view text);
std::string term(std::string_view formatted, std::string_view text);  // `formatted` is roff already
// Paragraphs with empty lines between them; lines that begin with four spaces stay as they are.
std::string paragraphs(std::string_view text);

}  // namespace kiesel::command_line
