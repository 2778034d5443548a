#include "runtime/core/semaphore.hpp"

#include <algorithm>

namespace kiesel::runtime {

Semaphore::Semaphore(Context& context, std::vector<Ref<Device>> devices,
                     std::vector<cl_semaphore_properties_khr> given, std::optional<SharedPayload> payload,
                     bool exportable)
    : context_(&context),
      devices_(std::move(devices)),
      given_(std::move(given)),
      payload_(std::move(payload)),
      exportable_(exportable) {}

bool Semaphore::is_for(const Device& device) const {
  return std::any_of(devices_.begin(), devices_.end(), [&](const auto& own) { return own.get() == &device; });
}

Ref<Event> Semaphore::next_signal() {
  if (payload_) {
    auto gate = create_user_event(*context_);
    take_later(*payload_, Ref<Object>(this), gate);
    return gate;
  }
  std::lock_guard lock(mutex_);
  if (signal_) return std::exchange(signal_, {});
  waiting_.push_back(create_user_event(*context_));
  return waiting_.back();
}

void Semaphore::add_signal(Event& signal) {
  if (payload_) return;
  Ref<Event> gate, before;  // released after the lock
  {
    std::lock_guard lock(mutex_);
    if (waiting_.empty()) {
      before = std::exchange(signal_, Ref<Event>(&signal));
      return;
    }
    gate = std::move(waiting_.front());
    waiting_.pop_front();
  }
  // Opens the gate when the signal is done, however it ends.
  auto relay = make_ref<Event>(
      *signal.queue(), signal.type(), [](Event& self) { self.finish_now(); },
      [gate](Event& self) { gate->set_user_status(std::min(self.status(), CL_COMPLETE)); });
  relay->wait_for(signal, true);
  relay->launch();
}

}  // namespace kiesel::runtime
