#include "runtime/core/svm.hpp"

#include <cstring>

#include "runtime/core/memory.hpp"

namespace kiesel::runtime {

Event::Work svm_copy_work(const SvmRange& target, const SvmRange& source, std::size_t bytes) {
  return [target, source, bytes](Event& event) {
    const auto to = address_of(target.begin), from = address_of(source.begin);
    if (target.owner && source.owner) {
      event.submit(device::Copy{from, to, flat_box(bytes)});
    } else if (target.owner) {
      event.submit(device::Write{source.begin, to, flat_box(bytes)});
    } else if (source.owner) {
      event.submit(device::Read{from, target.begin, flat_box(bytes)});
    } else {
      std::memcpy(target.begin, source.begin, bytes);
      event.finish_now();
    }
  };
}

Event::Work svm_fill_work(const SvmRange& target, std::size_t bytes, std::vector<std::byte> pattern) {
  return [target, bytes, pattern = std::move(pattern)](Event& event) {
    event.submit(device::Fill{address_of(target.begin), bytes, pattern});
  };
}

}  // namespace kiesel::runtime
