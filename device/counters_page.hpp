// docs/counters.md, made from the list of counters; `kiesel info --counters-page` prints it.
#pragma once

#include <string>

namespace kiesel::device {

std::string counters_page();

}  // namespace kiesel::device
