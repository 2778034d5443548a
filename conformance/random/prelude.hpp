// What makes the text of a random kernel OpenCL C, or C for the host.
#pragma once

#include <string_view>

namespace kiesel::conformance {

std::string_view opencl_prelude();
std::string_view host_prelude();

}  // namespace kiesel::conformance
