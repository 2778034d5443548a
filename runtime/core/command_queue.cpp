#include "runtime/core/command_queue.hpp"

#include "runtime/core/transfer.hpp"

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

// Out of order: after the commands that it must wait for.
void CommandQueue::list(Event& event, bool waits_for_none, Order order) {
  std::lock_guard lock(mutex_);
  if (out_of_order()) {
    if (order != Order::kCommand && waits_for_none) {
      for (Event* before = first_; before; before = before->after) event.wait_for(*before, false);
    } else if (barrier_) {
      event.wait_for(*barrier_, false);
    }
    if (order == Order::kBarrier) barrier_ = &event;
  }
  event.before = last_;
  (last_ ? last_->after : first_) = &event;
  last_ = &event;
}

void CommandQueue::unlist(Event& event) {
  std::lock_guard lock(mutex_);
  (event.before ? event.before->after : first_) = event.after;
  (event.after ? event.after->before : last_) = event.before;
  if (barrier_ == &event) barrier_ = nullptr;
}

// In order: behind the last command, if there is one. Of the two, this and the end of that command, the
// second one makes the step on: a command that has ended is its own next one.
void CommandQueue::follow(Event& event) {
  event.set_has_predecessor(true);
  Event* const last = end_.exchange(&event);
  if (!last)
    retain();
  else if (last->next.exchange(&event) != last)
    return;
  else
    last->release();
  event.set_has_predecessor(false);
}

Ref<Event> CommandQueue::enqueue(cl_command_type type, const std::vector<Ref<Event>>& waits, Event::Work work,
                                 Order order, Use use) {
  const bool listed = lists(type);
  auto event = make_ref<Event>(*this, type, std::move(work), listed || use != Use::kNone);
  if (listed) list(*event, waits.empty(), order);
  Ref<Event> kept;
  if (use != Use::kNone) kept = event;
  Event* const command = event.give_up();  // forget() lets go; the command cannot start before launch()
  if (!out_of_order()) follow(*command);
  for (const auto& other : waits) command->wait_for(*other, true);
  command->launch(use == Use::kWait);
  return kept;
}

void CommandQueue::wait_for_all(cl_command_type type) {
  if (!out_of_order() && !type) {
    if (end_.load()) enqueue(CL_COMMAND_MARKER, {}, no_work(), Order::kCommand, Use::kWait)->wait();
    return;
  }
  std::vector<Ref<Event>> events;
  {
    std::lock_guard lock(mutex_);
    for (Event* event = first_; event; event = event->after)
      if (!type || event->type() == type) events.emplace_back(event);
  }
  for (const auto& event : events) event->wait();
}

bool CommandQueue::finish() {
  wait_for_all();
  return !failed_.exchange(false);
}

// Perhaps the end of this queue.
void CommandQueue::forget(Event& event) {
  if (lists(event.type())) unlist(event);
  if (out_of_order()) {
    event.release();
    return;
  }
  Event* next = event.next.load(std::memory_order_acquire);
  if (!next) {
    Event* end = &event;
    if (end_.compare_exchange_strong(end, nullptr)) {
      event.release();
      release();
      return;
    }
    next = event.next.exchange(&event);
    if (!next) return;  // follow() goes on
  }
  // What the next one does was fetched when it was the second.
  if (Event* const second = next->next.load(std::memory_order_acquire))
    second->prefetch_work(), prefetch(second->next.load(std::memory_order_relaxed));
  else
    next->prefetch_work();
  event.release();
  next->predecessor_done();
}

}  // namespace kiesel::runtime
