// The application's callbacks run here: one thread of the process, under no lock of ours, in the order
// posted.
#pragma once

#include <functional>

namespace kiesel::runtime {

// Starts the thread on first use; it is never joined and ends with the process.
void post_callback(std::function<void()> callback);

// While one lives, this thread runs work of a device, so that callbacks of the application must be posted.
class OnDeviceThread {
 public:
  OnDeviceThread();
  ~OnDeviceThread();
  static bool active();

 private:
  bool before_;
};

}  // namespace kiesel::runtime
