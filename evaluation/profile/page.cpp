// The report's page: its parts are page/, its numbers profile.json.
#include "evaluation/page.hpp"

#include "evaluation/profile/compare.hpp"
#include "evaluation/profile/report.hpp"

namespace kiesel::profile {
namespace parts {
extern const unsigned char kPage[], kStyle[], kScript[];
}

namespace {

std::string page_with(std::string kind, const nlohmann::ordered_json& data) {
  return filled_page({parts::kPage, parts::kStyle, parts::kScript}, data, {"kind", std::move(kind)});
}

}  // namespace

std::string page_of(const nlohmann::ordered_json& profile) { return page_with("profile", profile); }

std::string comparison_page(const nlohmann::ordered_json& comparison) {
  return page_with("comparison", comparison);
}

}  // namespace kiesel::profile
