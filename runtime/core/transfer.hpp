// The work of commands that move bytes: each returns what Event::start runs.
#pragma once

#include "runtime/core/event.hpp"
#include "runtime/core/memory.hpp"

namespace kiesel::runtime {

// Offsets are bytes from the start of the buffer. Host memory must live until the command is done.
Event::Work read_work(Buffer& buffer, std::size_t offset, void* target, const device::Box& box);
Event::Work write_work(Buffer& buffer, std::size_t offset, const void* source, const device::Box& box);
Event::Work copy_work(Buffer& source, std::size_t source_offset, Buffer& target, std::size_t target_offset,
                      const device::Box& box);
Event::Work fill_work(Buffer& buffer, std::size_t offset, std::size_t bytes, std::vector<std::byte> pattern);
Event::Work map_work(Buffer& buffer, const Buffer::Mapping& mapping);
Event::Work unmap_work(Buffer& buffer, const Buffer::Mapping& mapping);
Event::Work migrate_work(std::vector<Ref<Buffer>> buffers);
Event::Work no_work();

device::Box flat_box(std::size_t bytes);

}  // namespace kiesel::runtime
