#include "support/command_line/roff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <vector>

namespace kiesel::command_line {
namespace {

constexpr std::string_view kLiteral = "    ";

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::toupper(c); });
  return out;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace

std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool starts_line = out.empty() || out.back() == '\n';
    if (starts_line && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return out;
}

std::string bold(std::string_view text) { return "\\fB" + roff(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + roff(text) + "\\fR"; }

std::string page_title(std::string_view name, int section, std::string_view version) {
  return fmt::format(".TH {} {} \"\" \"kiesel {}\"\n", upper(name), section, version);
}

std::string heading(std::string_view text) { return fmt::format(".SH {}\n", upper(text)); }

std::string term(std::string_view formatted, std::string_view text) {
  return fmt::format(".TP\n{}\n{}\n", formatted, text.empty() ? "\\&" : roff(text));
}

std::string paragraphs(std::string_view text) {
  std::string out;
  bool literal = false;
  for (const auto line : lines_of(text)) {
    const bool wanted = line.starts_with(kLiteral);
    if (wanted != literal) out += wanted ? ".PP\n.nf\n" : ".fi\n";
    literal = wanted;
    if (!line.empty())
      out += roff(literal ? line.substr(kLiteral.size()) : line) + "\n";
    else if (!out.empty())
      out += ".PP\n";
  }
  return literal ? out + ".fi\n" : out;
}

}  // namespace kiesel::command_line
