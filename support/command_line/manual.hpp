// Manual pages made from what the parser knows, so that a new option appears without a second list.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <string_view>

#include "support/config.hpp"

namespace kiesel::command_line {

struct Section {  // of a page, in words; see paragraphs() in roff.hpp
  std::string_view heading;
  std::string_view text;
};

// A page of section 1: commands and options of `app`, then `sections`.
std::string manual_page(const CLI::App& app, std::string_view program, std::string_view version,
                        std::span<const Section> sections);

// kiesel-options(5), from support/options.def.
std::string options_manual(std::string_view version, std::span<const OptionInfo> options);

}  // namespace kiesel::command_line
