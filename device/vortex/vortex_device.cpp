#include "device/vortex/vortex_device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "device/vortex/quirks.hpp"
#include "device/vortex/stub.hpp"
#include "support/log.hpp"
#include "support/words.hpp"

namespace kiesel::vortex {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kStackTop = 0x1'FFFF'0000;  // local memory begins there, too
constexpr std::uint64_t kStubsBegin = 0x0F00'0000, kMemoryBegin = 0x1000'0000;
constexpr std::uint64_t kMostStackBytes = 256 << 20, kMostLaneBytes = 256 << 10;
constexpr std::size_t kMostStubs = 1024;
constexpr std::uint32_t kReadAndWrite = 3;

// Of Capability::kIsaFlags: the letters of misa, then Vortex's own.
constexpr std::uint64_t letter(char c) { return std::uint64_t{1} << (c - 'A'); }
constexpr std::uint64_t kZicond = std::uint64_t{1} << 37;
constexpr std::uint64_t kSixtyFourBits = 2;
std::uint64_t register_width(std::uint64_t flags) { return flags >> 30 & 3; }

// Counters of class 0.
constexpr std::uint32_t kCyclesCsr = 0xB00, kInstructionsCsr = 0xB02;

std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) { return (value + unit - 1) / unit * unit; }

}  // namespace

Result<Options> parse_options(std::string_view text) {
  Options out;
  for (const std::string_view option : words_of(text, ',')) {
    const std::size_t equals = std::min(option.find('='), option.size());
    const auto name = option.substr(0, equals), value = option.substr(std::min(equals + 1, option.size()));
    if (name == "library" && !value.empty())
      out.library = value;
    else if (name == "driver" && !value.empty())
      out.driver = value;
    else if (name == "quirks" && (value == "none" || value == "all"))
      out.quirks = value == "all";
    else
      return Error{
          Errc::kInvalidArgument,
          fmt::format("option '{}' is none of library=PATH, driver=simx|rtlsim|xrt|opae, quirks=all|none",
                      option)};
  }
  return out;
}

Result<std::unique_ptr<VortexDevice>> VortexDevice::open(const Options& options) {
  ::setenv("VORTEX_DRIVER", options.driver.c_str(), 1);
  const auto driver = open_driver(options.library);
  if (!driver) return driver.error();
  auto device = std::unique_ptr<VortexDevice>(new VortexDevice(*driver, options));
  if (auto started = device->start(); !started) return started.error();
  return device;
}

VortexDevice::~VortexDevice() {
  for (const auto& [key, stub] : stubs_) {
    driver_.release_kernel(stub.kernel);
    driver_.release_module(stub.module);
  }
  if (memory_) driver_.release_buffer(memory_);
  if (queue_) driver_.release_queue(queue_);
  if (device_) driver_.release_device(device_);
}

Status VortexDevice::start() {
  if (const Code code = driver_.open(0, &device_)) return driver_error(driver_, "opening the device", code);
  if (auto read = read_capabilities(); !read) return read;
  if (const Code code = driver_.create_queue(device_, nullptr, &queue_))
    return driver_error(driver_, "making a queue", code);
  return lay_out_memory();
}

Result<std::uint64_t> VortexDevice::query(Capability what, const char* name) {
  std::uint64_t value = 0;
  if (const Code code = driver_.query(device_, static_cast<std::uint32_t>(what), &value))
    return driver_error(driver_, fmt::format("asking for {}", name).c_str(), code);
  return value;
}

Status VortexDevice::read_capabilities() {
  const std::tuple<Capability, const char*, std::uint64_t*> wanted[] = {
      {Capability::kLanes, "lanes", &lanes_},
      {Capability::kWarps, "warps", &warps_},
      {Capability::kCores, "cores", &cores_},
      {Capability::kLineBytes, "the size of a cache line", &line_bytes_},
      {Capability::kMemoryBytes, "the size of memory", &memory_bytes_},
      {Capability::kLocalBytes, "the size of local memory", &local_bytes_},
      {Capability::kIsaFlags, "instructions", &isa_flags_},
      {Capability::kClockMhz, "the clock", &clock_mhz_},
  };
  for (const auto& [what, name, value] : wanted) {
    const auto answer = query(what, name);
    if (!answer) return answer.error();
    *value = *answer;
  }
  if (register_width(isa_flags_) != kSixtyFourBits)
    return Error{Errc::kUnsupported,
                 "this Vortex has registers of 32 bits; Kiesel needs one that was built for 64"};
  for (const char c : {'I', 'M', 'F', 'D'})
    if (!(isa_flags_ & letter(c)))
      return Error{Errc::kUnsupported, fmt::format("this Vortex was built without the extension {}", c)};
  if (lanes_ == 0 || lanes_ > 64 || warps_ == 0 || warps_ > 64 || cores_ == 0 || cores_ > 65536)
    return Error{Errc::kUnsupported,
                 fmt::format("this Vortex has {} cores of {} warps of {} lanes", cores_, warps_, lanes_)};
  return {};
}

