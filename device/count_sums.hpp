// What is made of counts: sums, and the page about them.
#pragma once

#include "device/counters.hpp"

namespace kiesel::device {

// Of more work with the same module. `instructions` then go from the first that ran in either to the last.
LaunchCounts& operator+=(LaunchCounts& sum, const LaunchCounts& more);

// docs/counters.md, made from the list; `kiesel info --counters-page` prints it.
std::string counters_page();

}  // namespace kiesel::device
