// Who follows a launch instruction by instruction, for checks of what kernels do with memory. All of a launch
// is on one thread, work-group after work-group, so that what is seen is the same each time; an observer that
// several launches have must expect several threads.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace kiesel::device {

// A warp as it is before an instruction. Only inside of the call that it is given to.
class ObservedWarp {
 public:
  unsigned rank = 0;                           // in its work-group
  unsigned lanes = 0;                          // of every warp
  std::uint64_t mask = 0;                      // active lanes
  const std::uint64_t* interesting = nullptr;  // set by turn(): see Interest::registers

  // By lane, those of inactive ones are there, too; float registers as a lane has them, NaN-boxed.
  virtual const std::uint64_t* integers(unsigned number) = 0;
  virtual std::uint64_t real(unsigned number, unsigned lane) = 0;
  // Whether lane l has base + slope * l, in all lanes.
  virtual bool is_line(unsigned number, std::uint64_t& base, std::uint64_t& slope) const = 0;

 protected:
  ~ObservedWarp() = default;

 private:
  // Says where the type's information is: not in the engines, of which there are several.
  virtual void anchor() const;
};

// When step() is called for an instruction: always, or when it names a register of ObservedWarp::interesting.
struct Interest {
  std::uint64_t registers = 0;  // integer registers in the lower half, float registers in the upper one
  bool always = false;
};

struct ObservedLaunch {
  std::span<const std::uint32_t> code;               // in place: where the device has it
  std::uint64_t private_begin = 0, private_end = 0;  // the window in which lanes see memory of their own
  std::uint64_t local_begin = 0, local_bytes = 0;    // of one work-group, as the launch asked for it
  std::uint64_t block_begin = 0, block_bytes = 0;    // the launch block
  std::array<std::uint32_t, 3> local_size{};
  std::array<std::uint64_t, 3> first_global_id{}, first_group{};
  unsigned lanes = 0, group_warps = 0;
};

class Observer {
 public:
  virtual ~Observer() = default;

  // The launch starts. For each instruction of its code what is of interest; the span stays until end().
  virtual std::span<const Interest> begin(const ObservedLaunch& launch) = 0;
  virtual void begin_group(const std::array<std::uint64_t, 3>& group) = 0;  // its number in the region
  virtual void begin_warp(unsigned rank, std::uint64_t mask) = 0;
  // The warp goes on, after others perhaps.
  virtual void turn(ObservedWarp& warp) = 0;
  // It is about to execute the instruction of this number. Returns the active lanes that may do it; the
  // others skip it, and what it would have loaded is zero for them.
  virtual std::uint64_t step(ObservedWarp& warp, std::size_t instruction) = 0;
  virtual void end_warp(unsigned rank) = 0;
  virtual void end_group() = 0;
  // `stuck`: warps wait at a barrier for others that have ended or wait elsewhere.
  virtual void end(bool stuck) = 0;
};

}  // namespace kiesel::device
