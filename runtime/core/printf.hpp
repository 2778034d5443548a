// printf of kernels: work-items write records (device/isa/printf_record.hpp), of which text is made after the
// launch (printf_text.hpp).
#pragma once

#include <vector>

#include "runtime/core/event.hpp"
#include "runtime/core/executable.hpp"

namespace kiesel::runtime {

// Launches with a printf buffer of its own and writes what the kernel printed to standard output.
void launch_with_printf(Event& event, Ref<Executable> executable, std::vector<device::Launch> launches);

}  // namespace kiesel::runtime
