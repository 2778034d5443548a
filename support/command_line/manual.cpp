#include "support/command_line/manual.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "support/command_line/roff.hpp"

namespace kiesel::command_line {
namespace {

bool shown(const CLI::Option* option) { return !option->get_group().empty(); }

std::string names_of(const CLI::Option& option) {
  std::string text;
  const auto append = [&](const std::string& name) { text += (text.empty() ? "" : ", ") + bold(name); };
  for (const auto& name : option.get_snames()) append("-" + name);
  for (const auto& name : option.get_lnames()) append("--" + name);
  return text.empty() ? italic(option.get_name()) : text;
}

std::string option_text(const CLI::Option& option) {
  const bool takes_value = option.nonpositional() && option.get_items_expected_max() > 0;
  const auto value = takes_value ? " " + italic(option.get_type_name()) : std::string();
  auto text = option.get_description();
  if (const auto usual = option.get_default_str(); !usual.empty())
    text += fmt::format(" (when not given: {})", usual);
  return term(names_of(option) + value, text);
}

std::string options_text(const CLI::App& app) {
  std::string text;
  for (const auto* option : app.get_options(shown)) text += option_text(*option);
  return text;
}

std::string synopsis_line(const CLI::App& command, std::string_view program) {
  std::string line = ".br\n" + bold(program) + " " + bold(command.get_name());
  const auto options = command.get_options(shown);
  if (std::any_of(options.begin(), options.end(), [](const auto* option) { return option->nonpositional(); }))
    line += " [" + italic("options") + "]";
  for (const auto* option : options)
    if (!option->nonpositional()) {
      const auto name = italic(option->get_name());
      line += option->get_required() ? " " + name : " [" + name + "]";
    }
  if (command.get_prefix_command()) line += " ...";
  return line + "\n";
}

std::string command_text(const CLI::App& command) {
  return ".SS " + roff(command.get_name()) + "\n" + roff(command.get_description()) + "\n" +
         options_text(command) +
         (command.get_footer().empty() ? "" : ".PP\n" + roff(command.get_footer()) + "\n");
}

std::string variable(std::string_view option) {
  std::string name = "KIESEL_";
  for (const unsigned char c : option) name += static_cast<char>(std::toupper(c));
  return name;
}

constexpr std::string_view kOptionsDescription =
    "Options of the OpenCL driver Kiesel, of its compiler and of the program kiesel. Each is an environment "
    "variable, or a\nline `name = value` of a configuration file in TOML. The environment wins.\n\n"
    "An unknown name or a wrong value gets a warning in the log and changes nothing. "
    "What is in force, and where it comes from,\nis shown by\n\n"
    "    kiesel info --config\n";
constexpr std::string_view kOptionsFiles =
    "The configuration file is $KIESEL_CONFIG, else $XDG_CONFIG_HOME/kiesel.toml, else "
    "~/.config/kiesel.toml.\n";
constexpr std::string_view kOptionsExample =
    "    # ~/.config/kiesel.toml\n    log = \"warning\"\n    threads = 2\n    launch_seconds = 60\n";

}  // namespace

std::string manual_page(const CLI::App& app, std::string_view program, std::string_view version,
                        std::span<const Section> sections) {
  const auto commands = app.get_subcommands(std::function<bool(const CLI::App*)>());
  std::string page = page_title(program, 1, version);
  page += heading("name") + roff(program) + " \\- " + roff(app.get_description()) + "\n";
  page += heading("synopsis");
  for (const auto* command : commands) page += synopsis_line(*command, program);
  page += heading("commands");
  for (const auto* command : commands) page += command_text(*command);
  page += heading("options") + options_text(app);
  for (const auto& [name, text] : sections) page += heading(name) + paragraphs(text);
  return page;
}

std::string options_manual(std::string_view version, std::span<const OptionInfo> options) {
  std::string page = page_title("kiesel-options", 5, version);
  page += heading("name") + "kiesel\\-options \\- options of the OpenCL driver Kiesel\n";
  page += heading("description") + paragraphs(kOptionsDescription);
  page += heading("options");
  for (const auto& option : options) {
    const auto value = option.value.empty() ? std::string("empty") : option.value;
    page += term(bold(option.name) + ", " + bold(variable(option.name)) + " (" + roff(option.type) + ")",
                 fmt::format("{}. When not given: {}.", option.text, value));
  }
  page += heading("files") + paragraphs(kOptionsFiles) + heading("example") + paragraphs(kOptionsExample);
  return page + heading("see also") + bold("kiesel") + "(1), " + bold("kiesel-compiler") + "(1)\n";
}

}  // namespace kiesel::command_line
