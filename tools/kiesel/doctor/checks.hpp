// The checks of `kiesel doctor`, one function for each row of its table.
#pragma once

#include "tools/kiesel/doctor/finding.hpp"

namespace kiesel::tools::doctor {

// settings.cpp
Finding configuration_file();
Finding environment();
Finding devices();
Finding engine();

// host.cpp
Finding host_level();
Finding processors();
Finding limits();
Finding memory();
Finding sandbox();

// loader.cpp
Finding loader();
Finding vendors();
Finding driver();
Finding other_drivers();

// platform.cpp
Finding platform();
Finding launch();
Finding translation();

// compiler.cpp
Finding compiler_program();
Finding compiler_version();
Finding build();

// cache.cpp
Finding cache();

}  // namespace kiesel::tools::doctor
