// Runs the launches of a capture again and compares what they leave behind with what was recorded. Before
// each launch memory is made what it was, so that a difference is the launch's own. Threads: one.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "evaluation/capture/placement.hpp"
#include "evaluation/capture/programs.hpp"

namespace kiesel::capture {

// The lowest address that a capture has: where a replay's memory should begin. 0: none.
Result<device::Address> lowest_address(Reader& reader);

struct Verdict {
  enum class Kind {
    kSame,
    kDiffers,
    kNoOutcome,  // the capture does not say how it ended: it ran
    kRefused,    // could not run here
  } kind = Kind::kSame;
  std::string reason;  // of kDiffers without differences, and of kRefused
  std::vector<Difference> differences;
  std::uint64_t nanoseconds = 0;
};

// Memory of a launch, where it lies here.
struct Placed {
  device::Address begin = 0;
  std::uint64_t bytes = 0;
  std::string label;
  bool of_program = false;
};

class Replay {
 public:
  Replay(const Reader& reader, device::Device& device, compiler::Client& compiler);

  // Has launches counted, and is called after each.
  using Watch = std::function<void(const device::Launch&, const LoadedProgram&, const device::Completion&)>;
  void watch(Watch watch) { watch_ = std::move(watch); }
  // Is called before each, with the memory that it can reach, and gives it an observer; nothing is counted.
  using Follow = std::function<device::Observer*(const device::Launch&, const LoadedProgram&,
                                                 std::span<const Placed> memory)>;
  void follow(Follow follow) { follow_ = std::move(follow); }

  // The next launch of the capture; one that is not wanted only changes what memory should be.
  Result<Verdict> run(const Step& step);
  Status pass(const Step& step);

 private:
  Status enter(const Launch& launch);
  Result<std::vector<const Held*>> reachable(const Launch& launch, const LoadedProgram& program) const;
  device::Observer* observer_for(const device::Launch& launch, const LoadedProgram& program,
                                 std::span<const Held* const> memory) const;
  Result<device::Launch> prepare(const Launch& launch, const LoadedProgram& program);
  Status note_images(const Launch& launch, const compiler::Kernel& kernel);
  Result<Verdict> attempt(const Step& step);
  Result<Verdict> judge(const Step& step, const device::Completion& completion,
                        std::span<const Held* const> memory);

  Programs programs_;
  Placement placement_;
  device::Device& device_;
  Memory memory_;
  Watch watch_;
  Follow follow_;
  std::uint32_t recorded_device_ = 0;  // whose memory is placed
};

}  // namespace kiesel::capture
