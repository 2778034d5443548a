// The work of commands that move bytes: each returns what Event::start runs.
#pragma once

#include "runtime/core/event.hpp"
#include "runtime/core/memory.hpp"

namespace kiesel::runtime {

// Offsets are bytes from the start of the memory object. Host memory must live until the command is done.
Event::Work read_work(MemoryObject& memory, std::size_t offset, void* target, const device::Box& box);
Event::Work write_work(MemoryObject& memory, std::size_t offset, const void* source, const device::Box& box);
Event::Work copy_work(MemoryObject& source, std::size_t source_offset, MemoryObject& target,
                      std::size_t target_offset, const device::Box& box);
Event::Work fill_work(MemoryObject& memory, std::size_t offset, std::size_t bytes,
                      std::vector<std::byte> pattern);
// The pattern over and over in each row of the box, whose rows are whole numbers of patterns.
Event::Work fill_box_work(MemoryObject& memory, std::size_t offset, const device::Box& box,
                          std::vector<std::byte> pattern);
Event::Work map_work(MemoryObject& memory, const MemoryObject::Mapping& mapping);
Event::Work unmap_work(MemoryObject& memory, const MemoryObject::Mapping& mapping);
Event::Work migrate_work(std::vector<Ref<MemoryObject>> objects);
Event::Work no_work();

}  // namespace kiesel::runtime
