#include <fmt/ranges.h>

#include <mutex>
#include <string_view>
#include <vector>

#include "device/wrapper_library.hpp"
#include "evaluation/profile/profiler.hpp"
#include "support/file.hpp"

using namespace kiesel;

namespace {

// Devices are not destroyed when a process ends in order: then this is.
class Collectors {
 public:
  ~Collectors() {
    for (const auto& collector : all_)
      if (const auto alive = collector.lock()) alive->finish();
  }
  void add(const std::shared_ptr<profile::Collector>& collector) {
    std::lock_guard lock(mutex_);
    all_.push_back(collector);
  }

 private:
  std::mutex mutex_;
  std::vector<std::weak_ptr<profile::Collector>> all_;
};
Collectors collectors;

std::string command_line() {
  auto words = read_text_file("/proc/self/cmdline");
  if (!words) return {};
  while (!words->empty() && words->back() == '\0') words->pop_back();
  for (char& c : *words)
    if (c == '\0') c = ' ';
  return *words;
}

}  // namespace

extern "C" [[gnu::visibility("default")]] bool kiesel_wrap_devices(
    const char* version, const Config& config, std::vector<std::unique_ptr<device::Device>>& devices) {
  if (version != std::string_view(KIESEL_VERSION)) return false;
  profile::ProcessNote note;
  note.kiesel = KIESEL_VERSION;
  note.command = command_line();
  note.engine = config.engine;
  for (const auto& device : devices) note.devices.push_back(profile::note_of(device->description()));
  const auto collector = std::make_shared<profile::Collector>(config.profile, std::move(note));
  collectors.add(collector);
  std::uint32_t number = 0;
  for (auto& device : devices)
    device = std::make_unique<profile::Profiler>(std::move(device), collector, number++);
  return true;
}
