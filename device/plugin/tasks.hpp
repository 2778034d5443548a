// Transfers of boxes as the flat ones that plug-ins know.
#pragma once

#include <functional>
#include <vector>

#include "device/device.hpp"
#include "device/plugin/kiesel_device.h"

namespace kiesel::device::plugin {

struct TransferPlan {
  // What is in one stage may run in any order; the stages go one after the other.
  std::vector<std::vector<kiesel_transfer>> stages;
  std::vector<std::byte> passage;  // what the steps put or find on the host
  std::function<void()> finish;    // when all have ended well; may be empty
};

// `flags`: KIESEL_COPIES, KIESEL_FILLS. The command is not a launch, and outlives the plan.
TransferPlan plan_transfer(const Command& command, std::uint32_t flags);

}  // namespace kiesel::device::plugin
