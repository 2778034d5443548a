#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <string_view>
#include <vector>

#include "device/wrapper_library.hpp"
#include "evaluation/check/checked_device.hpp"
#include "evaluation/check/report.hpp"
#include "support/file.hpp"
#include "support/log.hpp"

using namespace kiesel;

namespace {

// Devices are not destroyed when a process ends in order: then this is.
class Collectors {
 public:
  ~Collectors() {
    if (::getpid() == owner_)
      for (const auto& session : sessions_) session->find_leaks();
    for (const auto& collector : all_) collector->finish();
    for (const auto& folder : told_) tell(folder);
  }
  void add(std::shared_ptr<check::Collector> collector, bool tells) {
    std::lock_guard lock(mutex_);
    if (tells) told_.push_back(collector->folder());
    all_.push_back(std::move(collector));
  }

  void add(std::shared_ptr<check::Session> session) {
    std::lock_guard lock(mutex_);
    sessions_.push_back(std::move(session));
  }

 private:
  // A process that was forked has other devices.
  void tell(const std::filesystem::path& folder) const {
    if (::getpid() != owner_) return;
    const auto data = check::read_folder(folder);
    if (data) fmt::print(stderr, "{}", check::to_text(*data, 100));
    std::error_code error;
    std::filesystem::remove_all(folder, error);
  }
  const pid_t owner_ = ::getpid();
  std::mutex mutex_;
  std::vector<std::shared_ptr<check::Collector>> all_;
  std::vector<std::shared_ptr<check::Session>> sessions_;
  std::vector<std::filesystem::path> told_;
};
Collectors collectors;

std::string command_line() {
  auto words = read_text_file("/proc/self/cmdline");
  if (!words) return {};
  while (!words->empty() && words->back() == '\0') words->pop_back();
  std::ranges::replace(*words, '\0', ' ');
  return *words;
}

std::filesystem::path folder_for(const Config& config) {
  if (!config.check_data.empty()) return config.check_data;
  std::string name = (std::filesystem::temp_directory_path() / "kiesel-checks-XXXXXX").string();
  return ::mkdtemp(name.data()) ? name : std::string();
}

}  // namespace

extern "C" [[gnu::visibility("default")]] bool kiesel_wrap_devices(
    const char* version, const Config& config, std::vector<std::unique_ptr<device::Device>>& devices) {
  if (version != std::string_view(KIESEL_VERSION)) return false;
  const auto tools = check::Tools::parse(config.checks);
  if (!tools) {
    KIESEL_LOG(kDevice, kError, "checks: {}", tools.error().reason);
    return true;
  }
  const auto collector = std::make_shared<check::Collector>(folder_for(config), command_line());
  collectors.add(collector, config.check_data.empty());
  for (auto& device : devices) {
    auto checked = std::make_unique<check::CheckedDevice>(std::move(device), *tools, collector);
    collectors.add(checked->session());
    device = std::move(checked);
  }
  return true;
}
