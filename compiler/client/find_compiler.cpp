#include "compiler/client/client.hpp"
#include "support/config.hpp"
#include "support/installed.hpp"

namespace kiesel::compiler {

std::string find_compiler() {
  return config().compiler.empty() ? installed_program("kiesel-compiler") : config().compiler;
}

}  // namespace kiesel::compiler
