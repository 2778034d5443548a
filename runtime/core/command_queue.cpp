#include "runtime/core/command_queue.hpp"

namespace kiesel::runtime {
namespace {

// Another processor has written it, and this one will read it soon.
void prefetch(const Event* event) {
  constexpr std::size_t kLine = 64;
  for (std::size_t at = 0; event && at < sizeof(Event); at += kLine)
    __builtin_prefetch(reinterpret_cast<const char*>(event) + at, 1);
}

}  // namespace

CommandQueue::CommandQueue(Context& context, Device& device, cl_command_queue_properties properties,
                           std::vector<cl_queue_properties> given, device::Priority priority)
    : context_(&context),
      device_(&device),
      properties_(properties),
      given_(std::move(given)),
      priority_(priority) {
  will_be_listed();
  context.add_queue(*this);
}

CommandQueue::~CommandQueue() { context_->remove_queue(*this); }

void CommandQueue::append(Event& event) {
  event.before = last_;
  (last_ ? last_->after : first_) = &event;
  last_ = &event;
}

void CommandQueue::remove(Event& event) {
  (event.before ? event.before->after : first_) = event.after;
  (event.after ? event.after->before : last_) = event.before;
}

Ref<Event> CommandQueue::enqueue(cl_command_type type, const std::vector<Ref<Event>>& waits, Event::Work work,
                                 Order order, Use use) {
  auto event = make_ref<Event>(*context_, this, type, std::move(work));
  Event* const command = event.get();
  Ref<Event> kept;
  if (use != Use::kNone) kept = event;
  {
    std::lock_guard lock(mutex_);
    if (!out_of_order()) {
      if (last_) command->wait_for_predecessor();
    } else if (order != Order::kCommand && waits.empty()) {
      for (Event* before = first_; before; before = before->after) command->wait_for(*before, false);
    } else if (barrier_) {
      command->wait_for(*barrier_, false);
    }
    append(*event.give_up());  // forget() lets go; the command cannot start before launch()
    if (out_of_order() && order == Order::kBarrier) barrier_ = command;
  }
  for (const auto& other : waits) command->wait_for(*other, true);
  command->launch(use == Use::kWait);
  return kept;
}

void CommandQueue::wait_for_all(cl_command_type type) {
  std::vector<Ref<Event>> events;
  {
    std::lock_guard lock(mutex_);
    for (Event* event = out_of_order() || type ? first_ : last_; event; event = event->after)
      if (!type || event->type() == type) events.emplace_back(event);
  }
  for (const auto& event : events) event->wait();
}

bool CommandQueue::finish() {
  wait_for_all();
  return !failed_.exchange(false);
}

void CommandQueue::forget(Event& event) {
  Event* next = nullptr;
  {
    std::lock_guard lock(mutex_);
    if (!out_of_order()) next = event.after;
    // What the next one does was fetched when it was the second.
    if (Event* const second = next ? next->after : nullptr)
      second->prefetch_work(), prefetch(second->after);
    else if (next)
      next->prefetch_work();
    remove(event);
    if (barrier_ == &event) barrier_ = nullptr;
  }
  event.release();  // perhaps the end of this queue, unless `next` keeps it
  if (next) next->predecessor_done();
}

}  // namespace kiesel::runtime
