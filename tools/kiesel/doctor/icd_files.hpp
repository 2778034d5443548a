// Where loaders look for drivers, by the environment's variables that they obey.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace kiesel::tools::doctor {

struct Icd {
  std::string source;   // the ICD file, or the variable that names the library
  std::string library;  // as it is written there
  bool is_ours() const { return std::filesystem::path(library).filename().string().starts_with("libkiesel"); }
};

struct Vendors {
  std::string place;     // folder or file
  std::string variable;  // that names it, or empty
  bool readable = false;
  std::vector<Icd> icds;
};

Vendors find_vendors();

}  // namespace kiesel::tools::doctor
