// Commands one at a time.
#pragma once

#include <chrono>
#include <future>
#include <memory>

#include "device/device.hpp"

namespace kiesel::capture {

// Runs a command to its end; the caller's thread helps.
inline device::Completion run_to_end(device::Device& device, device::Command command,
                                     device::Handling handling) {
  handling.caller_helps = handling.may_run_here = true;
  auto ended = std::make_shared<std::promise<device::Completion>>();
  auto end = ended->get_future();
  device.submit(
      std::move(command), [ended](const device::Completion& completion) { ended->set_value(completion); },
      handling);
  while (end.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
    if (!device.help()) end.wait();
  return end.get();
}
inline device::Completion run_to_end(device::Device& device, device::Command command, bool timed = false) {
  return run_to_end(device, std::move(command), device::Handling{.timed = timed});
}

}  // namespace kiesel::capture
