// Whether a kernel can tell how its NDRange is cut into work-groups.
#pragma once

namespace llvm {
class Function;
}

namespace kiesel::compiler {

// Before builtins are linked. What is not sure is true.
bool observes_work_groups(const llvm::Function& kernel);

}  // namespace kiesel::compiler