// Stacks end where local memory begins; the driver must give neither away.
Status VortexDevice::lay_out_memory() {
  const std::uint64_t harts = lanes_ * warps_ * cores_;
  private_bytes_ = std::min(kMostStackBytes / harts, kMostLaneBytes) / kPage * kPage;
  if (private_bytes_ == 0) private_bytes_ = kPage;
  const std::uint64_t stacks = round_up(stack_stride(private_bytes_) * harts, kPage);
  if (memory_bytes_ < kStackTop || stacks > kStackTop - 2 * kMemoryBegin)
    return Error{Errc::kUnsupported,
                 fmt::format("{} bytes of memory have no room for stacks", memory_bytes_)};
  memory_begin_ = kMemoryBegin;
  memory_end_ = kStackTop - stacks;
  const std::uint64_t top = kStackTop + round_up(local_bytes_, kPage);
  if (const Code code = driver_.reserve(device_, memory_begin_, top - memory_begin_, kReadAndWrite, &memory_))
    return driver_error(driver_, "reserving memory", code);
  space_ = std::make_unique<device::plugin::AddressSpace>(memory_begin_, memory_end_);
  stub_space_ = std::make_unique<device::plugin::AddressSpace>(kStubsBegin, kMemoryBegin);
  return {};
}

bool VortexDevice::has_quirk(std::string_view name) const {
  return options_.quirks && std::ranges::any_of(kQuirks, [&](const Quirk& quirk) {
           return quirk.name == name && (quirk.in_simulator || options_.driver != "simx");
         });
}

void VortexDevice::describe(kiesel_description& out) {
  name_ =
      fmt::format("Vortex 3.0 {} ({} cores, {} warps, {} lanes)", options_.driver, cores_, warps_, lanes_);
  const bool atomics = isa_flags_ & letter('A');
  extensions_ = "vote";
  if (isa_flags_ & kZicond) extensions_ += " Zicond";
  if (atomics) extensions_ += " A";
  quirk_names_.clear();
  for (const Quirk& quirk : kQuirks)
    if (quirk.in_program && has_quirk(quirk.name) && (atomics || quirk.name != kGlobalAtomics))
      quirk_names_.append(quirk_names_.empty() ? "" : " ").append(quirk.name);
  memories_ = {{sizeof(kiesel_memory), KIESEL_MEMORY_GLOBAL, memory_end_ - memory_begin_, 0}};
  if (local_bytes_) memories_.push_back({sizeof(kiesel_memory), KIESEL_MEMORY_LOCAL, local_bytes_, 0});
  static constexpr kiesel_counter kCounters[] = {
      {sizeof(kiesel_counter), "cycles", "cycles", "device", "clock cycles of all launches"},
      {sizeof(kiesel_counter), "instructions", "", "device", "instructions of warps, of all cores"}};
  out.name = name_.c_str();
  out.vendor = "Vortex";
  out.vendor_id = 0x5658;
  out.lanes = static_cast<std::uint32_t>(lanes_);
  out.warps = static_cast<std::uint32_t>(warps_);
  out.cores = static_cast<std::uint32_t>(cores_);
  out.clock_mhz = static_cast<std::uint32_t>(clock_mhz_);
  out.extensions = extensions_.c_str();
  out.quirks = quirk_names_.c_str();
  out.memories = memories_.data();
  out.memory_count = static_cast<std::uint32_t>(memories_.size());
  out.counters = kCounters;
  out.counter_count = std::size(kCounters);
  out.max_allocation_bytes = (memory_end_ - memory_begin_) / 2;
  out.private_bytes = private_bytes_;
  out.alignment = 64;
  out.flags = KIESEL_RUNS_IN_SUBMIT;
}

Result<std::uint64_t> VortexDevice::allocate(std::uint64_t bytes, std::uint64_t alignment,
                                             std::uint64_t wanted) {
  if (const auto address = space_->take(round_up(bytes, 64), alignment, wanted)) return *address;
  return Error{Errc::kOutOfMemory, fmt::format("no room for {} bytes in device memory", bytes)};
}

Status VortexDevice::wait(Handle event, const char* what) {
  const Code code = driver_.wait_event(event, 1, kForever);
  driver_.release_event(event);
  if (code) return driver_error(driver_, what, code);
  return {};
}

Status VortexDevice::transfer(const kiesel_transfer& t) {
  const bool reads = t.kind == KIESEL_READ;
  const std::uint64_t address = reads ? t.source : t.target;
  if (address < memory_begin_ || address > memory_end_ || t.bytes > memory_end_ - address)
    return Error{Errc::kInvalidArgument,
                 fmt::format("{} bytes at {:#x} are not in device memory", t.bytes, address)};
  Handle event = nullptr;
  const std::uint64_t offset = address - memory_begin_;
  const Code code = reads ? driver_.read(queue_, t.host, memory_, offset, t.bytes, 0, nullptr, &event)
                          : driver_.write(queue_, memory_, offset, t.host, t.bytes, 0, nullptr, &event);
  const char* const what = reads ? "reading memory" : "writing memory";
  if (code) return driver_error(driver_, what, code);
  return wait(event, what);
}

