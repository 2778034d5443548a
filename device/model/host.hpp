// What this computer is, for those who report it.
#pragma once

#include "device/model/host_level.hpp"

namespace kiesel::model {

HostLevel host_level();  // the highest that it has

}  // namespace kiesel::model
