// Makes the functions of a translation, one for each segment, of what was found out about a kernel.
#pragma once

#include <string>

#include "device/translator/emit/kernel.hpp"

namespace kiesel::translator {

// Functions of the module named segment_name(). Sites and segments without their offsets.
Translation emit(const Analysis& analysis, llvm::Module& into);
std::string segment_name(std::size_t segment);

}  // namespace kiesel::translator
