// Options of the driver as flags of a command: --device for `device`. What is given goes into the
// environment, where the driver, or this program, reads it.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <string_view>

namespace kiesel::tools {

class OptionFlags {
 public:
  // All options but those of captures, checks and profiles.
  void add_general(CLI::App& command);
  // The option under another name.
  void add(CLI::App& command, std::string_view option, const std::string& flag);
  void set(std::string_view option, std::string value) { values_[std::string(option)] = std::move(value); }
  void set_if_missing(std::string_view option, std::string value) {
    values_.emplace(std::string(option), std::move(value));
  }
  // Before anything reads options.
  void put_into_environment() const;

 private:
  std::map<std::string, std::string> values_;  // of those that were given
};

// "KIESEL_LOG_FILE" for log_file.
std::string environment_name(std::string_view option);

}  // namespace kiesel::tools
