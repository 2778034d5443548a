// How a command says that it cannot do its work.
#pragma once

#include <string_view>

namespace kiesel::tools {

// On standard error, with the command's name; returns its exit status.
int refuse(std::string_view command, std::string_view reason);

}  // namespace kiesel::tools
