#include "runtime/core/transfer.hpp"

#include "runtime/core/acquisition.hpp"

namespace kiesel::runtime {
namespace {

using Addresses = std::span<const device::Address>;

// From the first to the last byte of a box.
Range range_of(std::size_t offset, const std::array<std::uint64_t, 3>& size, std::uint64_t row_pitch,
               std::uint64_t slice_pitch) {
  return {offset, offset + (size[2] - 1) * slice_pitch + (size[1] - 1) * row_pitch + size[0]};
}

MemoryUse source_of(MemoryObject& memory, std::size_t offset, const device::Box& box) {
  return {&memory, Access::kRead, range_of(offset, box.size, box.source_row_pitch, box.source_slice_pitch)};
}

MemoryUse target_of(MemoryObject& memory, std::size_t offset, const device::Box& box) {
  const Range range = range_of(offset, box.size, box.target_row_pitch, box.target_slice_pitch);
  const bool without_gaps = range.end - range.begin == box.size[0] * box.size[1] * box.size[2];
  return {&memory, without_gaps ? Access::kOverwrite : Access::kWrite, range};
}

// Of memory that the host sees: no command says it.
device::HostUse use_of(device::Address at, const MemoryObject::Mapping& mapping) {
  const bool overwrites = mapping.flags & CL_MAP_WRITE_INVALIDATE_REGION;
  return {at + mapping.offset, mapping.box, !overwrites, overwrites || (mapping.flags & CL_MAP_WRITE)};
}

}  // namespace

Event::Work read_work(MemoryObject& memory, std::size_t offset, void* target, const device::Box& box) {
  return [memory = Ref<MemoryObject>(&memory), offset, target, box](Event& event) {
    acquire(event, std::array{source_of(*memory, offset, box)}, [=](Event& self, Addresses at) {
      self.submit(device::Read{at[0] + offset, target, box});
    });
  };
}

Event::Work write_work(MemoryObject& memory, std::size_t offset, const void* source, const device::Box& box) {
  return [memory = Ref<MemoryObject>(&memory), offset, source, box](Event& event) {
    acquire(event, std::array{target_of(*memory, offset, box)}, [=](Event& self, Addresses at) {
      self.submit(device::Write{source, at[0] + offset, box});
    });
  };
}

Event::Work copy_work(MemoryObject& source, std::size_t source_offset, MemoryObject& target,
                      std::size_t target_offset, const device::Box& box) {
  return [source = Ref<MemoryObject>(&source), source_offset, target = Ref<MemoryObject>(&target),
          target_offset, box](Event& event) {
    acquire(event, std::array{source_of(*source, source_offset, box), target_of(*target, target_offset, box)},
            [=](Event& self, Addresses at) {
              self.submit(device::Copy{at[0] + source_offset, at[1] + target_offset, box});
            });
  };
}

Event::Work fill_work(MemoryObject& memory, std::size_t offset, std::size_t bytes,
                      std::vector<std::byte> pattern) {
  return [memory = Ref<MemoryObject>(&memory), offset, bytes, pattern = std::move(pattern)](Event& event) {
    acquire(event, std::array{target_of(*memory, offset, flat_box(bytes))}, [=](Event& self, Addresses at) {
      self.submit(device::Fill{at[0] + offset, bytes, pattern});
    });
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
    acquire(event, std::array{target_of(*memory, offset, repeated)}, [=](Event& self, Addresses at) {
      self.submit(device::Write{row->data(), at[0] + offset, repeated},
                  [row](Event& done, const device::Completion& completion) { done.finish(completion); });
    });
  };
}

Event::Work map_work(MemoryObject& memory, const MemoryObject::Mapping& mapping) {
  if (mapping.copied && !(mapping.flags & CL_MAP_WRITE_INVALIDATE_REGION))
    return read_work(memory, mapping.offset, mapping.pointer, mapping.box);
  if (mapping.copied) return migrate_work({Ref<MemoryObject>(&memory)});
  return [memory = Ref<MemoryObject>(&memory), mapping](Event& event) {
    acquire_in_turn(event, {{memory.get(), Access::kRead, {0, memory->size()}}},
                    [mapping](Event& self, Addresses at) {
                      self.queue()->device().implementation().host_begins(use_of(at[0], mapping));
                      self.finish_now();
                    });
  };
}

Event::Work unmap_work(MemoryObject& memory, const MemoryObject::Mapping& mapping) {
  if (mapping.copied && (mapping.flags & (CL_MAP_WRITE | CL_MAP_WRITE_INVALIDATE_REGION)))
    return write_work(memory, mapping.offset, mapping.pointer, mapping.box);
  if (mapping.copied) return [memory = Ref<MemoryObject>(&memory)](Event& event) { event.finish_now(); };
  return [memory = Ref<MemoryObject>(&memory), mapping](Event& event) {
    Device& device = event.queue()->device();
    if (const auto at = memory->address(device); at.ok())
      device.implementation().host_ends(use_of(*at, mapping));
    event.finish_now();
  };
}

Event::Work migrate_work(std::vector<Ref<MemoryObject>> objects) {
  return [objects = std::move(objects)](Event& event) {
    std::vector<MemoryUse> uses;
    for (const auto& memory : objects) uses.push_back({memory.get(), Access::kRead, {0, memory->size()}});
    acquire_in_turn(event, std::move(uses), [](Event& self, Addresses) { self.finish_now(); });
  };
}

Event::Work no_work() {
  return [](Event& event) { event.finish_now(); };
}

}  // namespace kiesel::runtime
