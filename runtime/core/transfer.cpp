#include "runtime/core/transfer.hpp"

#include "runtime/core/command_queue.hpp"

namespace kiesel::runtime {
namespace {

// The buffer's address on the device that runs `event`; on failure the event is over.
bool acquire(Event& event, Buffer& buffer, device::Address& address) {
  auto outcome = buffer.acquire(event.queue()->device());
  if (outcome.ok())
    address = *outcome;
  else
    event.fail(outcome.error().code, outcome.error().reason);
  return outcome.ok();
}

}  // namespace

device::Box flat_box(std::size_t bytes) {
  device::Box box;
  box.size = {bytes, 1, 1};
  return box;
}

Event::Work read_work(Buffer& buffer, std::size_t offset, void* target, const device::Box& box) {
  return [buffer = Ref<Buffer>(&buffer), offset, target, box](Event& event) {
    device::Address address = 0;
    if (acquire(event, *buffer, address)) event.submit(device::Read{address + offset, target, box});
  };
}

Event::Work write_work(Buffer& buffer, std::size_t offset, const void* source, const device::Box& box) {
  return [buffer = Ref<Buffer>(&buffer), offset, source, box](Event& event) {
    device::Address address = 0;
    if (acquire(event, *buffer, address)) event.submit(device::Write{source, address + offset, box});
  };
}

Event::Work copy_work(Buffer& source, std::size_t source_offset, Buffer& target, std::size_t target_offset,
                      const device::Box& box) {
  return [source = Ref<Buffer>(&source), source_offset, target = Ref<Buffer>(&target), target_offset,
          box](Event& event) {
    device::Address from = 0, to = 0;
    if (acquire(event, *source, from) && acquire(event, *target, to))
      event.submit(device::Copy{from + source_offset, to + target_offset, box});
  };
}

Event::Work fill_work(Buffer& buffer, std::size_t offset, std::size_t bytes, std::vector<std::byte> pattern) {
  return [buffer = Ref<Buffer>(&buffer), offset, bytes, pattern = std::move(pattern)](Event& event) {
    device::Address address = 0;
    if (acquire(event, *buffer, address)) event.submit(device::Fill{address + offset, bytes, pattern});
  };
}

Event::Work map_work(Buffer& buffer, const Buffer::Mapping& mapping) {
  if (mapping.copied && !(mapping.flags & CL_MAP_WRITE_INVALIDATE_REGION))
    return read_work(buffer, mapping.offset, mapping.pointer, flat_box(mapping.size));
  return migrate_work({Ref<Buffer>(&buffer)});
}

Event::Work unmap_work(Buffer& buffer, const Buffer::Mapping& mapping) {
  if (mapping.copied && (mapping.flags & (CL_MAP_WRITE | CL_MAP_WRITE_INVALIDATE_REGION)))
    return write_work(buffer, mapping.offset, mapping.pointer, flat_box(mapping.size));
  return [buffer = Ref<Buffer>(&buffer)](Event& event) { event.finish_now(); };
}

Event::Work migrate_work(std::vector<Ref<Buffer>> buffers) {
  return [buffers = std::move(buffers)](Event& event) {
    device::Address address = 0;
    for (const auto& buffer : buffers)
      if (!acquire(event, *buffer, address)) return;
    event.finish_now();
  };
}

Event::Work no_work() {
  return [](Event& event) { event.finish_now(); };
}

}  // namespace kiesel::runtime
