#include "tools/kiesel/option_flags.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "support/config.hpp"

namespace kiesel::tools {
namespace {

void add_flag(CLI::App& command, const OptionInfo& option, const std::string& flag,
              std::map<std::string, std::string>& values) {
  const auto set = [&values, name = std::string(option.name)](const std::string& value) {
    values[name] = value;
  };
  const std::string text(option.text), type(option.type);
  if (type == "Bool")  // --sample, or --sample=false
    command.add_flag(flag, text)->each(set);
  else
    command.add_option_function<std::string>(flag, set, text)->type_name(type);
}

}  // namespace

void OptionFlags::add_general(CLI::App& command) {
  for (const auto& option : option_defaults()) {
    if (option.name.starts_with("capture") || option.name.starts_with("check") || option.name == "profile")
      continue;
    std::string flag = "--" + std::string(option.name);
    std::ranges::replace(flag, '_', '-');
    add_flag(command, option, flag, values_);
  }
}

void OptionFlags::add(CLI::App& command, std::string_view name, const std::string& flag) {
  for (const auto& option : option_defaults())
    if (option.name == name) add_flag(command, option, flag, values_);
}

void OptionFlags::put_into_environment() const {
  for (const auto& [name, value] : values_) ::setenv(environment_name(name).c_str(), value.c_str(), 1);
}

std::string environment_name(std::string_view option) {
  std::string name("KIESEL_");
  for (const unsigned char c : option) name += static_cast<char>(std::toupper(c));
  return name;
}

}  // namespace kiesel::tools
