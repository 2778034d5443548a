#include "evaluation/check/watch.hpp"

#include <fmt/format.h>

namespace kiesel::check {

Watch::Watch(Session& session, std::shared_ptr<Program> program, const device::Launch& launch)
    : session_(session), submitted_(session.submitted()) {
  state_.program = std::move(program);
  state_.kernel = launch.kernel;
  state_.table = state_.program->kernel(launch.kernel);
  state_.number = session.collector().next_launch();
  state_.reach = launch.reach;
  state_.printf_buffer = launch.printf_buffer;
  state_.private_bytes = launch.private_memory_bytes;
}

Watch::~Watch() {
  if (!is_done_) session_.launch_done(id_, submitted_);
}

std::span<const device::Interest> Watch::begin(const device::ObservedLaunch& launch) {
  begun_ = true;
  state_.shape = launch;
  return session_.begin(state_, submitted_);
}

void Watch::end(bool stuck) {
  stuck_ = stuck;
  id_ = session_.end(stuck);
}

void Watch::done(const Status& status) {
  is_done_ = true;
  session_.launch_done(id_, submitted_);
  Collector& collector = session_.collector();
  if (status.ok() || stuck_) return;
  const Error& error = status.error();
  if (error.code != Errc::kFault || !begun_) {
    collector.note(fmt::format("kernel '{}' was not checked to its end: {}", state_.kernel, error.reason));
    return;
  }
  Finding finding;
  finding.kind = Kind::kFault;
  finding.kernel = state_.kernel;
  finding.launch = state_.number;
  finding.deed = {{state_.program->name(), 0, {}, {}, {}, 0}, "fault", "the kernel"};
  finding.what = error.reason;
  collector.add({Kind::kFault, state_.program->name(), state_.kernel, 0, 0, {}}, 1,
                [&] { return std::move(finding); });
}

}  // namespace kiesel::check
