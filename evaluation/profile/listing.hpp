// The code of a program with its source lines, as `kiesel-compiler disasm --json` tells them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "support/result.hpp"

namespace kiesel::profile {

struct Listing {
  struct Instruction {
    std::uint64_t address = 0;
    std::string text, file;
    std::uint32_t line = 0, column = 0;  // 0: not known
  };
  struct Function {
    std::string name;
    std::vector<Instruction> instructions;
  };
  std::string source;  // of the program, where it was built with -g
  std::vector<Function> functions;
};

// kInvalidBinary.
Result<Listing> parse_listing(const std::string& json);
// Of a program by its name in the profile's data.
using Lister = std::function<Result<Listing>(const std::string& program)>;

}  // namespace kiesel::profile
