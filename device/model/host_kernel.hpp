// A translation in executable memory, ready to run. Never changes; threads may share it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "device/model/translator/translation.hpp"
#include "support/result.hpp"

namespace kiesel::model {

class HostKernel {
 public:
  struct Segment {
    std::uint32_t first;
    SegmentFunction run;
    std::vector<Translation::EntryRegister> entry;
  };

  // Of a program with that many instructions, whose warps start at instruction `startup`. kInvalidBinary for
  // a translation that cannot be of it, kOutOfMemory.
  static Result<std::unique_ptr<const HostKernel>> install(const Translation& translation,
                                                           std::size_t instructions, std::uint32_t startup);
  ~HostKernel();
  HostKernel(const HostKernel&) = delete;
  HostKernel& operator=(const HostKernel&) = delete;

  // Where warps start, whatever their registers hold.
  const Segment& startup() const { return *startup_; }
  // That starts with an instruction, or null.
  const Segment* at(std::uint32_t instruction) const;
  const std::vector<Translation::Site>& sites() const { return sites_; }

 private:
  HostKernel() = default;

  void* code_ = nullptr;
  std::size_t code_bytes_ = 0;
  std::vector<Segment> segments_;  // by first instruction
  const Segment* startup_ = nullptr;
  std::vector<Translation::Site> sites_;
};

}  // namespace kiesel::model
