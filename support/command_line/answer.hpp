// What every program of ours answers about itself, to shells and to those who make packages:
//   PROGRAM --complete WORD...   what may come next
//   PROGRAM --manual             its manual page
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <span>
#include <string_view>

#include "support/command_line/manual.hpp"

namespace kiesel::command_line {

// The text to print, or nothing when the arguments ask for no such thing.
std::optional<std::string> answer(const CLI::App& app, std::string_view program, std::string_view version,
                                  std::span<const Section> sections, std::span<const char* const> arguments);

}  // namespace kiesel::command_line
