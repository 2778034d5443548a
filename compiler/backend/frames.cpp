#include "compiler/backend/frames.hpp"

#include <fmt/format.h>
#include <llvm/IR/DataLayout.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/Module.h>

#include <algorithm>
#include <vector>

#include "compiler/backend/undefined.hpp"

namespace kiesel::compiler {
namespace {

// LLVM ends the process over an offset in a frame that has more than 31 bits; half of that leaves room for
// what it adds.
constexpr std::uint64_t kMaxFrameBytes = std::uint64_t{1} << 30;

// Of private variables, as far as it matters: a sum beyond the limit is not taken further.
std::uint64_t variable_bytes(const llvm::Function& function) {
  const auto& layout = function.getParent()->getDataLayout();
  std::uint64_t sum = 0;
  for (const auto& instruction : llvm::instructions(function))
    if (const auto* variable = llvm::dyn_cast<llvm::AllocaInst>(&instruction);
        variable && sum <= kMaxFrameBytes)
      sum += layout.getTypeAllocSize(variable->getAllocatedType()).getFixedSize();
  return sum;
}

class Walk {
 public:
  explicit Walk(const std::map<std::string, FrameInfo>& frames) : frames_(frames) {}

  Result<std::uint64_t, std::string> depth(const std::string& name) {
    if (const auto known = depths_.find(name); known != depths_.end()) return known->second;
    if (std::ranges::find(chain_, name) != chain_.end())
      return "error: function '" + name + "' calls itself: recursion is not allowed in OpenCL C\n";
    const auto frame = frames_.find(name);
    if (frame == frames_.end()) return std::uint64_t{0};  // undefined: the linker names it
    if (frame->second.calls_pointer)
      return "error: function '" + name + "' calls through a pointer: not allowed in OpenCL C\n";
    chain_.push_back(name);
    std::uint64_t deepest = 0;
    for (const auto& callee : frame->second.callees) {
      auto below = depth(callee);
      if (!below) return below;
      deepest = std::max(deepest, *below);
    }
    chain_.pop_back();
    return depths_[name] = frame->second.bytes + deepest;
  }

 private:
  const std::map<std::string, FrameInfo>& frames_;
  std::map<std::string, std::uint64_t> depths_;
  std::vector<std::string> chain_;
};

}  // namespace

std::string too_large_frames(const llvm::Module& module) {
  std::string log;
  for (const auto& function : module)
    if (const auto bytes = variable_bytes(function); bytes > kMaxFrameBytes)
      log += fmt::format("error: function '{}' has {} or more bytes of private variables: it may have {}\n",
                         readable_name(function), bytes, kMaxFrameBytes);
  return log;
}

Result<std::uint64_t, std::string> stack_bytes(const std::map<std::string, FrameInfo>& frames,
                                               const std::string& entry) {
  return Walk(frames).depth(entry);
}

}  // namespace kiesel::compiler
