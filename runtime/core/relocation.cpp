#include "runtime/core/relocation.hpp"

#include <algorithm>
#include <memory>

#include "runtime/core/callbacks.hpp"
#include "runtime/core/memory.hpp"

namespace kiesel::runtime {
namespace {

// Most of the host's memory that one takes on the way.
constexpr std::size_t kPassageBytes = std::size_t{16} << 20;

class Relocating : public std::enable_shared_from_this<Relocating> {
 public:
  Relocating(std::vector<Relocation> list, std::function<void(const Status&)> done)
      : list_(std::move(list)), done_(std::move(done)) {}

  void next() {
    if (list_.empty()) {
      done_({});
      return;
    }
    const Relocation& first = list_.back();
    if (auto* target = first.to->host_pointer(first.target))
      submit(*first.from, device::Read{first.source, target, flat_box(first.bytes)},
             [](Relocating& self) { self.moved(self.list_.back().bytes); });
    else if (const auto* source = first.from->host_pointer(first.source))
      submit(*first.to, device::Write{source, first.target, flat_box(first.bytes)},
             [](Relocating& self) { self.moved(self.list_.back().bytes); });
    else
      through_the_host();
  }

 private:
  using Step = void (*)(Relocating& self);

  void submit(device::Device& device, device::Command command, Step then) {
    device.submit(std::move(command),
                  [self = shared_from_this(), then](const device::Completion& completion) {
                    const OnDeviceThread scope;
                    if (!completion.status.ok()) {
                      self->done_(completion.status);
                      return;
                    }
                    then(*self);
                  });
  }

  void through_the_host() {
    const Relocation& first = list_.back();
    try {
      passage_.resize(std::min(first.bytes, kPassageBytes));
    } catch (const std::bad_alloc&) {
      done_(Error{Errc::kOutOfMemory, "no memory of the host to move contents to another device"});
      return;
    }
    submit(*first.from, device::Read{first.source, passage_.data(), flat_box(passage_.size())},
           [](Relocating& self) {
             const Relocation& now = self.list_.back();
             self.submit(*now.to,
                         device::Write{self.passage_.data(), now.target, flat_box(self.passage_.size())},
                         [](Relocating& again) { again.moved(again.passage_.size()); });
           });
  }

  void moved(std::size_t bytes) {
    Relocation& first = list_.back();
    first.source += bytes, first.target += bytes, first.bytes -= bytes;
    if (first.bytes == 0) list_.pop_back();
    next();
  }

  std::vector<Relocation> list_;  // the last one first
  std::vector<std::byte> passage_;
  std::function<void(const Status&)> done_;
};

}  // namespace

void relocate(std::vector<Relocation> list, std::function<void(const Status&)> done) {
  std::make_shared<Relocating>(std::move(list), std::move(done))->next();
}

}  // namespace kiesel::runtime
