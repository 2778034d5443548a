// Follows one launch for a session.
#pragma once

#include "evaluation/check/session.hpp"

namespace kiesel::check {

class Watch final : public device::Observer {
 public:
  Watch(Session& session, std::shared_ptr<Program> program, const device::Launch& launch);
  ~Watch() override;

  // It has ended, with this status; before anybody else is told.
  void done(const Status& status);

  std::span<const device::Interest> begin(const device::ObservedLaunch& launch) override;
  void begin_group(const std::array<std::uint64_t, 3>& group) override { session_.begin_group(group); }
  void begin_warp(unsigned rank, std::uint64_t mask) override { session_.begin_warp(rank, mask); }
  void turn(device::ObservedWarp& warp) override { session_.turn(warp); }
  std::uint64_t step(device::ObservedWarp& warp, std::size_t instruction) override {
    return session_.step(warp, instruction);
  }
  void end_warp(unsigned rank) override { session_.end_warp(rank); }
  void end_group() override { session_.end_group(); }
  void end(bool stuck) override;

 private:
  Session& session_;
  LaunchState state_;
  const std::uint64_t submitted_;
  std::uint64_t id_ = 0;
  bool begun_ = false, stuck_ = false, is_done_ = false;
};

}  // namespace kiesel::check
