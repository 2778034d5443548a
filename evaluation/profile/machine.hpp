// What a design can do at most: what figures of a profile are held against.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "device/model/configuration.hpp"

namespace kiesel::profile {

struct Machine {
  double issue_width = 1;                   // instructions of warps a cycle in a core
  double data_words = 1;                    // accesses a cycle to the first data cache of a core
  double buses = 0;                         // of memory; 0: not known
  double gflops = 0;                        // 0: not known
  double matrix_gflops = 0;                 // products of matrices of 16-bit floats; 0: none
  double memory_gbs = 0;                    // 0: not known
  std::uint32_t line_bytes = 0;             // 0: as the device says
  std::string source;                       // of the peaks
  timing::Design design;                    // where it has a table of energies
  std::string validated = "not validated";  // the design's clock: against what, with what error
};
using Machines = std::map<std::string, Machine>;  // by the device's name

Machine machine_of(const model::Configuration& configuration);
// Of the models among the devices that the option `device` names.
Machines machines_of(std::string_view option);

}  // namespace kiesel::profile
