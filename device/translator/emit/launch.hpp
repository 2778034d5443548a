// What is the same for all warps of a group, read once where it starts: CSRs, launch block, local ids.
#pragma once

#include "device/translator/emit/segment.hpp"

namespace kiesel::translator {

llvm::Value* table_csr(Segment& segment, TableCsr which);
llvm::Value* launch_value(Segment& segment, std::int64_t offset, llvm::Type* type);
llvm::Value* local_ids(Segment& segment, unsigned dimension, llvm::Type* type);

}  // namespace kiesel::translator
