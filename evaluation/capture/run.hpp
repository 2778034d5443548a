// Commands one at a time.
#pragma once

#include <chrono>
#include <future>
#include <memory>

#include "device/device.hpp"

namespace kiesel::capture {

// Runs a command to its end; the caller's thread helps.
inline device::Completion run_to_end(device::Device& device, device::Command command, bool timed = false) {
  auto ended = std::make_shared<std::promise<device::Completion>>();
  auto end = ended->get_future();
  device.submit(std::move(command),
                [ended](const device::Completion& completion) { ended->set_value(completion); },
                {.caller_helps = true, .may_run_here = true, .timed = timed});
  while (end.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
    if (!device.help()) end.wait();
  return end.get();
}

}  // namespace kiesel::capture
