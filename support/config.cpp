#include "support/config.hpp"

#include <fmt/format.h>
#include <sys/auxv.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <optional>

#include "support/file.hpp"
#include "support/log.hpp"
#include "support/single.hpp"

namespace kiesel {
namespace {

std::optional<std::string> parse(std::string_view text, bool& out) {
  if (text == "1" || text == "true" || text == "on" || text == "yes") return out = true, std::nullopt;
  if (text == "0" || text == "false" || text == "off" || text == "no") return out = false, std::nullopt;
  return "0 or 1";
}

std::optional<std::string> parse(std::string_view text, std::uint64_t& out) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return "a whole number";
  out = value;
  return std::nullopt;
}

std::optional<std::string> parse(std::string_view text, std::string& out) {
  out = text;
  return std::nullopt;
}

std::string show(bool value) { return value ? "true" : "false"; }
std::string show(std::uint64_t value) { return std::to_string(value); }
std::string show(const std::string& value) { return value; }

std::string toml_text(const toml::node& node) {
  if (auto text = node.value<std::string>(); node.is_string()) return *text;
  if (auto flag = node.value<bool>(); node.is_boolean()) return *flag ? "true" : "false";
  if (auto number = node.value<std::int64_t>(); node.is_integer()) return std::to_string(*number);
  return "(not a plain value)";
}

std::string upper(std::string_view name) {
  std::string out(name);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::toupper(c); });
  return out;
}

class Loader {
 public:
  Loader() {
#define OPTION(type, name, default_value, text) \
  loaded_.table.push_back({#type, #name, #default_value, text, show(loaded_.config.name), "default"});
#include "support/options.def"
#undef OPTION
  }

  void set(std::string_view name, std::string_view value, const std::string& source) {
#define OPTION(type, option, default_value, text)                                                           \
  if (name == #option) {                                                                                    \
    if (auto wanted = parse(value, loaded_.config.option))                                                  \
      loaded_.warnings.push_back(fmt::format("{}: {} must be {}, not '{}'", source, name, *wanted, value)); \
    else                                                                                                    \
      note(name, show(loaded_.config.option), source);                                                      \
    return;                                                                                                 \
  }
#include "support/options.def"
#undef OPTION
    loaded_.warnings.push_back(fmt::format("{}: there is no option '{}'", source, name));
  }

  void read_file(std::string_view text, std::string_view name) {
    try {
      for (const auto& [key, node] : toml::parse(text, name))
        set(key.str(), toml_text(node), std::string(name));
    } catch (const toml::parse_error& error) {
      loaded_.warnings.push_back(
          fmt::format("{}:{}: {}", name, error.source().begin.line, error.description()));
    }
  }

  void read_environment(const std::vector<std::string>& environment) {
    constexpr std::string_view kPrefix = "KIESEL_";
    for (std::string_view entry : environment) {
      const auto equals = entry.find('=');
      if (!entry.starts_with(kPrefix) || equals == std::string_view::npos) continue;
      const auto variable = entry.substr(0, equals);
      if (variable == "KIESEL_CONFIG") continue;
      std::string name(variable.substr(kPrefix.size()));
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
      if (upper(name) != variable.substr(kPrefix.size())) name = variable;
      set(name, entry.substr(equals + 1), std::string(variable));
    }
  }

  LoadedConfig take() { return std::move(loaded_); }

 private:
  void note(std::string_view name, std::string value, const std::string& source) {
    for (auto& row : loaded_.table)
      if (row.name == name) row.value = std::move(value), row.source = source;
  }

  LoadedConfig loaded_;
};

LoadedConfig load_privileged() {
  Loader loader;
  loader.set("cache", "false", "privileged program");
  return loader.take();
}

LoadedConfig load_of_user() {
  const std::string path = config_path();
  std::string text;
  if (auto file = path.empty() ? Result<std::string>(text) : read_text_file(path)) text = *std::move(file);
  std::vector<std::string> environment;
  for (char** entry = environ; entry && *entry; ++entry) environment.emplace_back(*entry);
  return load_config(text, path, environment);
}

const LoadedConfig& loaded() {
  static constinit Single<const LoadedConfig> the_config;
  return the_config.get(
      [] { return new LoadedConfig(is_privileged() ? load_privileged() : load_of_user()); });
}

}  // namespace

std::string config_path() {
  if (auto path = environment_variable("KIESEL_CONFIG"); !path.empty()) return path;
  const auto folder = user_folder("XDG_CONFIG_HOME", ".config");
  return folder.empty() ? folder : folder + "/kiesel.toml";
}

LoadedConfig load_config(std::string_view file_text, std::string_view file_name,
                         const std::vector<std::string>& environment) {
  Loader loader;
  loader.read_file(file_text, file_name);
  loader.read_environment(environment);
  return loader.take();
}

const Config& config() { return loaded().config; }
std::vector<OptionInfo> option_table() { return loaded().table; }
std::vector<OptionInfo> option_defaults() { return load_config("", "", {}).table; }
const std::vector<std::string>& config_warnings() { return loaded().warnings; }

std::string options_page() {
  std::string page =
      "# Options\n\n"
      "Made from `support/options.def` by `kiesel info --options-page`; a test keeps it true.\n\n"
      "An option is set by the environment variable `KIESEL_<NAME>` (capitals), or by `<name> = value` in a "
      "TOML file:\n"
      "`$KIESEL_CONFIG`, else `$XDG_CONFIG_HOME/kiesel.toml`, else `~/.config/kiesel.toml`. The environment "
      "wins. An\n"
      "unknown name or a wrong value gets a warning and changes nothing. `kiesel info --config` shows what "
      "is in force.\n"
      "A privileged program (setuid, setgid, file capabilities) reads neither and has no cache.\n\n"
      "| name | type | default | meaning |\n|---|---|---|---|\n";
  for (const auto& row : option_defaults())
    page += fmt::format("| {} | {} | {} | {} |\n", row.name, row.type,
                        row.value.empty() ? "empty" : row.value, row.text);
  return page;
}

std::string environment_variable(const char* name) {
  const char* value = ::secure_getenv(name);
  return value ? value : "";
}

bool is_privileged() { return ::getauxval(AT_SECURE) != 0; }

std::string user_folder(const char* variable, const char* in_home) {
  if (auto folder = environment_variable(variable); folder.starts_with('/')) return folder;
  const auto home = environment_variable("HOME");
  return home.starts_with('/') ? home + "/" + in_home : std::string();
}

}  // namespace kiesel
