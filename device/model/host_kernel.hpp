// A translation in executable memory, ready to run. Never changes; threads may share it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "device/translation/translation.hpp"
#include "support/result.hpp"

namespace kiesel::model {

using translation::Exit, translation::kMostUnits, translation::kNoSite, translation::kNumBarriers;
using translation::kWarpEnded;
using translation::SegmentFunction, translation::Shape, translation::SiteRange, translation::TableCsr;
using translation::Translation, translation::TranslationRequest, translation::WarpContext;

class HostKernel {
 public:
  struct Segment {
    SegmentFunction run;
    std::uint32_t first, barrier;
  };

  // Of a program with that many instructions. kInvalidBinary for a translation that cannot be of it,
  // kOutOfMemory.
  static Result<std::unique_ptr<const HostKernel>> install(const Translation& translation,
                                                           std::size_t instructions);
  ~HostKernel();
  HostKernel(const HostKernel&) = delete;
  HostKernel& operator=(const HostKernel&) = delete;

  // The first one starts the kernel.
  const std::vector<Segment>& segments() const { return segments_; }
  const std::vector<Translation::Site>& sites() const { return sites_; }
  std::uint32_t frame_bytes() const { return frame_bytes_; }

 private:
  HostKernel() = default;

  void* code_ = nullptr;
  std::size_t code_bytes_ = 0;
  std::vector<Segment> segments_;
  std::vector<Translation::Site> sites_;
  std::uint32_t frame_bytes_ = 0;
};

}  // namespace kiesel::model
