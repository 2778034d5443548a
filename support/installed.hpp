// Where the files of this installation are: programs and plug-ins lie beside the library or program that
// asks.
#pragma once

#include <filesystem>
#include <string>

namespace kiesel {

// Of the library or program that this function is linked into; empty where that cannot be told.
std::filesystem::path folder_of_this_module();

// The path of a program of ours: beside this module, in ../libexec, ../bin and the like, else in the install
// prefix.
std::string installed_program(const char* name);

}  // namespace kiesel
