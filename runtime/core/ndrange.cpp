#include "runtime/core/ndrange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <tuple>

#include "device/isa/launch_block.hpp"
#include "runtime/core/buffer.hpp"
#include "runtime/core/command_queue.hpp"
#include "runtime/core/handle.hpp"
#include "runtime/core/memory.hpp"
#include "runtime/core/printf.hpp"

namespace kiesel::runtime {
namespace {

using Sizes = std::array<std::uint32_t, 3>;

// Work-group sizes worth a try in one dimension, rising: divisors, and powers of two where they need not
// divide.
std::vector<std::uint32_t> candidates(std::uint64_t global, std::uint32_t most, bool uniform) {
  std::vector<std::uint32_t> out;
  for (std::uint32_t size = 1; size <= most && size <= global; ++size)
    if (global % size == 0 || (!uniform && std::has_single_bit(size))) out.push_back(size);
  return out;
}

// Warps that the range takes: the work-groups at the ends of dimensions may be smaller.
std::uint64_t warps_of(const std::array<std::uint64_t, 3>& global, const Sizes& local, std::uint32_t lanes) {
  std::uint64_t warps = 0;
  for (unsigned ends = 0; ends < 8; ++ends) {
    std::uint64_t groups = 1, size = 1;
    for (int d = 0; d < 3; ++d) {
      const std::uint64_t rest = global[d] % local[d];
      const bool end = ends >> d & 1;
      groups *= end ? rest != 0 : global[d] / local[d];
      size *= end ? rest : local[d];
    }
    warps += groups * ((size + lanes - 1) / lanes);
  }
  return warps;
}

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// Everything that a launch holds on to until it is done.
struct Prepared {
  Ref<Executable> executable;
  const compiler::Kernel* kernel = nullptr;
  device::Launch launch;                // of the first region
  std::vector<device::Region> regions;  // all
  std::vector<Ref<MemoryObject>> memory;
  std::vector<Ref<SvmAllocation>> svm;
  Launches launches = Launches::kOnce;
};

// Of one argument: more than any device has, and sums of it do not wrap around.
constexpr std::uint64_t kTooMuchLocalMemory = std::uint64_t{1} << 48;

void put(std::vector<std::byte>& block, std::uint32_t offset, const void* bytes, std::size_t size) {
  std::memcpy(block.data() + (offset - sizeof(isa::LaunchHeader)), bytes, size);
}

Outcome<> check_resources(Device& device, const Kernel& kernel, const compiler::Kernel& info,
                          std::uint64_t local_bytes) {
  const auto check = [&](const char* what, std::uint64_t needed, std::uint64_t available) -> Outcome<> {
    if (needed <= available) return {};
    return ApiError{
        CL_OUT_OF_RESOURCES,
        fmt::format("kernel '{}' needs {} bytes of {}, there are {}", info.name, needed, what, available),
        Ref<Object>(&kernel.program().context())};
  };
  KIESEL_CHECK(check("local memory in a work-group", local_bytes, device.target().local_memory_bytes));
  return check("private memory in a work-item", info.private_memory_bytes,
               device.description().private_memory_bytes);
}

// A buffer that the kernel gets as a number.
void hold_addressed(Device& device, const Kernel& kernel, const void* pointer, Prepared& out) {
  auto buffer = kernel.program().context().addressed_at(device, reinterpret_cast<device::Address>(pointer));
  if (buffer) out.memory.emplace_back(std::move(buffer));
}

Outcome<> place_arguments(Device& device, const Kernel& kernel, Prepared& out) {
  using compiler::ArgumentKind;
  Ref<Object> context(&kernel.program().context());
  const auto values = kernel.arguments();
  std::uint64_t local = out.kernel->local_memory_bytes;
  out.launch.arguments.resize(out.kernel->argument_bytes);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto& argument = out.kernel->arguments[i];
    const auto& value = values[i];
    if (!value.set)
      return ApiError{
          CL_INVALID_KERNEL_ARGS,
          fmt::format("kernel '{}': argument {} ('{}') is not set", out.kernel->name, i, argument.name),
          context};
    if (!value.value.empty()) {
      const auto bytes = value.value.get();
      put(out.launch.arguments, argument.offset, bytes.data(), bytes.size());
    } else if (argument.kind == ArgumentKind::kLocalPointer) {
      local = round_up(local, std::max<std::uint32_t>(argument.alignment, 8));
      put(out.launch.arguments, argument.offset, &local, sizeof local);
      local += std::min<std::uint64_t>(value.local_bytes, kTooMuchLocalMemory);
    } else if (value.memory) {
      auto* memory = find<MemoryObject>(value.memory);
      if (!memory)
        return ApiError{CL_INVALID_KERNEL_ARGS,
                        fmt::format("kernel '{}': the memory object of argument {} ('{}') "
                                    "was released",
                                    out.kernel->name, i, argument.name),
                        context};
      KIESEL_TRY(address, memory->argument(device));
      put(out.launch.arguments, argument.offset, &address, sizeof address);
      out.memory.emplace_back(memory);
    } else if (value.svm) {
      auto allocation = kernel.program().context().svm().find(value.svm);
      if (!allocation && !value.any_pointer)
        return ApiError{CL_INVALID_KERNEL_ARGS,
                        fmt::format("kernel '{}': the SVM allocation of argument {} ('{}') was freed",
                                    out.kernel->name, i, argument.name),
                        context};
      put(out.launch.arguments, argument.offset, &value.svm, sizeof value.svm);
      if (allocation)
        out.svm.push_back(std::move(allocation));
      else
        hold_addressed(device, kernel, value.svm, out);
    }
  }
  for (const void* pointer : kernel.svm_pointers())
    if (auto allocation = kernel.program().context().svm().find(pointer))
      out.svm.push_back(std::move(allocation));
  for (const auto address : kernel.device_pointers())
    hold_addressed(device, kernel, reinterpret_cast<const void*>(address), out);
  if (!out.svm.empty() && !device.svm_capabilities())
    return ApiError{CL_INVALID_OPERATION, "the device does not support shared virtual memory", context};
  KIESEL_CHECK(check_resources(device, kernel, *out.kernel, local));
  out.launch.local_memory_bytes = static_cast<std::uint32_t>(local);
  return {};
}

std::vector<device::Launch> launches_of(const Prepared& prepared) {
  std::vector<device::Launch> launches;
  for (const auto& region : prepared.regions) {
    device::Launch launch = prepared.launch;
    launch.region = region;
    launches.emplace_back(std::move(launch));
  }
  return launches;
}

void run(Event& event, const std::shared_ptr<Prepared>& prepared) {
  for (const auto& memory : prepared->memory) {
    if (auto there = memory->acquire(event.queue()->device()); !there.ok()) {
      event.fail(there.error().code, there.error().reason);
      return;
    }
  }
  if (prepared->kernel->uses_printf) {
    launch_with_printf(event, prepared->executable, launches_of(*prepared));
  } else if (prepared->regions.size() == 1) {
    event.submit(prepared->launches == Launches::kOnce ? std::move(prepared->launch) : prepared->launch);
  } else {
    const auto launches = launches_of(*prepared);
    event.submit_all({launches.begin(), launches.end()});
  }
}

}  // namespace

