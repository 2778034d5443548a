#include "support/command_line/complete.hpp"

#include <algorithm>

namespace kiesel::command_line {
namespace {

const CLI::Option* option_named(const CLI::App& app, const std::string& word) {
  return word.starts_with("-") ? app.get_option_no_throw(word) : nullptr;
}

bool takes_value(const CLI::Option* option) { return option && option->get_items_expected_max() > 0; }

const CLI::App* command_named(const CLI::App& app, const std::string& word) {
  const auto found =
      app.get_subcommands([&](const CLI::App* command) { return command->get_name() == word; });
  return found.empty() ? nullptr : found.front();
}

// The command whose words are being typed: commands follow each other, options between them.
const CLI::App& current(const CLI::App& app, std::span<const std::string> words) {
  const CLI::App* at = &app;
  for (const auto& word : words)
    if (const auto* command = command_named(*at, word)) at = command;
  return *at;
}

void add_commands(const CLI::App& app, const std::string& start, Completion& out) {
  for (const auto* command : app.get_subcommands(std::function<bool(const CLI::App*)>()))
    if (command->get_name().starts_with(start))
      out.candidates.push_back({command->get_name(), command->get_description()});
}

void add_options(const CLI::App& app, const std::string& start, Completion& out) {
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames())
      if (const auto text = "--" + name; !option->get_group().empty() && text.starts_with(start))
        out.candidates.push_back({text, option->get_description()});
}

bool takes_files(const CLI::App& app) {
  const auto options = app.get_options();
  return app.get_prefix_command() || std::any_of(options.begin(), options.end(),
                                                 [](const auto* option) { return option->get_positional(); });
}

}  // namespace

Completion complete(const CLI::App& app, std::span<const std::string> words) {
  Completion out;
  if (words.empty()) return out;
  const auto& start = words.back();
  auto before = words.first(words.size() - 1);
  const auto& command = current(app, before);
  // Shells hand over `--option=value` as three words.
  if (!before.empty() && before.back() == "=") before = before.first(before.size() - 1);
  if (!before.empty() && takes_value(option_named(command, before.back()))) {
    out.files = true;
    return out;
  }
  if (start.starts_with("-")) {
    add_options(command, start, out);
  } else {
    add_commands(command, start, out);
    out.files = takes_files(command);
  }
  return out;
}

std::string to_lines(const Completion& completion) {
  std::string text;
  for (const auto& [word, description] : completion.candidates) text += word + "\t" + description + "\n";
  return completion.files ? text + ":files\n" : text;
}

}  // namespace kiesel::command_line
