// Blocks of many thousands of instructions.
#pragma once

namespace llvm {
class TargetPassConfig;
}

namespace kiesel::compiler {

// Instruction selection takes time that grows with the square of a block's length: long blocks become
// several, behind LLVM's own preparation, which would make one of them again.
void split_long_blocks(llvm::TargetPassConfig& config);

}  // namespace kiesel::compiler
