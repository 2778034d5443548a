#include "runtime/core/ndrange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <tuple>

#include "device/isa/launch_block.hpp"
#include "runtime/core/acquisition.hpp"
#include "runtime/core/buffer.hpp"
#include "runtime/core/handle.hpp"
#include "runtime/core/memory.hpp"
#include "runtime/core/printf.hpp"
#include "support/checked.hpp"

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

// Sums and products with numbers of work-items, which may have 64 bits.
using Wide = unsigned __int128;

// Warps that the range takes: the work-groups at the ends of dimensions may be smaller.
Wide warps_of(const std::array<std::uint64_t, 3>& global, const Sizes& local, std::uint32_t lanes) {
  Wide warps = 0;
  for (unsigned ends = 0; ends < 8; ++ends) {
    std::uint64_t groups = 1, size = 1;
    for (int d = 0; d < 3; ++d) {
      const std::uint64_t rest = global[d] % local[d];
      const bool end = ends >> d & 1;
      groups *= end ? rest != 0 : global[d] / local[d];
      size *= end ? rest : local[d];
    }
    warps += Wide{groups} * ((size + lanes - 1) / lanes);
  }
  return warps;
}

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// A kernel's execution, and everything that it holds on to until it is done.
struct KernelWork {
  Ref<Object> executables;
  Executable* executable = nullptr;  // of them
  const compiler::Kernel* kernel = nullptr;
  Executable::Entry entry{};
  device::Cores cores;
  device::Owner owner = 0;
  NDRange range;
  std::uint32_t local_memory_bytes = 0;
  decltype(device::Launch::arguments) arguments{};
  struct Held {
    Ref<MemoryObject> object;
    Access access;

    MemoryUse use() const { return {object.get(), access, {0, object->size()}}; }
  };
  std::vector<Held, RecyclingAllocator<Held>> memory{};
  std::shared_ptr<const std::vector<device::Reach>> reach{};  // where somebody wants it
  std::vector<SvmUse> svm{};                                  // of one that is enqueued
  std::vector<Ref<SvmAllocation>> kept_svm{};                 // of one that is recorded
  Launches launches = Launches::kOnce;

  void operator()(Event& event);

 private:
  void start(Event& event);
  device::Launch launch();
  std::vector<device::Launch> all_launches();
};

// Of one argument: more than any device has, and sums of it do not wrap around.
constexpr std::uint32_t kLargestType = sizeof(cl_long16);
constexpr std::uint64_t kLocalGap = 64;  // before arguments, where somebody checks what kernels reach
constexpr std::uint64_t kTooMuchLocalMemory = std::uint64_t{1} << 48;

