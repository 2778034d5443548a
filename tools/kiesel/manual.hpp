// What kiesel(1) says beside commands and options.
#pragma once

#include <span>

#include "support/command_line/manual.hpp"

namespace kiesel::tools {

std::span<const command_line::Section> manual_sections();

}  // namespace kiesel::tools
