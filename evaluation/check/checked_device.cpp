#include "evaluation/check/checked_device.hpp"

#include <fmt/format.h>

#include "evaluation/check/watch.hpp"
#include "evaluation/program_base.hpp"

namespace kiesel::check {
namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

device::Box row_of(std::uint64_t bytes) {
  device::Box box;
  box.size = {bytes, 1, 1};
  return box;
}

std::vector<Side> sides_of(const device::Command& command) {
  return std::visit(
      Overloaded{[](const device::Launch&) { return std::vector<Side>(); },
                 [](const device::Read& read) {
                   return std::vector<Side>{{"read", read.source, read.box, false, false}};
                 },
                 [](const device::Write& write) {
                   return std::vector<Side>{{"write", write.target, write.box, true, true}};
                 },
                 [](const device::Copy& copy) {
                   return std::vector<Side>{{"copy", copy.source, copy.box, false, false},
                                            {"copy", copy.target, copy.box, true, true}};
                 },
                 [](const device::Fill& fill) {
                   return std::vector<Side>{{"fill", fill.target, row_of(fill.bytes), true, true}};
                 }},
      command);
}

}  // namespace

CheckedDevice::CheckedDevice(std::unique_ptr<device::Device> device, const Tools& tools,
                             std::shared_ptr<Collector> collector)
    : Wrapper(std::move(device)),
      collector_(std::move(collector)),
      session_(std::make_shared<Session>(tools, *collector_)),
      description_(device_->description()) {
  description_.wants_reach = description_.observable;
  if (!description_.observable)
    collector_->note(
        fmt::format("{}: kernels on it cannot be followed, nothing of it was checked", description_.name));
}

CheckedDevice::~CheckedDevice() { give_back(0); }

bool CheckedDevice::give_back(std::uint64_t most) {
  std::deque<Freed> now;
  {
    std::lock_guard lock(mutex_);
    while (freed_bytes_ > most && !freed_.empty()) {
      freed_bytes_ -= freed_.front().bytes;
      now.push_back(freed_.front());
      freed_.pop_front();
    }
  }
  for (const Freed& freed : now) device_->free(freed.address);
  return !now.empty();
}

Result<device::Address> CheckedDevice::allocate(std::uint64_t bytes, std::uint64_t alignment,
                                                std::string_view label, device::Owner owner) {
  auto address = device_->allocate(bytes, alignment, label, owner);
  if (!address && address.error().code == Errc::kOutOfMemory && give_back(0))
    address = device_->allocate(bytes, alignment, label, owner);
  if (address) session_->made(*address, bytes, label, calling_place());
  return address;
}

void CheckedDevice::free(device::Address address) {
  const auto known = session_->map().find(address);
  session_->freed(address);
  if (!known || known->begin != address || known->bytes > kMostFreed / 4 ||
      known->label == "external memory" || known->label == "shared memory")
    return device_->free(address);
  {
    std::lock_guard lock(mutex_);
    freed_.push_back({address, known->bytes + 4096});
    freed_bytes_ += known->bytes + 4096;
  }
  give_back(kMostFreed);
}

Result<device::Address> CheckedDevice::map_file(int file, std::uint64_t bytes, std::string_view label,
                                                device::Owner owner) {
  auto address = device_->map_file(file, bytes, label, owner);
  if (address) session_->made(*address, bytes, "external memory", calling_place());
  return address;
}

Status CheckedDevice::share(device::Address host_address, std::uint64_t bytes, device::Owner owner) {
  auto shared = device_->share(host_address, bytes, owner);
  if (shared) session_->made(host_address, bytes, "shared memory", calling_place());
  return shared;
}

void CheckedDevice::label(device::Address address, std::string_view text) { device_->label(address, text); }

void CheckedDevice::host_begins(const device::HostUse& use) {
  session_->map().host_begins(use);
  if (use.reads) session_->host_reads(use.address, use.box);
  device_->host_begins(use);
}

void CheckedDevice::host_ends(const device::HostUse& use) {
  session_->map().host_ends(use);
  if (use.writes) session_->host_writes(use.address, use.box, true);
  device_->host_ends(use);
}

Result<device::ModuleId> CheckedDevice::load(std::span<const std::byte> elf, device::Owner owner) {
  auto module = device_->load(elf, owner);
  if (!module) return module;
  const auto view = ElfView::parse(elf);
  if (!view) return module;
  const auto base = program_base(*device_, *module, *view);
  if (!base) return module;
  auto program = Program::make(collector_->add_program(elf), elf, *base);
  if (!program) {
    collector_->note("a program could not be checked: " + program.error().reason);
    return module;
  }
  std::lock_guard lock(mutex_);
  programs_[*module] = std::move(*program);
  return module;
}

void CheckedDevice::unload(device::ModuleId module) {
  {
    std::lock_guard lock(mutex_);
    programs_.erase(module);
  }
  device_->unload(module);
}

std::shared_ptr<Program> CheckedDevice::program_of(device::ModuleId module) {
  std::lock_guard lock(mutex_);
  const auto found = programs_.find(module);
  return found == programs_.end() ? nullptr : found->second;
}

// Its effects are known once it has ended, and before anybody is told.
device::CompletionHandler CheckedDevice::watch(const device::Command& command,
                                               device::CompletionHandler done) {
  return [session = session_, sides = sides_of(command), submitted = session_->submitted(),
          done = std::move(done)](const device::Completion& completion) {
    session->transferred(sides, submitted, completion.status.ok());
    if (done) done(completion);
  };
}

void CheckedDevice::submit_launch(device::Launch launch, device::CompletionHandler done,
                                  device::Handling handling) {
  auto program = description_.observable ? program_of(launch.module) : nullptr;
  if (!program) return device_->submit(std::move(launch), std::move(done), handling);
  auto watch = std::make_shared<Watch>(*session_, std::move(program), launch);
  handling.observer = watch.get();
  device_->submit(
      std::move(launch),
      [session = session_, watch, done = std::move(done)](const device::Completion& completion) {
        watch->done(completion.status);
        if (done) done(completion);
      },
      handling);
}

void CheckedDevice::submit(device::Command command, device::CompletionHandler done,
                           device::Handling handling) {
  if (auto* launch = std::get_if<device::Launch>(&command))
    return submit_launch(std::move(*launch), std::move(done), handling);
  auto watched = watch(command, std::move(done));
  device_->submit(std::move(command), std::move(watched), handling);
}

}  // namespace kiesel::check
