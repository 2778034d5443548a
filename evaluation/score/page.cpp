// The score's page: its parts are page/, its numbers score.json.
#include "evaluation/page.hpp"

#include "evaluation/score/score.hpp"

namespace kiesel::score {
namespace parts {
extern const unsigned char kPage[], kStyle[], kScript[];
}

std::string page_of(const nlohmann::ordered_json& score, unsigned refresh) {
  return filled_page({parts::kPage, parts::kStyle, parts::kScript}, score, refresh_value(refresh));
}

}  // namespace kiesel::score
