#include "runtime/core/command_queue.hpp"

namespace kiesel::runtime {

CommandQueue::CommandQueue(Context& context, Device& device, cl_command_queue_properties properties,
                           std::vector<cl_queue_properties> given, device::Priority priority)
    : context_(&context),
      device_(&device),
      properties_(properties),
      given_(std::move(given)),
      priority_(priority) {
  context.add_queue(*this);
}

CommandQueue::~CommandQueue() { context_->remove_queue(*this); }

Ref<Event> CommandQueue::enqueue(cl_command_type type, const std::vector<Ref<Event>>& waits, Event::Work work,
                                 Order order) {
  auto event = make_ref<Event>(*context_, this, type, std::move(work));
  {
    std::lock_guard lock(mutex_);
    if (!out_of_order()) {
      if (!running_.empty()) event->wait_for(*running_.back(), false);
    } else if (order != Order::kCommand && waits.empty()) {
      for (Event* before : running_) event->wait_for(*before, false);
    } else if (barrier_) {
      event->wait_for(*barrier_, false);
    }
    event->queue_position = running_.insert(running_.end(), event.get());
    event->retain();  // forget() lets go
    if (out_of_order() && order == Order::kBarrier) barrier_ = event;
  }
  for (const auto& other : waits) event->wait_for(*other, true);
  event->launch();
  return event;
}

void CommandQueue::wait_for_all() {
  std::vector<Ref<Event>> events;
  {
    std::lock_guard lock(mutex_);
    if (out_of_order())
      for (Event* event : running_) events.emplace_back(event);
    else if (!running_.empty())
      events.emplace_back(running_.back());
  }
  for (const auto& event : events) event->wait();
}

bool CommandQueue::finish() {
  wait_for_all();
  return !failed_.exchange(false);
}

void CommandQueue::forget(Event& event) {
  Ref<Event> barrier;  // released after the lock
  {
    std::lock_guard lock(mutex_);
    running_.erase(event.queue_position);
    if (barrier_.get() == &event) barrier = std::move(barrier_);
  }
  event.release();
}

}  // namespace kiesel::runtime
