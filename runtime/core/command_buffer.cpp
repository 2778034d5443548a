#include "runtime/core/command_buffer.hpp"

#include <algorithm>

namespace kiesel::runtime {
namespace {

using Steps = CommandBuffer::Steps;

// One enqueue of a command-buffer under way.
struct Run {
  Run(Event& event, std::size_t steps) : whole(&event), left(steps) {}

  Ref<Event> whole;
  std::mutex mutex;  // guards what follows
  std::size_t left;
  cl_int status = CL_COMPLETE;
  std::uint64_t started = ~std::uint64_t{0}, ended = 0;

  void step_ended(const Event& step) {
    {
      std::lock_guard lock(mutex);
      // A step that waited for a failed one says less than that one.
      if (step.status() < 0 &&
          (status == CL_COMPLETE || status == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST))
        status = step.status();
      started = std::min(started, step.times().started);
      ended = std::max(ended, step.times().ended);
      if (--left) return;
    }
    whole->end_parts(status, started, ended);
  }
};

void run_steps(Event& event, const Steps& steps) {
  if (steps.empty()) {
    event.finish_now();
    return;
  }
  event.begin_parts();
  const auto run = std::make_shared<Run>(event, steps.size());
  std::vector<Ref<Event>> events;
  events.reserve(steps.size());
  for (const auto& step : steps) {
    auto made = make_ref<Event>(
        *event.queue(), step.type, [work = step.work](Event& self) { (*work)(self); },
        [run](Event& self) { run->step_ended(self); });
    for (const std::uint32_t before : step.waits) made->wait_for(*events[before], true);
    events.push_back(std::move(made));
  }
  for (const auto& step : events) step->launch();
}

}  // namespace

CommandBuffer::CommandBuffer(CommandQueue& queue, cl_command_buffer_flags_khr flags, bool fixed_work_groups,
                             std::vector<cl_command_buffer_properties_khr> given)
    : queue_(&queue), flags_(flags), fixed_work_groups_(fixed_work_groups), given_(std::move(given)) {}

// "freeing the command-buffer will also free" the handles of its commands.
CommandBuffer::~CommandBuffer() {
  for (const auto& command : commands_) release_handle(*command->handle());
}

Outcome<std::uint32_t> CommandBuffer::record(cl_command_type type, std::shared_ptr<const Event::Work> work,
                                             std::vector<std::uint32_t> waits, Order order) {
  std::lock_guard lock(mutex_);
  if (steps_)
    return ApiError{CL_INVALID_OPERATION, "the command-buffer is finalized", Ref<Object>(&context())};
  const auto number = static_cast<std::uint32_t>(recording_.size());
  for (const std::uint32_t before : waits)
    if (before >= number)
      return ApiError{CL_INVALID_SYNC_POINT_WAIT_LIST_KHR, "a sync point that is not of this command-buffer",
                      Ref<Object>(&context())};
  if (!queue_->out_of_order()) {
    if (number > 0) waits.push_back(number - 1);
  } else if (order == Order::kBarrier && waits.empty()) {
    for (std::uint32_t i = barrier_.value_or(0); i < number; ++i) waits.push_back(i);
  } else if (barrier_) {
    waits.push_back(*barrier_);
  }
  recording_.push_back({type, std::move(work), std::move(waits)});
  if (order == Order::kBarrier) barrier_ = number;
  return number;
}

void CommandBuffer::add(Ref<MutableCommand> command) {
  std::lock_guard lock(mutex_);
  commands_.push_back(std::move(command));
}

Outcome<> CommandBuffer::finalize() {
  std::lock_guard lock(mutex_);
  if (steps_)
    return ApiError{CL_INVALID_OPERATION, "the command-buffer is finalized", Ref<Object>(&context())};
  steps_ = std::make_shared<const Steps>(std::move(recording_));
  return {};
}

bool CommandBuffer::finalized() const {
  std::lock_guard lock(mutex_);
  return steps_ != nullptr;
}

bool CommandBuffer::executable() const {
  std::lock_guard lock(mutex_);
  return steps_ && std::all_of(steps_->begin(), steps_->end(), [](const Step& step) { return step.work; });
}

void CommandBuffer::replace(
    const std::vector<std::pair<std::uint32_t, std::shared_ptr<const Event::Work>>>& works) {
  std::lock_guard lock(mutex_);
  auto steps = std::make_shared<Steps>(*steps_);
  for (const auto& [number, work] : works) (*steps)[number].work = work;
  steps_ = std::move(steps);
}

Event::Work CommandBuffer::work() const {
  std::lock_guard lock(mutex_);
  return [steps = steps_](Event& event) { run_steps(event, *steps); };
}

MutableCommand::MutableCommand(CommandBuffer& buffer, std::uint32_t step, Kernel& kernel,
                               cl_mutable_dispatch_fields_khr fields, std::vector<cl_properties> given,
                               Dispatch dispatch)
    : buffer_(buffer),
      step_(step),
      kernel_(&kernel),
      kernel_handle_(kernel),
      fields_(fields),
      given_(std::move(given)),
      dispatch_(std::move(dispatch)) {}

MutableCommand::Dispatch MutableCommand::dispatch() const {
  std::lock_guard lock(mutex_);
  return dispatch_;
}

void MutableCommand::set_dispatch(Dispatch dispatch) {
  std::lock_guard lock(mutex_);
  dispatch_ = std::move(dispatch);
}

}  // namespace kiesel::runtime
