// All that is found out about a kernel before any code is made of it, one question after the other.
#pragma once

#include <memory>
#include <vector>

#include "device/translator/analysis/access_groups.hpp"
#include "device/translator/analysis/code.hpp"
#include "device/translator/analysis/kinds.hpp"
#include "device/translator/analysis/liveness.hpp"
#include "device/translator/analysis/scalar_loops.hpp"

namespace kiesel::translator {

class Analysis {
 public:
  // kUnsupported, with the reason, for code that is not understood. The request must outlive it.
  static Result<std::unique_ptr<const Analysis>> of(const TranslationRequest& request);
  Analysis(const Analysis&) = delete;
  Analysis& operator=(const Analysis&) = delete;

  const TranslationRequest& request;
  const Code code;
  const Liveness liveness;
  const Kinds kinds;
  const std::vector<BlockAccesses> accesses;   // by block
  const std::vector<ScalarLoop> scalar_loops;  // of hosts to which they are worth it

 private:
  Analysis(const TranslationRequest& of, Code&& read, const Liveness& found);
};

}  // namespace kiesel::translator
