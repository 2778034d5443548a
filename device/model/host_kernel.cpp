#include "device/model/host_kernel.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>

namespace kiesel::model {
namespace {

constexpr std::uint32_t kMostFrameBytes = 1 << 20;
constexpr unsigned kMostShift = 3;

Error bad(std::string reason) { return {Errc::kInvalidBinary, std::move(reason)}; }

Status check(const Translation& translation, std::size_t instructions) {
  if (translation.segments.empty()) return bad("a translation in which no warp can start");
  for (const auto& segment : translation.segments) {
    if (segment.code_offset >= translation.code.size()) return bad("a segment without code");
    if (segment.first >= instructions) return bad("a segment that starts outside of the program");
    if (segment.barrier >= kNumBarriers) return bad("a barrier that does not exist");
  }
  for (const auto& site : translation.sites)
    if (site.shift > kMostShift) return bad("an access of an odd size");
  if (translation.frame_bytes > kMostFrameBytes || translation.frame_bytes % 64)
    return bad("frames of an odd size");
  return {};
}

}  // namespace

Result<std::unique_ptr<const HostKernel>> HostKernel::install(const Translation& translation,
                                                              std::size_t instructions) {
  if (auto status = check(translation, instructions); !status) return status.error();
  auto kernel = std::unique_ptr<HostKernel>(new HostKernel);
  kernel->sites_ = translation.sites;
  kernel->frame_bytes_ = translation.frame_bytes;
  const std::size_t bytes = std::max<std::size_t>(translation.code.size(), 1);
  void* code = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (code == MAP_FAILED)
    return Error{Errc::kOutOfMemory, fmt::format("no room for {} bytes of code", bytes)};
  kernel->code_ = code;
  kernel->code_bytes_ = bytes;
  if (!translation.code.empty()) std::memcpy(code, translation.code.data(), translation.code.size());
  __builtin___clear_cache(static_cast<char*>(code), static_cast<char*>(code) + bytes);
  if (mprotect(code, bytes, PROT_READ | PROT_EXEC))
    return Error{Errc::kUnsupported, "this system lets nobody make code that runs"};
  for (const auto& segment : translation.segments)
    kernel->segments_.push_back(
        {reinterpret_cast<SegmentFunction>(reinterpret_cast<std::uintptr_t>(code) + segment.code_offset),
         segment.first, segment.barrier});
  return std::unique_ptr<const HostKernel>(std::move(kernel));
}

HostKernel::~HostKernel() {
  if (code_) munmap(code_, code_bytes_);
}

}  // namespace kiesel::model
