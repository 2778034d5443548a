// The last step of a build: object and tables to one ELF file, by lld in this process.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "support/result.hpp"

namespace kiesel::compiler {

// Nothing of LLVM may run in this process afterwards: lld resets options of the whole process. No file is
// written. The error is text for the build log.
Result<std::vector<std::byte>, std::string> link_program(std::span<const std::byte> object,
                                                         std::span<const std::byte> tables);

}  // namespace kiesel::compiler
