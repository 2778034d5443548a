#include "runtime/core/context.hpp"

#include <algorithm>
#include <atomic>

#include "runtime/core/buffer.hpp"
#include "runtime/core/callbacks.hpp"
#include "runtime/core/command_queue.hpp"
#include "runtime/core/handle.hpp"
#include "support/config.hpp"
#include "support/uncancelled.hpp"

namespace kiesel::runtime {
namespace {

device::Owner next_owner() {
  static constinit std::atomic<device::Owner> last{0};
  return config().isolate ? last.fetch_add(1) + 1 : 0;
}

}  // namespace

Context::Context(std::vector<Ref<Device>> devices, std::vector<cl_context_properties> properties,
                 Notify notify, void* user_data)
    : devices_(std::move(devices)),
      properties_(std::move(properties)),
      notify_(notify),
      user_data_(user_data),
      owner_(next_owner()) {
  for (const auto& device : devices_) {
    named_.emplace_back(*device);
    const Ref<Device> root(&device->root());
    if (std::find(roots_.begin(), roots_.end(), root) == roots_.end()) roots_.push_back(root);
  }
}

Context::~Context() {
  // OpenCL 3.0, clSetContextDestructorCallback: in the reverse order of registration.
  auto call = [callbacks = std::move(destructor_callbacks_), handle = cl_handle(*this)] {
    const Uncancelled until_the_end;
    for (auto it = callbacks.rbegin(); it != callbacks.rend(); ++it) it->first(handle, it->second);
  };
  if (OnDeviceThread::active())
    post_callback(std::move(call));
  else
    call();
}

bool Context::has(const Device& device) const {
  return std::any_of(devices_.begin(), devices_.end(), [&](const auto& own) { return own.get() == &device; });
}

void Context::add_queue(CommandQueue& queue) {
  std::lock_guard lock(mutex_);
  queues_.push_back(&queue);
}

void Context::remove_queue(CommandQueue& queue) {
  std::lock_guard lock(mutex_);
  std::erase(queues_, &queue);
}

std::vector<Ref<CommandQueue>> Context::queues() {
  std::lock_guard lock(mutex_);
  std::vector<Ref<CommandQueue>> out;
  for (CommandQueue* queue : queues_)
    if (queue->retain_if_alive()) out.push_back(Ref<CommandQueue>::adopt(queue));
  return out;
}

void Context::add_addressed(Buffer& buffer) {
  std::lock_guard lock(mutex_);
  addressed_.push_back(&buffer);
}

void Context::remove_addressed(Buffer& buffer) {
  std::lock_guard lock(mutex_);
  std::erase(addressed_, &buffer);
}

Ref<Buffer> Context::addressed_at(Device& device, device::Address address) {
  std::vector<Ref<Buffer>> buffers;  // asked, and released, after the lock
  {
    std::lock_guard lock(mutex_);
    for (Buffer* buffer : addressed_)
      if (buffer->retain_if_alive()) buffers.push_back(Ref<Buffer>::adopt(buffer));
  }
  for (const auto& buffer : buffers) {
    const auto begin = buffer->address(device);
    if (begin.ok() && address - *begin < buffer->size()) return buffer;
  }
  return {};
}

void Context::notify(std::string reason) {
  if (!notify_) return;
  post_callback([notify = notify_, user_data = user_data_, reason = std::move(reason)] {
    notify(reason.c_str(), nullptr, 0, user_data);
  });
}

void Context::add_destructor_callback(DestructorCallback callback, void* user_data) {
  std::lock_guard lock(mutex_);
  destructor_callbacks_.emplace_back(callback, user_data);
}

}  // namespace kiesel::runtime