Sizes choose_local_size(const std::array<std::uint64_t, 3>& global, const device::Description& device,
                        bool uniform) {
  const std::uint32_t lanes = device.target.lanes, most = device.target.max_work_group_size();
  const std::uint64_t items = global[0] * global[1] * global[2];
  const std::int64_t wanted = std::min<std::int64_t>(most, std::int64_t{lanes} * 8);
  Sizes best{1, 1, 1};
  std::tuple<std::uint64_t, bool, bool, bool, std::int64_t, std::uint32_t> best_score{};
  const auto ys = candidates(global[1], most, uniform), zs = candidates(global[2], most, uniform);
  for (const std::uint32_t x : candidates(global[0], most, uniform)) {
    for (const std::uint32_t y : ys) {
      if (std::uint64_t{x} * y > most) break;
      for (const std::uint32_t z : zs) {
        const std::uint64_t size = std::uint64_t{x} * y * z;
        if (size > most) break;
        const std::uint64_t all_lanes = warps_of(global, {x, y, z}, lanes) * lanes;
        // First: how full the lanes are, in sixteenths. Then work for all cores, whole warps along dimension
        // 0 (neighbours in memory), no smaller work-groups, a middling size, and a long dimension 0.
        const std::tuple score{(items * 16 + all_lanes / 2) / all_lanes,
                               items / size >= device.cores,
                               x % lanes == 0,
                               global[0] % x + global[1] % y + global[2] % z == 0,
                               -std::abs(static_cast<std::int64_t>(size) - wanted),
                               x};
        if (score > best_score) best_score = score, best = {x, y, z};
      }
    }
  }
  return best;
}

Outcome<Event::Work> launch_work(Device& device, const Kernel& kernel, const NDRange& range,
                                 Launches launches) {
  const auto* build = kernel.build_for(device);
  auto prepared = std::make_shared<Prepared>();
  prepared->launches = launches;
  prepared->executable = build->executable;
  prepared->kernel = build->kernel;
  KIESEL_CHECK(place_arguments(device, kernel, *prepared));
  KIESEL_TRY(entry, build->executable->entry(*build->kernel));
  auto& launch = prepared->launch;
  launch.module = entry.module;
  launch.kernel = build->kernel->name;
  launch.entry = entry.address;
  launch.cores = device.cores();
  prepared->regions = device::regions_of(range.dimensions, range.offset, range.global, range.local);
  launch.region = prepared->regions.front();
  for (const std::uint64_t groups : launch.region.num_groups)
    if (groups >> 32)
      return ApiError{CL_OUT_OF_RESOURCES,
                      fmt::format("kernel '{}': {} work-groups in a dimension, there may be 2^32 - 1",
                                  launch.kernel, groups),
                      Ref<Object>(&kernel.program().context())};
  launch.private_memory_bytes = build->kernel->private_memory_bytes;
  return Event::Work([prepared](Event& event) { run(event, prepared); });
}

}  // namespace kiesel::runtime
