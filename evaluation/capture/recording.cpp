#include "evaluation/capture/recording.hpp"

#include <unistd.h>

#include "support/checked.hpp"
#include "support/log.hpp"

namespace kiesel::capture {
Recording::Recording(const Config& config, Devices devices)
    : filter_(config),
      path_(std::filesystem::absolute(config.capture)),  // the application may go to another folder
      most_bytes_(saturating_product(config.capture_mib, std::uint64_t{1} << 20)),
      keeps_source_(config.capture_source),
      devices_(std::move(devices)) {}

std::optional<std::uint64_t> Recording::take(std::string_view kernel) {
  const std::uint64_t number = launches_++;
  if (!filter_.wants(number, kernel)) return std::nullopt;
  return number;
}

// Somebody else's file, an earlier process's mostly, is left alone.
Result<std::unique_ptr<Writer>> Recording::make_file() const {
  auto made = Writer::create(path_, most_bytes_);
  std::error_code error;
  if (made || !std::filesystem::exists(path_, error)) return made;
  auto own = path_;
  own += "." + std::to_string(::getpid());
  return Writer::create(own, most_bytes_);
}

Writer* Recording::writer() {
  if (stopped_ || writer_) return writer_.get();
  auto made = make_file();
  if (made) {
    writer_ = std::move(*made);
    if (auto written = writer_->add(RecordKind::kDevices, devices_); !written) stop(written.error(), 0);
  } else {
    stop(made.error(), 0);
  }
  return writer_.get();
}

void Recording::stop(const Error& error, std::uint64_t end) {
  KIESEL_LOG(kDevice, kError, "capture: no more launches are recorded: {}", error.reason);
  if (writer_) writer_->cut(end);
  writer_.reset();
  stopped_ = true;
}

}  // namespace kiesel::capture