// There is room: compiler/program/verify.hpp.
void put(KernelWork& work, std::uint32_t offset, const void* bytes, std::size_t size) {
  std::memcpy(work.arguments.data() + (offset - sizeof(isa::LaunchHeader)), bytes, size);
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

void hold(Ref<SvmAllocation> allocation, KernelWork& out) {
  if (out.launches == Launches::kOnce)
    out.svm.emplace_back(std::move(allocation));
  else
    out.kept_svm.push_back(std::move(allocation));
}

// A buffer that the kernel gets as a number.
void hold_addressed(Device& device, Context& context, const void* pointer, KernelWork& out) {
  auto buffer = context.addressed_at(device, reinterpret_cast<device::Address>(pointer));
  if (buffer) out.memory.push_back({std::move(buffer), Access::kWrite});
}

ApiError bad_argument(const Kernel& kernel, std::size_t index, std::string_view reason) {
  return {CL_INVALID_KERNEL_ARGS,
          fmt::format("kernel '{}': argument {} ('{}') {}", kernel.info().name, index,
                      kernel.info().arguments[index].name, reason),
          Ref<Object>(&kernel.program().context())};
}

// Pointers to what is const prove nothing: the kernel may cast that away.
Access access_of(const compiler::KernelArgument& argument, const MemoryObject& memory) {
  const bool only_read = (memory.flags() & CL_MEM_READ_ONLY) ||
                         argument.access == compiler::ArgumentAccess::kReadOnly ||
                         argument.address_space == compiler::AddressSpace::kConstant;
  return only_read && argument.kind != compiler::ArgumentKind::kPipe ? Access::kRead : Access::kWrite;
}

Outcome<> place_memory(Device& device, const Kernel& kernel, std::size_t index, cl_mem handle,
                       KernelWork& out) {
  if (!handle) return {};
  auto* memory = find<MemoryObject>(handle);
  if (!memory) return bad_argument(kernel, index, "is a memory object that was released");
  KIESEL_TRY(address, memory->argument(device));
  put(out, out.kernel->arguments[index].offset, &address, sizeof address);
  out.memory.push_back({Ref<MemoryObject>(memory), access_of(out.kernel->arguments[index], *memory)});
  return {};
}

Outcome<> place_pointer(Device& device, const Kernel& kernel, std::size_t index, const void* pointer,
                        bool any_pointer, KernelWork& out) {
  if (!pointer) return {};
  Context& context = kernel.program().context();
  auto allocation = context.svm().find(pointer);
  if (!allocation && !any_pointer)
    return bad_argument(kernel, index, "is of an SVM allocation that was freed");
  put(out, out.kernel->arguments[index].offset, &pointer, sizeof pointer);
  if (allocation)
    hold(std::move(allocation), out);
  else
    hold_addressed(device, context, pointer, out);
  return {};
}

Outcome<> place_argument(Device& device, const Kernel& kernel, const ArgumentValues::Copy& values,
                         std::size_t index, bool& has_local, KernelWork& out) {
  const auto& argument = out.kernel->arguments[index];
  const auto pointer = [&] { return reinterpret_cast<const void*>(values.word(index)); };
  switch (values.state(index)) {
    case ArgumentState::kUnset:
      break;
    case ArgumentState::kBytes:
      put(out, argument.offset, values.bytes(index), argument.size);
      return {};
    case ArgumentState::kMemory:
      return place_memory(device, kernel, index, reinterpret_cast<cl_mem>(values.word(index)), out);
    case ArgumentState::kLocal:
      has_local = true;  // its place depends on the others
      return {};
    case ArgumentState::kSvm:
      return place_pointer(device, kernel, index, pointer(), false, out);
    case ArgumentState::kAnyPointer:
      return place_pointer(device, kernel, index, pointer(), true, out);
  }
  return bad_argument(kernel, index, "is not set");
}

// Gives one argument its place behind `end`, and a gap that nobody may use. Nothing takes no room, not even
// for its alignment.
void place_local(const ArgumentValues::Copy& values, std::size_t index, std::uint32_t alignment,
                 std::uint64_t gap, std::uint64_t& end, KernelWork& out) {
  const std::uint64_t bytes = std::min<std::uint64_t>(values.word(index), kTooMuchLocalMemory);
  if (bytes || gap) end = round_up(end + gap, alignment);
  put(out, out.kernel->arguments[index].offset, &end, sizeof end);
  end += bytes;
}

// Returns the bytes of local memory with the kernel's own. OpenCL C 6.3.5 wants the alignment of what is
// pointed to, but programs take bytes as memory for anything: they get more where there is room. Where there
// is not, arguments with the largest alignment come first, and nothing lies between.
std::uint64_t place_local_arguments(const ArgumentValues::Copy& values, std::uint64_t available,
                                    std::uint64_t gap, KernelWork& out) {
  const auto& arguments = out.kernel->arguments;
  std::uint64_t end = out.kernel->local_memory_bytes;
  for (std::size_t i = 0; i < arguments.size(); ++i)
    if (values.state(i) == ArgumentState::kLocal)
      place_local(values, i,
                  arguments[i].alignment == 1 ? kLargestType : std::max(arguments[i].alignment, 8U), gap, end,
                  out);
  if (end <= available) return end;
  end = out.kernel->local_memory_bytes;
  for (std::uint32_t alignment = kLargestType; alignment; alignment /= 2)
    for (std::size_t i = 0; i < arguments.size(); ++i)
      if (values.state(i) == ArgumentState::kLocal && arguments[i].alignment == alignment)
        place_local(values, i, alignment, 0, end, out);
  return end;
}

// What it may use without having it as an argument.
void hold_pointers(Device& device, const Kernel& kernel, KernelWork& out) {
  Context& context = kernel.program().context();
  const auto pointers = kernel.pointers();
  for (const auto* list : {&pointers.svm, &pointers.usm})
    for (const void* pointer : *list)
      if (auto allocation = context.svm().find(pointer)) hold(std::move(allocation), out);
  if (pointers.usm_types)
    for (auto& allocation : context.svm().of_types(pointers.usm_types)) hold(std::move(allocation), out);
  for (const auto address : pointers.device)
    hold_addressed(device, context, reinterpret_cast<const void*>(address), out);
}

// Of a memory object's bytes on the device.
Outcome<device::Reach> reach_of(Device& device, std::uint32_t index, MemoryObject& memory) {
  device::Reach out;
  out.argument = index;
  KIESEL_TRY(address, memory.address(device));
  out.begin = address;
  out.bytes = memory.size();
  out.may_read = !(memory.flags() & CL_MEM_WRITE_ONLY);
  out.may_write = !(memory.flags() & CL_MEM_READ_ONLY);
  out.what = memory.type() == CL_MEM_OBJECT_BUFFER && memory.associated() ? "sub-buffer" : memory.label();
  return out;
}

// Images' descriptors are not in it, nor is what local memory holds beside the arguments.
Outcome<> find_reach(Device& device, const ArgumentValues::Copy& values, KernelWork& out) {
  std::vector<device::Reach> found;
  std::uint64_t local = 0;
  for (std::uint32_t i = 0; i < out.kernel->arguments.size(); ++i) {
    const auto& argument = out.kernel->arguments[i];
    if (values.state(i) == ArgumentState::kMemory) {
      auto* memory = find<MemoryObject>(reinterpret_cast<cl_mem>(values.word(i)));
      if (!memory) continue;
      KIESEL_TRY(reach, reach_of(device, i, *memory));
      found.push_back(reach);
    } else if (values.state(i) == ArgumentState::kLocal) {
      std::memcpy(&local, out.arguments.data() + (argument.offset - sizeof(isa::LaunchHeader)), sizeof local);
      found.push_back({i, local, values.word(i), true, true, "local memory"});
    }
  }
  for (const auto& held : out.memory) {  // also what is no argument
    KIESEL_TRY(reach, reach_of(device, device::Reach::kNoArgument, *held.object));
    found.push_back(reach);
  }
  out.reach = std::make_shared<const std::vector<device::Reach>>(std::move(found));
  return {};
}

Outcome<> place_arguments(Device& device, const Kernel& kernel, KernelWork& out) {
  static thread_local ArgumentValues::Copy values;  // its memory is used again
  kernel.arguments().read(values);
  Context& context = kernel.program().context();
  bool has_local = false;
  out.arguments.resize(out.kernel->argument_bytes);
  for (std::size_t i = 0; i < out.kernel->arguments.size(); ++i)
    KIESEL_CHECK(place_argument(device, kernel, values, i, has_local, out));
  const std::uint64_t local =
      has_local ? place_local_arguments(values, device.target().local_memory_bytes,
                                        device.description().wants_reach ? kLocalGap : 0, out)
                : out.kernel->local_memory_bytes;
  if (kernel.has_pointers()) hold_pointers(device, kernel, out);
  if ((!out.svm.empty() || !out.kept_svm.empty()) && !device.svm_capabilities())
    return ApiError{CL_INVALID_OPERATION, "the device does not support shared virtual memory",
                    Ref<Object>(&context)};
  if (device.description().wants_reach) KIESEL_CHECK(find_reach(device, values, out));
  KIESEL_CHECK(check_resources(device, kernel, *out.kernel, local));
  out.local_memory_bytes = static_cast<std::uint32_t>(local);
  return {};
}

bool has_one_region(const NDRange& range) {
  for (int d = 0; d < 3; ++d)
    if (range.global[d] % range.local[d]) return false;
  return true;
}

// All but the region.
device::Launch KernelWork::launch() {
  device::Launch out;
  out.module = entry.module;
  out.kernel = kernel->name;
  out.entry = entry.address;
  out.cores = cores;
  out.owner = owner;
  out.local_memory_bytes = local_memory_bytes;
  out.private_memory_bytes = kernel->private_memory_bytes;
  out.reach = reach;
  if (launches == Launches::kOnce)
    out.arguments = std::move(arguments);
  else
    out.arguments = arguments;
  return out;
}

std::vector<device::Launch> KernelWork::all_launches() {
  const auto regions = device::regions_of(range.dimensions, range.offset, range.global, range.local);
  std::vector<device::Launch> out(regions.size(), launch());
  for (std::size_t i = 0; i < regions.size(); ++i) out[i].region = regions[i];
  return out;
}

void KernelWork::operator()(Event& event) {
  Device& device = event.queue()->device();
  for (const auto& held : memory) {
    const auto use = held.use();
    if (use.memory->acquire_now(device, use.access, use.range)) continue;
    std::vector<MemoryUse> uses;
    for (const auto& each : memory) uses.push_back(each.use());
    acquire_in_turn(
        event, std::move(uses),
        [work = *this](Event& self, std::span<const device::Address>) mutable { work.start(self); });
    return;
  }
  start(event);
}

void KernelWork::start(Event& event) {
  if (kernel->uses_printf) {
    launch_with_printf(event, Ref<Executable>(executable), all_launches());
  } else if (has_one_region(range)) {
    auto whole = launch();
    whole.region = device::whole_region(range.dimensions, range.offset, range.global, range.local);
    event.submit(std::move(whole));
  } else {
    const auto parts = all_launches();
    event.submit_all({parts.begin(), parts.end()});
  }
}

}  // namespace

