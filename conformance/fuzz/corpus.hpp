// The sources that damage starts from.
#pragma once

#include <string>
#include <vector>

#include "compiler/client/client.hpp"

namespace kiesel::conformance {

struct Source {
  std::string name, text, options;
};

std::vector<Source> corpus_sources();  // by name
// A request of every language feature, with a source's options.
compiler::Request corpus_request(const std::string& options);

}  // namespace kiesel::conformance
