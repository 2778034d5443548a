// A complete plug-in, to read and to start from: Kiesel's device model behind the interface in C, with memory
// that the host cannot see. docs/porting.md leads through it. Options: shape=NAME of the model, threads=N,
// plain=yes: a device that does nothing which Kiesel could do for it.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "device/isa/extensions.hpp"
#include "device/model/model_device.hpp"
#include "device/plugin/host_services.hpp"
#include "device/plugin/kiesel_device.h"
#include "support/words.hpp"

using namespace kiesel;
using device::plugin::result_of;
using device::plugin::say;

namespace {

// Where its memory lies: the same in each process, so that it can be found again after a crash.
constexpr std::uint64_t kMemoryNear = std::uint64_t{1} << 45;

kiesel_result failed(const Error& error, kiesel_reason* reason) {
  say(reason, error.reason);
  return result_of(error.code);
}

}  // namespace

struct kiesel_device {
  std::unique_ptr<model::ModelDevice> model;
  std::string name, extensions;
  bool plain = false;
  std::vector<device::Counter> counted;
  std::vector<kiesel_counter> counters;
  std::vector<kiesel_memory> memories;
  std::mutex mutex;
  std::map<std::uint64_t, device::ModuleId> programs;  // by address
};

namespace {

// ---- opening and describing ----

struct Options {
  std::string shape = "kiesel";
  unsigned threads = 0;
  bool plain = false;
};

Result<Options> parse_options(std::string_view text) {
  Options options;
  for (const std::string_view option : words_of(text, ',')) {
    const std::string value(option.substr(std::min(option.find('='), option.size() - 1) + 1));
    if (option.starts_with("shape="))
      options.shape = value;
    else if (option.starts_with("threads=") && !value.empty() && value.size() < 5 &&
             value.find_first_not_of("0123456789") == std::string::npos)
      options.threads = static_cast<unsigned>(std::stoul(value));
    else if (option == "plain=yes")
      options.plain = true;
    else
      return Error{Errc::kInvalidArgument,
                   fmt::format("option '{}' is none of shape=NAME, threads=N, plain=yes", option)};
  }
  return options;
}

kiesel_result open_device(const char* options, const kiesel_host*, kiesel_device** out,
                          kiesel_reason* reason) {
  const auto chosen = parse_options(options);
  if (!chosen) return failed(chosen.error(), reason);
  auto shape = model::built_in_shape(chosen->shape);
  if (!shape) return failed(shape.error(), reason);
  shape->memory_near = kMemoryNear;
  auto device = std::make_unique<kiesel_device>();
  device->plain = chosen->plain;
  device->name = fmt::format("example plug-in {} ({} cores, {} warps, {} lanes)", shape->name, shape->cores,
                             shape->target.warps, shape->target.lanes);
  auto model = model::ModelDevice::create(std::move(*shape), chosen->threads);
  if (!model) return failed(model.error(), reason);
  device->model = std::move(*model);
  *out = device.release();
  return KIESEL_OK;
}

void close_device(kiesel_device* device) { delete device; }

kiesel_result describe(kiesel_device* device, kiesel_description* out, kiesel_reason*) {
  const device::Description& d = device->model->description();
  device->extensions = isa::extension_names(d.target);
  device->counted = device->model->counters();
  device->counters.clear();
  for (const device::Counter& counter : device->counted)
    device->counters.push_back({sizeof(kiesel_counter), counter.name.data(), counter.unit.data(), "device",
                                "as the device model counts it"});
  device->memories = {{sizeof(kiesel_memory), KIESEL_MEMORY_GLOBAL, d.global_memory_bytes, 0},
                      {sizeof(kiesel_memory), KIESEL_MEMORY_LOCAL, d.target.local_memory_bytes, 0}};
  out->name = device->name.c_str();
  out->vendor = "Kiesel";
  out->vendor_id = d.vendor_id;
  out->lanes = d.target.lanes;
  out->warps = d.target.warps;
  out->cores = d.cores;
  out->clock_mhz = d.clock_mhz;
  out->extensions = device->extensions.c_str();
  out->quirks = "";
  out->memories = device->memories.data();
  out->memory_count = static_cast<std::uint32_t>(device->memories.size());
  out->counters = device->counters.data();
  out->counter_count = static_cast<std::uint32_t>(device->counters.size());
  out->max_allocation_bytes = d.max_allocation_bytes;
  out->private_bytes = d.private_memory_bytes;
  out->alignment = 64;
  out->pending = device->plain ? 1 : 0;
  if (!device->plain) out->flags = KIESEL_COPIES | KIESEL_FILLS | KIESEL_CORE_RANGES;
  return KIESEL_OK;
}

// ---- memory and programs ----

kiesel_result allocate(kiesel_device* device, std::uint64_t bytes, std::uint64_t alignment,
                       std::uint64_t wanted, std::uint64_t* address, kiesel_reason* reason) {
  const auto made = device->model->allocate_at(wanted, bytes, alignment);
  if (!made) return failed(made.error(), reason);
  *address = *made;
  return KIESEL_OK;
}

void free_memory(kiesel_device* device, std::uint64_t address) { device->model->free(address); }

// The model's programs have numbers; the interface's have addresses.
kiesel_result load(kiesel_device* device, const void* elf, std::uint64_t elf_bytes, std::uint64_t wanted,
                   std::uint64_t* address, kiesel_reason* reason) {
  const auto id = device->model->load_at(wanted, {static_cast<const std::byte*>(elf), elf_bytes});
  if (!id) return failed(id.error(), reason);
  const auto base = device->model->base(*id);
  if (!base) return failed(base.error(), reason);
  *address = *base;
  std::lock_guard lock(device->mutex);
  device->programs[*base] = *id;
  return KIESEL_OK;
}

device::ModuleId take_program(kiesel_device* device, std::uint64_t address) {
  std::lock_guard lock(device->mutex);
  const auto found = device->programs.extract(address);
  return found ? found.mapped() : 0;
}

void unload(kiesel_device* device, std::uint64_t address) {
  device->model->unload(take_program(device, address));
}

// ---- commands ----

device::CompletionHandler ending(kiesel_done done, void* command) {
  return [=](const device::Completion& how) {
    if (how.status)
      done(command, KIESEL_OK, nullptr, how.start_ns, how.end_ns);
    else
      done(command, result_of(how.status.error().code), how.status.error().reason.c_str(), how.start_ns,
           how.end_ns);
  };
}

// The launch block says what the interface's struct does not.
device::Region region_of(const kiesel_launch& launch, const kiesel_launch_header& header) {
  device::Region region;
  region.work_dim = header.work_dim;
  for (int d = 0; d < 3; ++d) {
    region.first_global_id[d] = header.first_global_id[d];
    region.first_group[d] = header.first_group[d];
    region.groups[d] = launch.groups[d];
    region.local_size[d] = launch.local_size[d];
    region.global_size[d] = header.global_size[d];
    region.num_groups[d] = header.num_groups[d];
    region.enqueued_local_size[d] = header.enqueued_local_size[d];
  }
  return region;
}

kiesel_result launch(kiesel_device* device, const kiesel_launch* l, kiesel_done done, void* command,
                     kiesel_reason*) {
  kiesel_launch_header header;
  std::memcpy(&header, l->block, sizeof header);
  device::Launch out;
  {
    std::lock_guard lock(device->mutex);
    const auto found = device->programs.find(l->program);
    out.module = found == device->programs.end() ? 0 : found->second;
  }
  out.kernel = l->kernel;
  out.entry = l->entry;
  out.region = region_of(*l, header);
  out.cores = {l->first_core, l->cores};
  out.priority = static_cast<device::Priority>(l->priority + 1);
  out.local_memory_bytes = l->local_bytes;
  out.private_memory_bytes = l->private_bytes;
  out.printf_buffer = header.printf_buffer;
  const auto* block = static_cast<const std::byte*>(l->block);
  out.arguments.assign(block + sizeof header, block + l->block_bytes);
  device->model->submit(std::move(out), ending(done, command), {.may_run_here = true});
  return KIESEL_OK;
}

kiesel_result transfer(kiesel_device* device, const kiesel_transfer* t, kiesel_done done, void* command,
                       kiesel_reason*) {
  const device::Box box{{t->bytes, 1, 1}, t->bytes, t->bytes, t->bytes, t->bytes};
  const auto* host = static_cast<const std::byte*>(t->host);
  const auto submit = [&](device::Command what) {
    device->model->submit(std::move(what), ending(done, command), {.may_run_here = true});
    return KIESEL_OK;
  };
  switch (t->kind) {
    case KIESEL_READ:
      return submit(device::Read{t->source, t->host, box});
    case KIESEL_WRITE:
      return submit(device::Write{t->host, t->target, box});
    case KIESEL_COPY:
      return submit(device::Copy{t->source, t->target, box});
    case KIESEL_FILL:
      return submit(device::Fill{t->target, t->bytes, {host, host + t->pattern_bytes}});
    default:
      return KIESEL_UNSUPPORTED;
  }
}

std::int32_t poll_device(kiesel_device* device) { return device->model->help(); }

kiesel_result counters(kiesel_device* device, std::uint64_t* values, std::uint32_t count, kiesel_reason*) {
  const auto now = device->model->counters();
  for (std::uint32_t i = 0; i < std::min<std::size_t>(count, now.size()); ++i) values[i] = now[i].value;
  return KIESEL_OK;
}

constexpr kiesel_plugin_table kTable{KIESEL_DEVICE_VERSION,
                                     sizeof(kiesel_plugin_table),
                                     "Kiesel's example",
                                     open_device,
                                     close_device,
                                     describe,
                                     allocate,
                                     free_memory,
                                     load,
                                     unload,
                                     launch,
                                     transfer,
                                     poll_device,
                                     counters,
                                     nullptr};

}  // namespace

const kiesel_plugin_table* kiesel_plugin(std::uint32_t version) {
  return version == KIESEL_DEVICE_VERSION ? &kTable : nullptr;
}
