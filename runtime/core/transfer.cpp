#include "runtime/core/transfer.hpp"

#include "runtime/core/command_queue.hpp"

namespace kiesel::runtime {
namespace {

// The memory object's address on the device that runs `event`; on failure the event is over.
bool acquire(Event& event, MemoryObject& memory, device::Address& address) {
  auto outcome = memory.acquire(event.queue()->device());
  if (outcome.ok())
    address = *outcome;
  else
    event.fail(outcome.error().code, outcome.error().reason);
  return outcome.ok();
}

}  // namespace

Event::Work read_work(MemoryObject& memory, std::size_t offset, void* target, const device::Box& box) {
  return [memory = Ref<MemoryObject>(&memory), offset, target, box](Event& event) {
    device::Address address = 0;
    if (acquire(event, *memory, address)) event.submit(device::Read{address + offset, target, box});
  };
}

Event::Work write_work(MemoryObject& memory, std::size_t offset, const void* source, const device::Box& box) {
  return [memory = Ref<MemoryObject>(&memory), offset, source, box](Event& event) {
    device::Address address = 0;
    if (acquire(event, *memory, address)) event.submit(device::Write{source, address + offset, box});
  };
}

Event::Work copy_work(MemoryObject& source, std::size_t source_offset, MemoryObject& target,
                      std::size_t target_offset, const device::Box& box) {
  return [source = Ref<MemoryObject>(&source), source_offset, target = Ref<MemoryObject>(&target),
          target_offset, box](Event& event) {
    device::Address from = 0, to = 0;
    if (acquire(event, *source, from) && acquire(event, *target, to))
      event.submit(device::Copy{from + source_offset, to + target_offset, box});
  };
}

Event::Work fill_work(MemoryObject& memory, std::size_t offset, std::size_t bytes,
                      std::vector<std::byte> pattern) {
  return [memory = Ref<MemoryObject>(&memory), offset, bytes, pattern = std::move(pattern)](Event& event) {
    device::Address address = 0;
    if (acquire(event, *memory, address)) event.submit(device::Fill{address + offset, bytes, pattern});
  };
}

// Many rows are a write of one row to many places: its source's pitches are 0.
Event::Work fill_box_work(MemoryObject& memory, std::size_t offset, const device::Box& box,
                          std::vector<std::byte> pattern) {
  if (box.size[1] == 1 && box.size[2] == 1) return fill_work(memory, offset, box.size[0], std::move(pattern));
  auto row = std::make_shared<std::vector<std::byte>>(box.size[0]);
  for (std::size_t at = 0; at < row->size(); at += pattern.size())
    std::copy(pattern.begin(), pattern.end(), row->begin() + static_cast<std::ptrdiff_t>(at));
  auto repeated = box;
  repeated.source_row_pitch = repeated.source_slice_pitch = 0;
  return [memory = Ref<MemoryObject>(&memory), offset, row, repeated](Event& event) {
    device::Address address = 0;
    if (!acquire(event, *memory, address)) return;
    event.submit(device::Write{row->data(), address + offset, repeated},
                 [row](Event& done, const device::Completion& completion) { done.finish(completion); });
  };
}

Event::Work map_work(MemoryObject& memory, const MemoryObject::Mapping& mapping) {
  if (mapping.copied && !(mapping.flags & CL_MAP_WRITE_INVALIDATE_REGION))
    return read_work(memory, mapping.offset, mapping.pointer, mapping.box);
  return migrate_work({Ref<MemoryObject>(&memory)});
}

Event::Work unmap_work(MemoryObject& memory, const MemoryObject::Mapping& mapping) {
  if (mapping.copied && (mapping.flags & (CL_MAP_WRITE | CL_MAP_WRITE_INVALIDATE_REGION)))
    return write_work(memory, mapping.offset, mapping.pointer, mapping.box);
  return [memory = Ref<MemoryObject>(&memory)](Event& event) { event.finish_now(); };
}

Event::Work migrate_work(std::vector<Ref<MemoryObject>> objects) {
  return [objects = std::move(objects)](Event& event) {
    device::Address address = 0;
    for (const auto& memory : objects)
      if (!acquire(event, *memory, address)) return;
    event.finish_now();
  };
}

Event::Work no_work() {
  return [](Event& event) { event.finish_now(); };
}

}  // namespace kiesel::runtime
