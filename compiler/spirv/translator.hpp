// What both halves of the translator are told.
#pragma once

#include <LLVMSPIRVLib/LLVMSPIRVLib.h>

namespace kiesel::compiler {

inline SPIRV::TranslatorOpts translator_options(SPIRV::TranslatorOpts options) {
  options.setDesiredBIsRepresentation(SPIRV::BIsRepresentation::OpenCL20);
  // Names and signed types of kernel arguments survive only with these.
  options.setGenKernelArgNameMDEnabled(true);
  options.setPreserveOCLKernelArgTypeMetadataThroughString(true);
  return options;
}

}  // namespace kiesel::compiler
