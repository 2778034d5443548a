#include "runtime/api/memory_properties.hpp"

#include <CL/cl_ext.h>

#include <algorithm>

#include "runtime/api/memory_flags.hpp"
#include "runtime/core/buffer.hpp"
#include "runtime/core/external_memory.hpp"

namespace kiesel::runtime::api {
namespace {

// `at` is behind the property's name; it is put behind the list's end.
Outcome<std::vector<Ref<Device>>> read_devices(Context& context, const cl_mem_properties*& at) {
  std::vector<Ref<Device>> out;
  for (; *at != kMemoryDeviceListEnd; ++at) {
    auto* device = find<Device>(reinterpret_cast<cl_device_id>(*at));
    KIESEL_REQUIRE(device && context.has(*device), context, CL_INVALID_DEVICE, "no device of the context");
    out.emplace_back(device);
  }
  ++at;
  KIESEL_REQUIRE(!out.empty(), context, CL_INVALID_DEVICE, "an empty list of devices");
  return out;
}

}  // namespace

Outcome<> MemoryProperties::check_flags(Context& context, cl_mem_flags flags) const {
  KIESEL_REQUIRE(!file || (flags & kHostPointer) == 0, context, CL_INVALID_VALUE,
                 "memory of an external handle has no flags of host pointers");
  return {};
}

Outcome<MemoryProperties> read_memory_properties(Context& context, const cl_mem_properties* list,
                                                 bool of_buffer) {
  MemoryProperties out;
  if (!list) return out;
  std::vector<cl_mem_properties> seen;
  const auto* at = list;
  while (*at) {
    const auto name = *at++;
    KIESEL_REQUIRE(std::find(seen.begin(), seen.end(), name) == seen.end(), context, CL_INVALID_PROPERTY,
                   fmt::format("property {:#x} is given twice", name));
    seen.push_back(name);
    if (name == kDevicePrivateAddress && of_buffer) {
      KIESEL_REQUIRE(*at == CL_TRUE || *at == CL_FALSE, context, CL_INVALID_PROPERTY,
                     "CL_MEM_DEVICE_PRIVATE_ADDRESS_EXT is no bool");
      out.addressed = *at++ == CL_TRUE;
    } else if (name == CL_EXTERNAL_MEMORY_HANDLE_OPAQUE_FD_KHR) {
      out.file = static_cast<int>(*at++);
    } else {
      KIESEL_REQUIRE(name == kMemoryDeviceList, context, CL_INVALID_PROPERTY,
                     fmt::format("there is no property {:#x} of this memory object", name));
      KIESEL_TRY(devices, read_devices(context, at));
      out.devices = std::move(devices);
    }
  }
  out.list.assign(list, at + 1);
  KIESEL_REQUIRE(out.file || out.devices.empty(), context, CL_INVALID_PROPERTY,
                 "CL_MEM_DEVICE_HANDLE_LIST_KHR without an external memory handle");
  if (out.file && out.devices.empty()) out.devices = context.devices();
  for (const auto& device : out.devices)
    KIESEL_REQUIRE(device->description().host_visible, context, CL_INVALID_DEVICE,
                   "a device that cannot import memory");
  return out;
}

}  // namespace kiesel::runtime::api