Sizes choose_local_size(const std::array<std::uint64_t, 3>& global, const device::Description& device,
                        bool uniform) {
  const std::uint32_t lanes = device.target.lanes, most = device.target.max_work_group_size();
  const auto items = checked_product(global[0], global[1], global[2]);
  if (!items) return {1, 1, 1};  // nobody runs so many
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
        const Wide all_lanes = warps_of(global, {x, y, z}, lanes) * lanes;
        // First: how full the lanes are, in sixteenths. Then work for all cores, whole warps along dimension
        // 0 (neighbours in memory), no smaller work-groups, a middling size, and a long dimension 0.
        const std::tuple score{static_cast<std::uint64_t>((Wide{*items} * 16 + all_lanes / 2) / all_lanes),
                               *items / size >= device.cores,
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
  KernelWork work{.executables = kernel.keep_executables(),
                  .executable = build->executable.get(),
                  .kernel = build->kernel,
                  .cores = device.cores(),
                  .owner = kernel.program().context().owner(),
                  .range = range,
                  .launches = launches};
  KIESEL_CHECK(place_arguments(device, kernel, work));
  KIESEL_TRY(entry, build->executable->entry(*build->kernel, work.owner));
  work.entry = entry;
  const bool is_empty = std::ranges::count(range.global, 0U) > 0;
  for (int d = 0; d < 3 && !is_empty; ++d)
    if (const std::uint64_t groups =
            range.global[d] / range.local[d] + (range.global[d] % range.local[d] != 0);
        groups >> 32)
      return ApiError{CL_OUT_OF_RESOURCES,
                      fmt::format("kernel '{}': {} work-groups in a dimension, there may be 2^32 - 1",
                                  build->kernel->name, groups),
                      Ref<Object>(&kernel.program().context())};
  return Event::Work(std::move(work));
}

}  // namespace kiesel::runtime
