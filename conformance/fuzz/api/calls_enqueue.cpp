// Commands on buffers and images, maps, markers and barriers.
#include <algorithm>

#include "conformance/fuzz/api/calls.hpp"

namespace kiesel::conformance::api::calls {
namespace {

// Gives the command its wait list and event, judges, keeps the event.
template <class Call>
cl_int command(Fuzzer& f, const Queue& queue, bool blocking, const Call& call) {
  if (blocking) f.open_gates();
  const auto waits = f.waits(queue.context, blocking);
  auto* out = f.event_out();
  const cl_int result = call(waits, out);
  f.judge(result);
  f.keep_event(queue, waits, result, out);
  return result;
}

void check_host_access(Fuzzer& f, const Memory& memory, cl_mem_flags forbidden) {
  if (memory.flags & (forbidden | CL_MEM_HOST_NO_ACCESS)) f.wrong({CL_INVALID_OPERATION});
}

struct Range {
  std::size_t offset, size;
};
// Inside a buffer, mostly.
Range range_in(Fuzzer& f, const Memory& memory) {
  Range out{f.below(memory.size), 0};
  out.size = f.below(std::min(memory.size, kHostBytes) - out.offset + 1);
  if (f.spoil()) {
    f.wrong({CL_INVALID_VALUE});
    switch (f.below(3)) {
      case 0:
        out.offset = f.absurd();
        break;
      case 1:
        out.size = f.absurd();
        break;
      default:
        out.size = memory.size - out.offset + 1 + f.below(100);
        break;
    }
  }
  return out;
}

void* host_or_null(Fuzzer& f, std::size_t bytes) {
  if (!f.spoil()) return f.host(bytes);
  f.wrong({CL_INVALID_VALUE});
  return nullptr;
}

// What a rectangle covers of a memory object with these pitches.
struct Rectangle {
  std::size_t origin[3]{}, row_pitch = 0, slice_pitch = 0;
};

struct Pitches {
  std::size_t row, slice;
};
Pitches real_pitches(const Rectangle& r, const std::size_t* region) {
  const std::size_t row = r.row_pitch ? r.row_pitch : region[0];
  return {row, r.slice_pitch ? r.slice_pitch : region[1] * row};
}
std::size_t start_of(const Rectangle& r, const std::size_t* region) {
  const auto p = real_pitches(r, region);
  return r.origin[0] + r.origin[1] * p.row + r.origin[2] * p.slice;
}
std::size_t end_of(const Rectangle& r, const std::size_t* region) {
  const auto p = real_pitches(r, region);
  return start_of(r, region) + (region[2] - 1) * p.slice + (region[1] - 1) * p.row + region[0];
}

Rectangle rectangle(Fuzzer& f, const std::size_t* region) {
  Rectangle out;
  for (auto& value : out.origin) value = f.below(6);
  if (f.one_in(2)) out.row_pitch = region[0] + f.below(20);
  const std::size_t row = out.row_pitch ? out.row_pitch : region[0];
  if (f.one_in(2)) out.slice_pitch = row * (region[1] + f.below(3));
  return out;
}

// Of host memory a driver knows no bounds: only a pitch can be wrong.
void spoil_host_rectangle(Fuzzer& f, Rectangle& r, const std::size_t* region) {
  if (region[0] == 1 || !f.spoil()) return;
  f.wrong({CL_INVALID_VALUE});
  r.row_pitch = region[0] - 1;
}

void spoil_rectangle(Fuzzer& f, Rectangle& r, const std::size_t* region) {
  if (!f.spoil()) return;
  f.wrong({CL_INVALID_VALUE});
  switch (f.below(4)) {
    case 0:
      r.origin[f.below(3)] = f.absurd();
      break;
    case 1:
      r.row_pitch = region[0] > 1 ? region[0] - 1 : f.absurd();
      if (region[0] == 1) r.origin[1] = f.absurd();
      break;
    case 2:
      r.slice_pitch = f.absurd() | 1;
      r.row_pitch = std::max<std::size_t>(region[0], 2) * 2;
      break;
    default:
      r.row_pitch = f.absurd();
      r.origin[1] = 3, r.origin[2] = 3;
      break;
  }
}

// Whether two rectangles of one memory object share a byte: row by row.
bool share_bytes(const Rectangle& a, const Rectangle& b, const std::size_t* region) {
  const auto rows = [&](const Rectangle& r) {
    std::vector<std::size_t> out;
    const auto p = real_pitches(r, region);
    for (std::size_t z = 0; z < region[2]; ++z)
      for (std::size_t y = 0; y < region[1]; ++y)
        out.push_back(start_of(r, region) + z * p.slice + y * p.row);
    return out;
  };
  for (const std::size_t x : rows(a))
    for (const std::size_t y : rows(b))
      if (x < y + region[0] && y < x + region[0]) return true;
  return false;
}

struct RectangleTransfer {
  std::size_t region[3];
  Rectangle buffer, host;
};
RectangleTransfer plan_rectangle(Fuzzer& f, const Memory& memory) {
  RectangleTransfer out{{1 + f.below(24), 1 + f.below(6), 1 + f.below(3)}, {}, {}};
  out.buffer = rectangle(f, out.region);
  out.host = rectangle(f, out.region);
  if (end_of(out.buffer, out.region) > memory.size) f.wrong({CL_INVALID_VALUE});
  if (f.spoil())
    out.region[f.below(3)] = 0, f.wrong({CL_INVALID_VALUE});
  else
    spoil_rectangle(f, out.buffer, out.region), spoil_host_rectangle(f, out.host, out.region);
  return out;
}

struct Box {
  std::size_t origin[3], region[3];
};
// Inside an image, mostly.
Box box_in(Fuzzer& f, const Memory& image) {
  Box out{};
  for (int i = 0; i < 3; ++i) {
    out.origin[i] = f.below(image.grid[i]);
    out.region[i] = 1 + f.below(image.grid[i] - out.origin[i]);
  }
  if (f.spoil()) {
    f.wrong({CL_INVALID_VALUE});
    const auto i = f.below(3);
    switch (f.below(3)) {
      case 0:
        out.region[i] = 0;
        break;
      case 1:
        out.region[i] = f.absurd();
        break;
      default:
        out.origin[i] = f.one_in(2) ? image.grid[i] : f.absurd();
        break;
    }
  }
  return out;
}

struct HostPitches {
  std::size_t row = 0, slice = 0;
};
HostPitches host_pitches(Fuzzer& f, const Memory& image, const Box& box) {
  HostPitches out;
  const std::size_t row = box.region[0] * kFormats[image.format].bytes;
  if (f.one_in(4)) out.row = row + f.below(16);
  if (row > 1 && f.spoil()) {
    f.wrong({CL_INVALID_VALUE});
    if (f.one_in(2))
      out.row = row - 1;
    else
      out.slice = 1;  // too small, or of an image without slices
  }
  return out;
}

bool is_image(const Memory& memory) { return memory.shape == Memory::Shape::kImage; }

// The arguments of a transfer between host and image; false when there is no image.
struct ImageTransfer {
  Queue* queue;
  Memory* image;
  Box box;
};
bool plan_image_transfer(Fuzzer& f, ImageTransfer& out) {
  out.queue = f.pick(f.queues);
  out.image = f.memory_for(out.queue->context, Memory::Shape::kImage);
  if (!out.image) return f.forget(), false;
  if (!is_image(*out.image)) {
    out.box = {{0, 0, 0}, {1, 1, 1}};
    return true;
  }
  out.box = box_in(f, *out.image);
  return true;
}

cl_map_flags map_flags(Fuzzer& f, const Memory& memory) {
  const auto flags = f.one_of<cl_map_flags>(
      {CL_MAP_READ, CL_MAP_WRITE, CL_MAP_READ | CL_MAP_WRITE, CL_MAP_WRITE_INVALIDATE_REGION});
  if (flags & CL_MAP_READ) check_host_access(f, memory, CL_MEM_HOST_WRITE_ONLY);
  if (flags & ~cl_map_flags{CL_MAP_READ}) check_host_access(f, memory, CL_MEM_HOST_READ_ONLY);
  // Regions that are mapped for writing may not overlap.
  if ((flags & ~cl_map_flags{CL_MAP_READ}) && (!memory.mappings.empty() || memory.shared))
    f.maybe({CL_INVALID_OPERATION});
  if (!f.spoil()) return flags;
  f.wrong({CL_INVALID_VALUE});
  return f.one_of<cl_map_flags>({CL_MAP_READ | CL_MAP_WRITE_INVALIDATE_REGION, 1 << 10});
}

bool related(Fuzzer& f, const Memory& a, const Memory& b) {
  const auto root = [&](const Memory* memory) {
    while (memory->whole) {
      const Memory* whole = f.find(memory->whole);
      if (!whole) return memory->whole;
      memory = whole;
    }
    return memory->handle;
  };
  return root(&a) == root(&b);
}

}  // namespace

void clEnqueueReadBuffer(Fuzzer& f) {
  const Queue& queue = *f.pick(f.queues);
  const Memory* memory = f.memory_for(queue.context, Memory::Shape::kBuffer);
  if (!memory) return f.forget();
  const cl_command_queue handle = f.queue(queue);
  const cl_mem object = f.memory(*memory);
  const auto [offset, size] = range_in(f, *memory);
  void* const target = host_or_null(f, size);
  check_host_access(f, *memory, CL_MEM_HOST_WRITE_ONLY);
  const bool blocking = f.one_in(4);
  command(f, queue, blocking, [&](const auto& w, cl_event* out) {
    return f.cl.clEnqueueReadBuffer(handle, object, blocking, offset, size, target, w.count, w.list, out);
  });
}

void clEnqueueWriteBuffer(Fuzzer& f) {
  const Queue& queue = *f.pick(f.queues);
  const Memory* memory = f.memory_for(queue.context, Memory::Shape::kBuffer);
  if (!memory) return f.forget();
  const cl_command_queue handle = f.queue(queue);
  const cl_mem object = f.memory(*memory);
  const auto [offset, size] = range_in(f, *memory);
  void* const source = host_or_null(f, size);
  check_host_access(f, *memory, CL_MEM_HOST_READ_ONLY);
  const bool blocking = f.one_in(4);
  command(f, queue, blocking, [&](const auto& w, cl_event* out) {
    return f.cl.clEnqueueWriteBuffer(handle, object, blocking, offset, size, source, w.count, w.list, out);
  });
}

void clEnqueueCopyBuffer(Fuzzer& f) {
  const Queue& queue = *f.pick(f.queues);
  const Memory* from = f.memory_for(queue.context, Memory::Shape::kBuffer);
  const Memory* to = f.memory_for(queue.context, Memory::Shape::kBuffer);
  if (!from || !to) return f.forget();
  const cl_command_queue handle = f.queue(queue);
  const cl_mem source = f.memory(*from), target = f.memory(*to);
  const auto [offset, size] = range_in(f, *from);
  const std::size_t target_offset = f.below(to->size);
  if (size > to->size - target_offset) f.wrong({CL_INVALID_VALUE});
  if (from == to && size && offset < target_offset + size && target_offset < offset + size)
    f.wrong({CL_MEM_COPY_OVERLAP});
  else if (from != to && related(f, *from, *to))
    f.maybe({CL_MEM_COPY_OVERLAP});
  command(f, queue, false, [&](const auto& w, cl_event* out) {
    return f.cl.clEnqueueCopyBuffer(handle, source, target, offset, target_offset, size, w.count, w.list,
                                    out);
  });
}

void clEnqueueFillBuffer(Fuzzer& f) {
  const Queue& queue = *f.pick(f.queues);
  const Memory* memory = f.memory_for(queue.context, Memory::Shape::kBuffer);
  if (!memory) return f.forget();
  const cl_command_queue handle = f.queue(queue);
  const cl_mem object = f.memory(*memory);
  std::size_t pattern = std::size_t{1} << f.below(8);
  auto [offset, size] = range_in(f, *memory);
  if (f.right()) {
    offset = offset / pattern * pattern;
    size = size / pattern * pattern;
    if (f.spoil() && pattern > 1) size |= 1, f.wrong({CL_INVALID_VALUE});
  }
  if (f.spoil()) pattern = f.one_of<std::size_t>({0, 3, 256, 129}), f.wrong({CL_INVALID_VALUE});
  const void* const bytes = host_or_null(f, 128);
  command(f, queue, false, [&](const auto& w, cl_event* out) {
    return f.cl.clEnqueueFillBuffer(handle, object, bytes, pattern, offset, size, w.count, w.list, out);
  });
}

void clEnqueueReadBufferRect(Fuzzer& f) {
  const Queue& queue = *f.pick(f.queues);
  const Memory* memory = f.memory_for(queue.context, Memory::Shape::kBuffer);
  if (!memory) return f.forget();
  const cl_command_queue handle = f.queue(queue);
  const cl_mem object = f.memory(*memory);
  const auto plan = plan_rectangle(f, *memory);
  void* const target = host_or_null(f, kHostBytes);
  check_host_access(f, *memory, CL_MEM_HOST_WRITE_ONLY);
  const bool blocking = f.one_in(4);
  command(f, queue, blocking, [&](const auto& w, cl_event* out) {
    return f.cl.clEnqueueReadBufferRect(
        handle, object, blocking, plan.buffer.origin, plan.host.origin, plan.region, plan.buffer.row_pitch,
        plan.buffer.slice_pitch, plan.host.row_pitch, plan.host.slice_pitch, target, w.count, w.list, out);
  });
}

void clEnqueueWriteBufferRect(Fuzzer& f) {
  const Queue& queue = *f.pick(f.queues);
  const Memory* memory = f.memory_for(queue.context, Memory::Shape::kBuffer);
  if (!memory) return f.forget();
  const cl_command_queue handle = f.queue(queue);
  const cl_mem object = f.memory(*memory);
  const auto plan = plan_rectangle(f, *memory);
  void* const source = host_or_null(f, kHostBytes);
  check_host_access(f, *memory, CL_MEM_HOST_READ_ONLY);
  const bool blocking = f.one_in(4);
  command(f, queue, blocking, [&](const auto& w, cl_event* out) {
    return f.cl.clEnqueueWriteBufferRect(
        handle, object, blocking, plan.buffer.origin, plan.host.origin, plan.region, plan.buffer.row_pitch,
        plan.buffer.slice_pitch, plan.host.row_pitch, plan.host.slice_pitch, source, w.count, w.list, out);
  });
}

void clEnqueueCopyBufferRect(Fuzzer& f) {
  const Queue& queue = *f.pick(f.queues);
  const Memory* from = f.memory_for(queue.context, Memory::Shape::kBuffer);
  const Memory* to = f.memory_for(queue.context, Memory::Shape::kBuffer);
  if (!from || !to) return f.forget();
  const cl_command_queue handle = f.queue(queue);
  const cl_mem source = f.memory(*from), target = f.memory(*to);
  std::size_t region[3] = {1 + f.below(24), 1 + f.below(6), 1 + f.below(3)};
  auto a = rectangle(f, region), b = rectangle(f, region);
  if (from == to && f.one_in(2)) b.row_pitch = a.row_pitch, b.slice_pitch = a.slice_pitch;
  if (end_of(a, region) > from->size || end_of(b, region) > to->size) f.wrong({CL_INVALID_VALUE});
  if (from == to) {
    const auto p = real_pitches(a, region), q = real_pitches(b, region);
    if (p.row != q.row || p.slice != q.slice)
      f.wrong({CL_INVALID_VALUE});
    else if (share_bytes(a, b, region))
      f.wrong({CL_MEM_COPY_OVERLAP});
    // 0 and what it stands for are not the same pitch to the letter.
    if (a.row_pitch != b.row_pitch || a.slice_pitch != b.slice_pitch) f.maybe({CL_INVALID_VALUE});
  } else if (related(f, *from, *to)) {
    f.maybe({CL_MEM_COPY_OVERLAP});
  }
  if (f.spoil())
    region[f.below(3)] = 0, f.wrong({CL_INVALID_VALUE});
  else
    spoil_rectangle(f, f.one_in(2) ? a : b, region);
  command(f, queue, false, [&](const auto& w, cl_event* out) {
    return f.cl.clEnqueueCopyBufferRect(handle, source, target, a.origin, b.origin, region, a.row_pitch,
                                        a.slice_pitch, b.row_pitch, b.slice_pitch, w.count, w.list, out);
  });
}

void clEnqueueMigrateMemObjects(Fuzzer& f) {
  const Queue& queue = *f.pick(f.queues);
  const Memory* memory = f.pick(f.memories);
  if (memory->context != queue.context) f.wrong({CL_INVALID_CONTEXT});
  const cl_command_queue handle = f.queue(queue);
  const cl_mem objects[2] = {f.memory(*memory), f.memory(*memory)};
  cl_mem_migration_flags flags = f.below(4);
  if (f.spoil()) flags = 64, f.wrong({CL_INVALID_VALUE});
  const bool none = f.spoil();
  if (none) f.wrong({CL_INVALID_VALUE});
  command(f, queue, false, [&](const auto& w, cl_event* out) {
    return f.cl.clEnqueueMigrateMemObjects(handle, none ? 0 : 2, objects, flags, w.count, w.list, out);
  });
}

void clEnqueueReadImage(Fuzzer& f) {
  ImageTransfer plan;
  if (!plan_image_transfer(f, plan)) return;
  const cl_command_queue handle = f.queue(*plan.queue);
  const cl_mem object = f.memory(*plan.image);
  HostPitches pitches;
  if (is_image(*plan.image)) pitches = host_pitches(f, *plan.image, plan.box);
  void* const target = host_or_null(f, kHostBytes);
  check_host_access(f, *plan.image, CL_MEM_HOST_WRITE_ONLY);
  const bool blocking = f.one_in(4);
  command(f, *plan.queue, blocking, [&](const auto& w, cl_event* out) {
    return f.cl.clEnqueueReadImage(handle, object, blocking, plan.box.origin, plan.box.region, pitches.row,
                                   pitches.slice, target, w.count, w.list, out);
  });
}

void clEnqueueWriteImage(Fuzzer& f) {
  ImageTransfer plan;
  if (!plan_image_transfer(f, plan)) return;
  const cl_command_queue handle = f.queue(*plan.queue);
  const cl_mem object = f.memory(*plan.image);
  HostPitches pitches;
  if (is_image(*plan.image)) pitches = host_pitches(f, *plan.image, plan.box);
  void* const source = host_or_null(f, kHostBytes);
  check_host_access(f, *plan.image, CL_MEM_HOST_READ_ONLY);
  const bool blocking = f.one_in(4);
  command(f, *plan.queue, blocking, [&](const auto& w, cl_event* out) {
    return f.cl.clEnqueueWriteImage(handle, object, blocking, plan.box.origin, plan.box.region, pitches.row,
                                    pitches.slice, source, w.count, w.list, out);
  });
}

void clEnqueueFillImage(Fuzzer& f) {
  ImageTransfer plan;
  if (!plan_image_transfer(f, plan)) return;
  const cl_command_queue handle = f.queue(*plan.queue);
  const cl_mem object = f.memory(*plan.image);
  const void* const colour = host_or_null(f, 16);
  command(f, *plan.queue, false, [&](const auto& w, cl_event* out) {
    return f.cl.clEnqueueFillImage(handle, object, colour, plan.box.origin, plan.box.region, w.count, w.list,
                                   out);
  });
}

void clEnqueueCopyImage(Fuzzer& f) {
  ImageTransfer plan;
  if (!plan_image_transfer(f, plan)) return;
  const Memory* to = f.memory_for(plan.queue->context, Memory::Shape::kImage);
  if (!to) return f.forget();
  const cl_command_queue handle = f.queue(*plan.queue);
  const cl_mem source = f.memory(*plan.image), target = f.memory(*to);
  std::size_t origin[3] = {0, 0, 0};
  if (is_image(*plan.image) && is_image(*to)) {
    if (plan.image->format != to->format) f.wrong({CL_IMAGE_FORMAT_MISMATCH});
    bool inside = true, apart = false;
    for (int i = 0; i < 3; ++i) {
      origin[i] = f.below(to->grid[i]);
      inside &= plan.box.region[i] <= to->grid[i] - origin[i];
      apart |= plan.box.origin[i] + plan.box.region[i] <= origin[i] ||
               origin[i] + plan.box.region[i] <= plan.box.origin[i];
    }
    if (!inside) f.wrong({CL_INVALID_VALUE});
    if (plan.image == to && !apart) f.wrong({CL_MEM_COPY_OVERLAP});
    if (plan.image != to && related(f, *plan.image, *to)) f.maybe({CL_MEM_COPY_OVERLAP});
  }
  command(f, *plan.queue, false, [&](const auto& w, cl_event* out) {
    return f.cl.clEnqueueCopyImage(handle, source, target, plan.box.origin, origin, plan.box.region, w.count,
                                   w.list, out);
  });
}

namespace {

// Between an image and a buffer: the offset, and what is wrong with the pair.
struct Pair {
  Memory* buffer;
  std::size_t offset;
};
bool plan_pair(Fuzzer& f, const ImageTransfer& plan, Pair& out) {
  out.buffer = f.memory_for(plan.queue->context, Memory::Shape::kBuffer);
  if (!out.buffer) return f.forget(), false;
  out.offset = f.below(out.buffer->size);
  if (is_image(*plan.image)) {
    const auto* region = plan.box.region;
    const std::size_t bytes = region[0] * region[1] * region[2] * kFormats[plan.image->format].bytes;
    if (bytes > out.buffer->size - out.offset) f.wrong({CL_INVALID_VALUE});
    // "CL_INVALID_MEM_OBJECT if src_image is a 1D image buffer object created from dst_buffer"
    if (plan.image->whole == out.buffer->handle)
      plan.image->type == CL_MEM_OBJECT_IMAGE1D_BUFFER ? f.wrong({CL_INVALID_MEM_OBJECT})
                                                       : f.maybe({CL_MEM_COPY_OVERLAP});
  }
  if (f.spoil()) out.offset = f.absurd(), f.wrong({CL_INVALID_VALUE});
  return true;
}

}  // namespace

void clEnqueueCopyImageToBuffer(Fuzzer& f) {
  ImageTransfer plan;
  Pair pair;
  if (!plan_image_transfer(f, plan) || !plan_pair(f, plan, pair)) return;
  const cl_command_queue handle = f.queue(*plan.queue);
  const cl_mem image = f.memory(*plan.image), buffer = f.memory(*pair.buffer);
  command(f, *plan.queue, false, [&](const auto& w, cl_event* out) {
    return f.cl.clEnqueueCopyImageToBuffer(handle, image, buffer, plan.box.origin, plan.box.region,
                                           pair.offset, w.count, w.list, out);
  });
}

void clEnqueueCopyBufferToImage(Fuzzer& f) {
  ImageTransfer plan;
  Pair pair;
  if (!plan_image_transfer(f, plan) || !plan_pair(f, plan, pair)) return;
  const cl_command_queue handle = f.queue(*plan.queue);
  const cl_mem image = f.memory(*plan.image), buffer = f.memory(*pair.buffer);
  command(f, *plan.queue, false, [&](const auto& w, cl_event* out) {
    return f.cl.clEnqueueCopyBufferToImage(handle, buffer, image, pair.offset, plan.box.origin,
                                           plan.box.region, w.count, w.list, out);
  });
}

void clEnqueueMapBuffer(Fuzzer& f) {
  const Queue& queue = *f.pick(f.queues);
  Memory* memory = f.memory_for(queue.context, Memory::Shape::kBuffer);
  if (!memory || memory->shared || memory->mappings.size() > 2) return f.forget();
  const cl_command_queue handle = f.queue(queue);
  const cl_mem object = f.memory(*memory);
  const auto [offset, size] = range_in(f, *memory);
  if (size == 0) f.wrong({CL_INVALID_VALUE});
  const auto flags = map_flags(f, *memory);
  const bool blocking = f.one_in(4);
  void* pointer = nullptr;
  command(f, queue, blocking, [&](const auto& w, cl_event* out) {
    cl_int error = 12345;
    pointer =
        f.cl.clEnqueueMapBuffer(handle, object, blocking, flags, offset, size, w.count, w.list, out, &error);
    if ((pointer != nullptr) != (error == CL_SUCCESS)) f.fail("pointer and error do not agree");
    return error;
  });
  if (pointer) memory->mappings.push_back(pointer);
}

void clEnqueueMapImage(Fuzzer& f) {
  ImageTransfer plan;
  if (!plan_image_transfer(f, plan)) return;
  if (plan.image->mappings.size() > 2) return f.forget();
  const cl_command_queue handle = f.queue(*plan.queue);
  const cl_mem object = f.memory(*plan.image);
  const auto flags = map_flags(f, *plan.image);
  std::size_t row = 0, slice = 0;
  const bool none = f.spoil();
  if (none) f.wrong({CL_INVALID_VALUE});
  const bool blocking = f.one_in(4);
  void* pointer = nullptr;
  command(f, *plan.queue, blocking, [&](const auto& w, cl_event* out) {
    cl_int error = 12345;
    pointer = f.cl.clEnqueueMapImage(handle, object, blocking, flags, plan.box.origin, plan.box.region,
                                     none ? nullptr : &row, &slice, w.count, w.list, out, &error);
    if ((pointer != nullptr) != (error == CL_SUCCESS)) f.fail("pointer and error do not agree");
    return error;
  });
  if (pointer) plan.image->mappings.push_back(pointer);
}

void clEnqueueUnmapMemObject(Fuzzer& f) {
  const Queue& queue = *f.pick(f.queues);
  Memory* memory = f.pick(f.memories);
  if (memory->context != queue.context) {
    if (!f.one_in(16)) return;
    f.wrong({CL_INVALID_CONTEXT});
  }
  const cl_command_queue handle = f.queue(queue);
  const cl_mem object = f.memory(*memory);
  void* pointer = memory->mappings.empty() ? nullptr : memory->mappings.back();
  if (!pointer || f.spoil()) {
    f.wrong({CL_INVALID_VALUE});
    pointer = f.one_in(2) ? f.host(1) : nullptr;
  }
  const auto result = command(f, queue, false, [&](const auto& w, cl_event* out) {
    return f.cl.clEnqueueUnmapMemObject(handle, object, pointer, w.count, w.list, out);
  });
  if (result == CL_SUCCESS) memory->mappings.pop_back();
}

void clEnqueueMarkerWithWaitList(Fuzzer& f) {
  const Queue& queue = *f.pick(f.queues);
  const cl_command_queue handle = f.queue(queue);
  command(f, queue, false, [&](const auto& w, cl_event* out) {
    return f.cl.clEnqueueMarkerWithWaitList(handle, w.count, w.list, out);
  });
}

void clEnqueueBarrierWithWaitList(Fuzzer& f) {
  const Queue& queue = *f.pick(f.queues);
  const cl_command_queue handle = f.queue(queue);
  command(f, queue, false, [&](const auto& w, cl_event* out) {
    return f.cl.clEnqueueBarrierWithWaitList(handle, w.count, w.list, out);
  });
}

void clEnqueueMarker(Fuzzer& f) {
  const Queue& queue = *f.pick(f.queues);
  const cl_command_queue handle = f.queue(queue);
  f.new_event = nullptr;
  cl_event* const out = f.spoil() ? nullptr : &f.new_event;
  if (!out) f.wrong({CL_INVALID_VALUE});
  const cl_int result = f.cl.clEnqueueMarker(handle, out);
  f.judge(result);
  f.keep_event(queue, {}, result, out);
}

void clEnqueueBarrier(Fuzzer& f) { f.judge(f.cl.clEnqueueBarrier(f.queue(*f.pick(f.queues)))); }

void clEnqueueWaitForEvents(Fuzzer& f) {
  const Queue& queue = *f.pick(f.queues);
  const Event* event = f.pick(f.events);
  if (!event) return;
  if (event->context != queue.context) f.wrong({CL_INVALID_CONTEXT});
  const cl_command_queue handle = f.queue(queue);
  const cl_event list[] = {f.event(*event)};
  const bool none = f.spoil();
  if (none) f.wrong({CL_INVALID_VALUE});
  f.judge(f.cl.clEnqueueWaitForEvents(handle, none ? 0 : 1, list));
}

}  // namespace kiesel::conformance::api::calls
