#include "runtime/core/context.hpp"

#include <algorithm>

#include "runtime/core/callbacks.hpp"
#include "runtime/core/handle.hpp"

namespace kiesel::runtime {

Context::Context(std::vector<Ref<Device>> devices, std::vector<cl_context_properties> properties,
                 Notify notify, void* user_data)
    : devices_(std::move(devices)),
      properties_(std::move(properties)),
      notify_(notify),
      user_data_(user_data) {
  for (const auto& device : devices_) {
    named_.emplace_back(*device);
    const Ref<Device> root(&device->root());
    if (std::find(roots_.begin(), roots_.end(), root) == roots_.end()) roots_.push_back(root);
  }
}

Context::~Context() {
  // OpenCL 3.0, clSetContextDestructorCallback: in the reverse order of registration.
  auto call = [callbacks = std::move(destructor_callbacks_), handle = cl_handle(*this)] {
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
