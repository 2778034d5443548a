// Options of the whole stack, read once: defaults, then the configuration file ($KIESEL_CONFIG, else
// $XDG_CONFIG_HOME/kiesel.toml, else ~/.config/kiesel.toml), then the environment (KIESEL_<NAME>).
// An unknown name or a value of the wrong type gets one warning and changes nothing. A privileged program has
// the defaults and no cache: whoever starts it has no say in what it reads and writes. Threads: everything
// here may be called from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kiesel {

using Bool = bool;
using Unsigned = std::uint64_t;
using Text = std::string;

struct Config {
#define OPTION(type, name, default_value, text) type name = default_value;
#include "support/options.def"
#undef OPTION
};

struct OptionInfo {
  std::string_view type, name, default_value, text;
  std::string value;   // as it is in force
  std::string source;  // "default", the file's path, or the environment variable
};

const Config& config();
std::string config_path();                          // of the configuration file, which need not exist
const std::vector<std::string>& config_warnings();  // the log prints them once
std::vector<OptionInfo> option_table();
std::vector<OptionInfo> option_defaults();  // the same where nothing is set

// docs/options.md, made from the list; `kiesel info --options-page` prints it.
std::string options_page();

// Reads anew from a file's text and an environment ("NAME=value" strings); for config() and tests.
struct LoadedConfig {
  Config config;
  std::vector<OptionInfo> table;
  std::vector<std::string> warnings;
};
LoadedConfig load_config(std::string_view file_text, std::string_view file_name,
                         const std::vector<std::string>& environment);

// Of a variable of the environment, the only getenv; empty where it is not set, and in a privileged program.
std::string environment_variable(const char* name);

// Whether this program has more rights than whoever started it: setuid, setgid, file capabilities.
bool is_privileged();
// A folder of the user: the one that the variable names, else this one in the home folder. Empty where there
// is none, and in a privileged program.
std::string user_folder(const char* variable, const char* in_home);

}  // namespace kiesel
