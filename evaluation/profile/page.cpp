// One page that needs no network: its parts are page/, its numbers profile.json.
#include <array>
#include <nlohmann/json.hpp>

#include "evaluation/profile/compare.hpp"
#include "evaluation/profile/report.hpp"

namespace kiesel::profile {
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
  for (const char c : text) out += c == '<' ? std::string("\\u003c") : std::string(1, c);
  return out;
}

// The template with `${name}` replaced, each once.
std::string filled(std::string_view page,
                   const std::array<std::pair<std::string_view, std::string>, 4>& values) {
  std::string out;
  for (std::size_t at = 0; at < page.size();) {
    const auto begin = std::min(page.find("${", at), page.size());
    out += page.substr(at, begin - at);
    if (begin == page.size()) break;
    const auto end = page.find('}', begin);
    const auto name = page.substr(begin + 2, end - begin - 2);
    for (const auto& [key, value] : values)
      if (key == name) out += value;
    at = end + 1;
  }
  return out;
}

std::string page_with(std::string_view kind, const ordered_json& data) {
  return filled(text_of(parts::kPage), {{{"style", text_of(parts::kStyle)},
                                         {"script", text_of(parts::kScript)},
                                         {"kind", std::string(kind)},
                                         {"data", embedded(data)}}});
}

}  // namespace

std::string page_of(const ordered_json& profile) { return page_with("profile", profile); }

std::string comparison_page(const ordered_json& comparison) { return page_with("comparison", comparison); }

}  // namespace kiesel::profile