// ---- launches ----

// Lanes whose stacks lie a power of two apart would share one set of the cache.
std::uint64_t VortexDevice::stack_stride(std::uint64_t bytes) const {
  return round_up(std::max<std::uint64_t>(bytes, 64), 128) + 64;
}

std::vector<std::byte> VortexDevice::launch_block(const kiesel_launch& launch) const {
  const auto* bytes = static_cast<const std::byte*>(launch.block);
  std::vector<std::byte> block(bytes, bytes + launch.block_bytes);
  kiesel_launch_header header;
  std::memcpy(&header, block.data(), sizeof header);
  header.stack_top = kStackTop;
  header.stack_stride = stack_stride(launch.private_bytes);
  header.private_begin = kStackTop - header.stack_stride * lanes_ * warps_ * cores_;
  header.local_bytes = local_bytes_;
  std::memcpy(block.data(), &header, sizeof header);
  return block;
}

Result<VortexDevice::Stub> VortexDevice::make_stub(const StubKey& key) {
  const auto address = stub_space_->take(kPage, kPage);
  if (!address) return Error{Errc::kOutOfMemory, "no room for another kernel's first instructions"};
  Stub stub{nullptr, nullptr, *address};
  const auto image = module_image(*address, key.entry, stub_code(key.start, key.groups_x));
  Code code = driver_.load_module(device_, image.data(), image.size(), &stub.module);
  if (code == 0) {
    code = driver_.get_kernel(stub.module, kStubName, &stub.kernel);
    if (code == 0) return stub;
    driver_.release_module(stub.module);
  }
  stub_space_->give_back(*address);
  return driver_error(driver_, "loading a kernel's first instructions", code);
}

void VortexDevice::drop_oldest_stub() {
  const auto oldest = stubs_.begin();
  driver_.release_kernel(oldest->second.kernel);
  driver_.release_module(oldest->second.module);
  stub_space_->give_back(oldest->second.address);
  stubs_.erase(oldest);
}

Result<VortexDevice::Stub*> VortexDevice::stub(const StubKey& key) {
  if (const auto found = stubs_.find(key); found != stubs_.end()) return &found->second;
  if (stubs_.size() >= kMostStubs) drop_oldest_stub();
  const auto made = make_stub(key);
  if (!made) return made.error();
  return &stubs_.emplace(key, *made).first->second;
}

Status VortexDevice::launch(const kiesel_launch& launch) {
  LaunchInfo info;
  std::copy_n(launch.groups, 3, info.groups);
  std::copy_n(launch.local_size, 3, info.local_size);
  info.local_bytes = launch.local_bytes;
  StubKey key{launch.start, launch.entry, 0};
  const std::uint64_t rest = std::uint64_t{info.groups[1]} * info.groups[2];
  if (has_quirk(kLonelyGroup) && info.groups[0] * rest < cores_) {
    key.groups_x = info.groups[0];
    info.groups[0] = static_cast<std::uint32_t>((cores_ + rest - 1) / rest);
  }
  const auto first = stub(key);
  if (!first) return first.error();
  info.kernel = (*first)->kernel;
  const auto block = launch_block(launch);
  info.arguments = block.data();
  info.argument_bytes = block.size();
  Handle event = nullptr;
  if (const Code code = driver_.launch(queue_, &info, 0, nullptr, &event))
    return driver_error(driver_, "a launch", code);
  if (auto ended = wait(event, "a launch"); !ended) return Error{Errc::kFault, ended.error().reason};
  add_counts(launch.kernel);
  return {};
}

// The driver's counters are of the last launch, or of all since the device was opened (kCyclesAddUp).
void VortexDevice::add_counts(const char* kernel) {
  const auto all = [&](std::uint32_t csr, bool sum) {
    std::uint64_t total = 0, value = 0;
    for (std::uint32_t core = 0; core < cores_; ++core)
      if (driver_.read_counter(device_, 0, csr, core, &value) == 0)
        total = sum ? total + value : std::max(total, value);
    return total;
  };
  const bool add_up = options_.driver != "simx" && has_quirk(kCyclesAddUp);
  const std::uint64_t cycles = all(kCyclesCsr, false), instructions = all(kInstructionsCsr, true);
  const auto of_launch = [&](std::uint64_t now, std::uint64_t before) {
    return add_up && now >= before ? now - before : now;
  };
  std::lock_guard lock(counts_mutex_);
  const std::uint64_t more_cycles = of_launch(cycles, last_cycles_);
  const std::uint64_t more_instructions = of_launch(instructions, last_instructions_);
  cycles_ += more_cycles, instructions_ += more_instructions;
  last_cycles_ = cycles, last_instructions_ = instructions;
  KIESEL_LOG(kDevice, kInfo, "launch {}: {} cycles, {} instructions", kernel, more_cycles, more_instructions);
}

std::vector<std::uint64_t> VortexDevice::counters() {
  std::lock_guard lock(counts_mutex_);
  return {cycles_, instructions_};
}

}  // namespace kiesel::vortex
