// A device whose plug-in runs in a process of its own, as a plug-in: what that process does to itself, a
// crash or an endless loop, is a fault of the device here. When it has died it is started again, with memory
// and programs where they were; what was in memory is gone.
#pragma once

#include <string>

#include "device/plugin/library.hpp"

namespace kiesel::device::plugin {

// Starts `program` (kiesel-device-host) for the library. kIo, or the error that opening it gave there.
Result<Opened> open_remote(const std::string& program, const std::string& library,
                           const std::string& options);

}  // namespace kiesel::device::plugin
