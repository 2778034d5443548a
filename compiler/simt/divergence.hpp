// What differs between lanes: the answers that LLVM's divergence analysis asks of a target.
#pragma once

#include <llvm/Analysis/TargetTransformInfo.h>

#include "compiler/simt/simt.hpp"

namespace kiesel::simt {

// An immutable pass with the TargetTransformInfo of a SIMT device.
llvm::ImmutablePass* create_divergence_info();

}  // namespace kiesel::simt
