// What the device queries and the extensions say about programs of intermediate language.
#pragma once

#include <string_view>
#include <vector>

#include "runtime/core/info_table.hpp"
#include "runtime/core/named_version.hpp"

namespace kiesel::runtime {

std::vector<NamedVersion> il_extensions();

// `features`: what builds for the device may use, names separated by spaces.
void add_il_info(InfoTable& info, std::string_view features);

}  // namespace kiesel::runtime
