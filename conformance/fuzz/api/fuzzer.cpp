#include "conformance/fuzz/api/fuzzer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdio>

namespace kiesel::conformance::api {

const std::vector<KernelRow> kKernels{
    {"nothing", {}},
    {"write", {Slot::kBuffer, Slot::kValue}},
    {"group", {Slot::kBuffer, Slot::kLocal}},
    {"look", {Slot::kImage, Slot::kSampler, Slot::kBuffer}},
    {"fixed", {Slot::kBuffer}, 8},
    {"tube", {Slot::kPipe}},
};

const char* const kSource =
    "kernel void nothing() {}\n"
    "kernel void write(global uchar* out, int value) { if (out && get_global_id(0) == 0) out[0] = value; }\n"
    "kernel void group(global uchar* out, local uchar* part) {\n"
    "  if (get_local_id(0) == 0) part[0] = 3;\n"
    "  barrier(CLK_LOCAL_MEM_FENCE);\n"
    "  if (out && get_global_id(0) == 0) out[0] = part[0];\n"
    "}\n"
    "kernel void look(read_only image2d_t image, sampler_t sampler, global uchar* out) {\n"
    "  if (out && get_global_id(0) == 0) out[0] = get_image_width(image);\n"
    "}\n"
    "kernel __attribute__((reqd_work_group_size(8, 1, 1))) void fixed(global uchar* out) {\n"
    "  if (out && get_global_id(0) == 0) out[0] = 1;\n"
    "}\n"
    "kernel void tube(read_only pipe int in) { if (get_pipe_max_packets(in) == 0) return; }\n";

Fuzzer::Fuzzer(Shared& all, std::uint64_t seed)
    : shared(all), cl(all.cl), random(seed), host_(2 * kHostBytes), room_(std::size_t{1} << 17), seed_(seed) {
  for (int i = 0; i < 2; ++i) {
    queues.push_back(std::make_unique<Queue>(Queue{.handle = all.queues[i], .context = i, .shared = true}));
    programs.push_back(std::make_unique<Program>(
        Program{.handle = all.programs[i], .context = i, .built = true, .shared = true}));
    memories.push_back(std::make_unique<Memory>(Memory{
        .handle = all.buffers[i], .context = i, .size = 4096, .flags = CL_MEM_READ_WRITE, .shared = true}));
    cl_int error = CL_SUCCESS;
    signal_queues[i] = cl.clCreateCommandQueueWithProperties(all.contexts[i], all.device, nullptr, &error);
  }
}

// Everything that is left is given back; the process may have many such threads one after the other.
Fuzzer::~Fuzzer() {
  open_gates();
  for (const auto& queue : queues) cl.clFinish(queue->handle);
  for (const auto queue : signal_queues) cl.clFinish(queue);
  const auto release = [](auto& pool, auto function) {
    for (const auto& item : pool)
      for (unsigned i = 0; i < item->references; ++i) function(item->handle);
  };
  std::erase_if(queues, [](const auto& item) { return item->shared; });
  std::erase_if(memories, [](const auto& item) { return item->shared; });
  std::erase_if(programs, [](const auto& item) { return item->shared; });
  release(events, cl.clReleaseEvent);
  release(command_buffers, cl.clReleaseCommandBufferKHR);
  release(semaphores, cl.clReleaseSemaphoreKHR);
  release(sub_devices, cl.clReleaseDevice);
  release(kernels, cl.clReleaseKernel);
  release(samplers, cl.clReleaseSampler);
  release(memories, cl.clReleaseMemObject);
  release(programs, cl.clReleaseProgram);
  release(queues, cl.clReleaseCommandQueue);
  for (const auto queue : signal_queues) cl.clReleaseCommandQueue(queue);
  for (const auto& one : usm) cl.clMemFreeINTEL(shared.contexts[one->context], one->begin);
  for (const auto& svm : allocations) cl.clSVMFree(shared.contexts[svm->context], svm->begin);
}

std::size_t Fuzzer::absurd() {
  const std::size_t all = ~std::size_t{0};
  return one_of<std::size_t>({all, all - below(256), all >> 1, (all >> 1) + 1, std::size_t{1} << 48,
                              (std::size_t{1} << 40) + below(4096), all / 3, all - kHostBytes});
}

void Fuzzer::wrong(std::initializer_list<cl_int> codes) {
  certain_ = true;
  maybe(codes);
}

void Fuzzer::maybe(std::initializer_list<cl_int> codes) { expected_.insert(expected_.end(), codes); }

void Fuzzer::settle() {
  ++calls;
  expected_.clear();
  certain_ = false;
}

void Fuzzer::judge(cl_int result) {
  const auto has = [&](const auto& list) {
    return std::find(list.begin(), list.end(), result) != list.end();
  };
  if (result == CL_SUCCESS) {
    if (certain_) fail(fmt::format("success, the specification has one of {}", fmt::join(expected_, ", ")));
  } else {
    ++refused;
    const bool common = result == CL_OUT_OF_RESOURCES || result == CL_OUT_OF_HOST_MEMORY;
    if (!common && !has(allowed))
      fail(fmt::format("error {}, which the specification does not have for it", result));
    else if (!has(expected_))
      fail(fmt::format("error {}, expected {}", result,
                       expected_.empty() ? "success" : fmt::format("one of {}", fmt::join(expected_, ", "))));
  }
  settle();
}

void Fuzzer::judge_object(const void* object) {
  if (object && certain_) fail("an object, though an argument was wrong");
  if (!object && !certain_ && expected_.empty()) fail("no object, though all arguments were right");
  if (!object) ++refused;
  settle();
}

void Fuzzer::judge_object(const void* object, cl_int result) {
  if ((object != nullptr) != (result == CL_SUCCESS))
    fail(fmt::format("object {} with error {}", object, result));
  judge(result);
}

void Fuzzer::fail(const std::string& what) {
  ++failures;
  if (failures <= 20) fmt::print("seed {}, call {}: {}: {}\n", seed_, calls, entry, what);
  std::fflush(stdout);
}

void* Fuzzer::bad(Kind kind, const void* valid) {
  static int readable[16];
  const auto address = reinterpret_cast<std::uintptr_t>(valid);
  switch (below(7)) {
    case 0:
      return nullptr;
    case 1:
      return reinterpret_cast<void*>(address + one_of<std::uintptr_t>({1, 8, 16, 47}));
    case 2:
      return reinterpret_cast<void*>(random());
    case 3:
      return readable;
    case 4:
    case 5: {                                // released
      constexpr std::uint64_t kFresh = 300;  // the driver keeps released handles out of use for longer
      for (int i = 0; i < 8; ++i) {
        const auto& stale = stale_[below(stale_.size())];
        if (stale.handle && stale.kind == kind && shared.releases.load() - stale.when < kFresh)
          return stale.handle;
      }
      return nullptr;
    }
    default:
      break;
  }
  // Of another kind.
  const int other = static_cast<int>(below(5));
  if (other == 0 && kind != Kind::kDevice) return shared.device;
  if (other == 1 && kind != Kind::kContext) return shared.contexts[0];
  if (other == 2 && kind != Kind::kQueue) return shared.queues[0];
  if (other == 3 && kind != Kind::kMemory) return shared.buffers[0];
  if (other == 4 && kind != Kind::kProgram) return shared.programs[0];
  return kind == Kind::kPlatform ? static_cast<void*>(shared.device) : shared.cl.platform;
}

void Fuzzer::retire(Kind kind, void* handle) {
  stale_[stale_next_++ % stale_.size()] = {kind, handle, shared.releases.fetch_add(4)};
}

Memory* Fuzzer::find(cl_mem handle) {
  for (const auto& memory : memories)
    if (memory->handle == handle) return memory.get();
  return nullptr;
}

bool Fuzzer::alive(cl_mem handle) const {
  return std::any_of(memories.begin(), memories.end(),
                     [&](const auto& own) { return own->handle == handle; });
}

std::byte* Fuzzer::host(std::size_t bytes) {
  return bytes > kHostBytes ? host_.data() : host_.data() + below(kHostBytes - bytes + 1) / 16 * 16;
}

Memory* Fuzzer::memory_for(int context, Memory::Shape shape) {
  const bool other_shape = one_in(32), other_context = one_in(32);
  Memory* found = nullptr;
  const std::size_t start = below(memories.size());
  for (std::size_t i = 0; i < memories.size() && !found; ++i) {
    Memory& candidate = *memories[(start + i) % memories.size()];
    if ((candidate.shape != shape) == other_shape && (candidate.context != context) == other_context)
      found = &candidate;
  }
  if (!found) return nullptr;
  if (other_shape) wrong({CL_INVALID_MEM_OBJECT});
  if (other_context) wrong({CL_INVALID_CONTEXT});
  return found;
}

Fuzzer::Waits Fuzzer::waits(int context, bool blocking) {
  Waits out;
  if (!one_in(4)) return out;
  if (spoil()) {
    wrong({CL_INVALID_EVENT_WAIT_LIST});
    if (one_in(2)) return {.count = 1 + static_cast<cl_uint>(below(3)), .list = nullptr};
    return {.count = 0, .list = list_.data()};
  }
  const auto wanted = 1 + below(3);
  for (std::uint64_t i = 0; i < wanted && !events.empty(); ++i) {
    const Event& event = *pick(events);
    if (event.context != context) {
      if (!one_in(16)) continue;
      wrong({CL_INVALID_CONTEXT});
    }
    cl_event handle = event.handle;
    if (spoil()) {
      wrong({CL_INVALID_EVENT_WAIT_LIST});
      handle = static_cast<cl_event>(bad(Kind::kEvent, handle));
    }
    out.may_fail |= event.may_fail;
    list_[out.count++] = handle;
  }
  if (out.count) out.list = list_.data();
  if (blocking && out.may_fail) maybe({CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST});
  return out;
}

cl_event* Fuzzer::event_out() {
  new_event = nullptr;
  return one_in(3) ? &new_event : nullptr;
}

void Fuzzer::keep_event(const Queue& queue, const Waits& waits, cl_int result, const cl_event* out) {
  if (!out) return;
  if (result != CL_SUCCESS) {
    // The specification leaves open whether a blocking command that failed gives its event.
    if (new_event) cl.clReleaseEvent(new_event);
    return;
  }
  if (!new_event) return fail("success without the event");
  events.push_back(std::make_unique<Event>(Event{.handle = new_event,
                                                 .context = queue.context,
                                                 .may_fail = waits.may_fail || queue.may_have_failed,
                                                 .profiling = queue.profiling,
                                                 .queue = queue.handle}));
}

void Fuzzer::open_gates() {
  for (const auto& event : events)
    if (event->user && !std::exchange(event->set, true))
      cl.clSetUserEventStatus(event->handle, one_in(4) ? -1 - static_cast<cl_int>(below(1000)) : CL_COMPLETE);
}

}  // namespace kiesel::conformance::api
