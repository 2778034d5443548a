// docs/designs.md, from the tables.
#pragma once

#include <string>

namespace kiesel::device {

std::string designs_page();

}  // namespace kiesel::device
