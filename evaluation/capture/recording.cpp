#include "evaluation/capture/recording.hpp"

#include <fnmatch.h>
#include <unistd.h>

#include <algorithm>

#include "support/checked.hpp"
#include "support/log.hpp"
#include "support/words.hpp"

namespace kiesel::capture {
namespace {

std::vector<std::string> names_in(std::string_view list) {
  const auto words = words_of(list, ',');
  return {words.begin(), words.end()};
}

}  // namespace

Filter::Filter(const Config& config)
    : kernels_(names_in(config.capture_kernels)),
      first_(config.capture_first),
      last_(config.capture_last ? config.capture_last : ~std::uint64_t{0}),
      every_(std::max<std::uint64_t>(config.capture_every, 1)) {}

bool Filter::is_named(std::string_view kernel) const {
  return kernels_.empty() || std::any_of(kernels_.begin(), kernels_.end(), [&](const std::string& pattern) {
           return ::fnmatch(pattern.c_str(), std::string(kernel).c_str(), 0) == 0;
         });
}

std::optional<std::uint64_t> Filter::take(std::string_view kernel) {
  std::lock_guard lock(mutex_);
  const std::uint64_t number = launches_++;
  if (number < first_ || number > last_ || !is_named(kernel) || matches_++ % every_) return std::nullopt;
  return number;
}

Recording::Recording(const Config& config, Devices devices)
    : filter_(config),
      path_(std::filesystem::absolute(config.capture)),  // the application may go to another folder
      most_bytes_(saturating_product(config.capture_mib, std::uint64_t{1} << 20)),
      keeps_source_(config.capture_source),
      devices_(std::move(devices)) {}

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
