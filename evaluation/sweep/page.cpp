// One page that needs no network: its parts are page/, its numbers sweep.json without counters.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "evaluation/sweep/report.hpp"

namespace kiesel::sweep {
namespace parts {
extern const unsigned char kPage[], kStyle[], kScript[];
}

namespace {

using nlohmann::ordered_json;

std::string text_of(const unsigned char* part) { return reinterpret_cast<const char*>(part); }

// JSON inside of an HTML element: nothing in it ends the element.
std::string embedded(const ordered_json& value) {
  const std::string text = value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  std::string out;
  out.reserve(text.size());
  for (const char c : text) c == '<' ? out += "\\u003c" : out += c;
  return out;
}

}  // namespace

std::string page_of(const ordered_json& description, unsigned refresh) {
  const std::array<std::pair<std::string_view, std::string>, 4> values{
      {{"${style}", text_of(parts::kStyle)},
       {"${script}", text_of(parts::kScript)},
       {"${refresh}", refresh ? fmt::format("<meta http-equiv=\"refresh\" content=\"{}\">", refresh) : ""},
       {"${data}", embedded(description)}}};
  std::string out;
  std::string_view rest;
  const std::string page = text_of(parts::kPage);
  for (rest = page; !rest.empty();) {
    const auto at = std::min(rest.find("${"), rest.size());
    out += rest.substr(0, at);
    rest.remove_prefix(at);
    for (const auto& [mark, value] : values)
      if (rest.starts_with(mark)) out += value;
    if (!rest.empty()) rest.remove_prefix(rest.find('}') + 1);
  }
  return out;
}

}  // namespace kiesel::sweep
