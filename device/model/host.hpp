// What this computer is, for those who report it.
#pragma once

#include "device/translation/host_level.hpp"

namespace kiesel::model {

using translation::HostLevel;

HostLevel host_level();  // the highest that it has

}  // namespace kiesel::model
