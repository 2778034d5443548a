// What tells this processor from others whose code may differ.
#pragma once

#include <string>

namespace kiesel::model {

std::string host_identity();

}  // namespace kiesel::model
