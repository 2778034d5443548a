// A page that needs no network: a template with its style, its script and its data in one file.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

namespace kiesel {

// Text of page/page.html, style.css and script.js of a folder, each with a zero at its end.
struct PageParts {
  const unsigned char *page, *style, *script;
};

// What stands for `${name}` in the template, beside ${style}, ${script} and ${data}.
struct PageValue {
  std::string_view name;
  std::string text;
};

// ${refresh}: seconds after which a browser loads the page again; 0: it does not.
PageValue refresh_value(unsigned seconds);

std::string filled_page(const PageParts& parts, const nlohmann::ordered_json& data, PageValue value);

}  // namespace kiesel
