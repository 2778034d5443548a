// Checks of the launches of a capture. What a capture does not say: which bytes the host wrote (all count as
// written), flags and sub-buffers. Threads: one.
#pragma once

#include <map>
#include <memory>

#include "evaluation/capture/replay.hpp"
#include "evaluation/check/watch.hpp"

namespace kiesel::check {

class CapturedChecks {
 public:
  CapturedChecks(const device::Device& device, const Tools& tools, std::shared_ptr<Collector> collector)
      : device_(device), collector_(std::move(collector)), session_(tools, *collector_) {}

  // Before a launch: null where it cannot be followed.
  device::Observer* begin(const device::Launch& launch, const capture::LoadedProgram& program,
                          std::span<const capture::Placed> memory);
  // After it.
  void end(const Status& status);

 private:
  std::shared_ptr<Program> program_of(const capture::LoadedProgram& program);
  void enter(std::span<const capture::Placed> memory);

  const device::Device& device_;
  const std::shared_ptr<Collector> collector_;
  Session session_;
  std::map<device::ModuleId, std::shared_ptr<Program>> programs_;
  std::map<device::Address, std::uint64_t> known_;
  std::unique_ptr<Watch> watch_;
};

}  // namespace kiesel::check
