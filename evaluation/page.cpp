#include "evaluation/page.hpp"

#include <algorithm>
#include <array>

namespace kiesel {
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

PageValue refresh_value(unsigned seconds) {
  return {"refresh",
          seconds ? "<meta http-equiv=\"refresh\" content=\"" + std::to_string(seconds) + "\">" : ""};
}

std::string filled_page(const PageParts& parts, const ordered_json& data, PageValue value) {
  const std::array<PageValue, 4> values{{{"style", text_of(parts.style)},
                                         {"script", text_of(parts.script)},
                                         {"data", embedded(data)},
                                         std::move(value)}};
  const std::string page = text_of(parts.page);
  std::string out;
  for (std::size_t at = 0; at < page.size();) {
    const auto begin = std::min(page.find("${", at), page.size());
    out.append(page, at, begin - at);
    if (begin == page.size()) break;
    const auto end = page.find('}', begin);
    const std::string_view name(page.data() + begin + 2, end - begin - 2);
    for (const PageValue& known : values)
      if (known.name == name) out += known.text;
    at = end + 1;
  }
  return out;
}

}  // namespace kiesel
