#include "compiler/backend/frames.hpp"

#include <algorithm>
#include <vector>

namespace kiesel::compiler {
namespace {

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
      const auto below = depth(callee);
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

Result<std::uint64_t, std::string> stack_bytes(const std::map<std::string, FrameInfo>& frames,
                                               const std::string& entry) {
  return Walk(frames).depth(entry);
}

}  // namespace kiesel::compiler
