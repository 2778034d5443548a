// The sweep's page: its parts are page/, its numbers sweep.json without counters.
#include "evaluation/page.hpp"

#include "evaluation/sweep/report.hpp"

namespace kiesel::sweep {
namespace parts {
extern const unsigned char kPage[], kStyle[], kScript[];
}

std::string page_of(const nlohmann::ordered_json& description, unsigned refresh) {
  return filled_page({parts::kPage, parts::kStyle, parts::kScript}, description, refresh_value(refresh));
}

}  // namespace kiesel::sweep
