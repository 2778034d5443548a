// Devices: queries, sub-devices, timers (OpenCL 3.0 API 4.2, 4.3).
#include "runtime/core/device.hpp"

#include "runtime/api/api.hpp"
#include "runtime/api/info.hpp"
#include "runtime/core/command_queue.hpp"
#include "runtime/core/platform.hpp"
#include "support/clock.hpp"

namespace kiesel::runtime::api {
namespace {

struct Partition {
  std::vector<std::uint32_t> counts;                     // cores of each sub-device
  std::vector<cl_device_partition_property> properties;  // with the final zero
};

Outcome<std::vector<std::uint32_t>> equal_counts(std::uint32_t cores, cl_device_partition_property each) {
  KIESEL_REQUIRE(each > 0, CL_INVALID_VALUE, fmt::format("sub-devices of {} compute units", each));
  KIESEL_REQUIRE(each <= cores, CL_INVALID_DEVICE_PARTITION_COUNT,
                 fmt::format("sub-devices of {} compute units, the device has {}", each, cores));
  KIESEL_REQUIRE(each < cores, CL_DEVICE_PARTITION_FAILED, "one part that is the whole is no partition");
  const auto count = static_cast<std::uint32_t>(each);
  return std::vector<std::uint32_t>(cores / count, count);
}

Outcome<std::vector<std::uint32_t>> listed_counts(std::uint32_t cores,
                                                  const cl_device_partition_property* list) {
  std::vector<std::uint32_t> out;
  std::uint32_t left = cores;
  for (; *list; ++list) {
    KIESEL_REQUIRE(
        *list > 0 && *list <= left, CL_INVALID_DEVICE_PARTITION_COUNT,
        fmt::format("a sub-device of {} compute units, {} of the device's {} are left", *list, left, cores));
    out.push_back(static_cast<std::uint32_t>(*list));
    left -= out.back();
  }
  KIESEL_REQUIRE(!out.empty(), CL_INVALID_VALUE, "a partition into no sub-devices");
  return out;
}

// CL_INVALID_VALUE, CL_DEVICE_PARTITION_FAILED, CL_INVALID_DEVICE_PARTITION_COUNT.
Outcome<Partition> read_partition(const Device& device, const cl_device_partition_property* properties) {
  KIESEL_REQUIRE(properties, CL_INVALID_VALUE, "no partition properties");
  const auto scheme = properties[0];
  KIESEL_REQUIRE(scheme == CL_DEVICE_PARTITION_EQUALLY || scheme == CL_DEVICE_PARTITION_BY_COUNTS,
                 CL_INVALID_VALUE, fmt::format("the device has no partition scheme {:#x}", scheme));
  KIESEL_REQUIRE(device.description().core_ranges, CL_INVALID_VALUE,
                 "launches on this device have all of its cores: it has no parts");
  const std::uint32_t cores = device.description().cores;
  KIESEL_REQUIRE(cores > 1, CL_DEVICE_PARTITION_FAILED, "a device of one compute unit has no parts");
  const bool equally = scheme == CL_DEVICE_PARTITION_EQUALLY;
  KIESEL_TRY(counts, equally ? equal_counts(cores, properties[1]) : listed_counts(cores, properties + 1));
  const std::size_t end = equally ? 2 : counts.size() + 2;  // with CL_DEVICE_PARTITION_BY_COUNTS_LIST_END
  KIESEL_REQUIRE(properties[end] == 0, CL_INVALID_VALUE, "more than one partition scheme");
  return Partition{std::move(counts), {properties, properties + end + 1}};
}

}  // namespace

cl_int clGetDeviceIDs(cl_platform_id platform, cl_device_type type, cl_uint num_entries,
                      cl_device_id* devices, cl_uint* num_devices) {
  return status([&]() -> Outcome<> {
    Platform* found = platform ? find<Platform>(platform) : &Platform::get();
    KIESEL_REQUIRE(found, CL_INVALID_PLATFORM, "no valid platform");
    KIESEL_REQUIRE(valid_device_type(type), CL_INVALID_DEVICE_TYPE, "not a device type");
    KIESEL_REQUIRE(!devices || num_entries > 0, CL_INVALID_VALUE, "devices without num_entries");
    KIESEL_REQUIRE(devices || num_devices, CL_INVALID_VALUE, "nothing to return");
    const auto matching = devices_of_type(*found, type);
    KIESEL_REQUIRE(!matching.empty(), CL_DEVICE_NOT_FOUND, "no device of this type");
    if (num_devices) *num_devices = static_cast<cl_uint>(matching.size());
    for (cl_uint i = 0; devices && i < num_entries && i < matching.size(); ++i)
      devices[i] = cl_handle(*matching[i]);
    return {};
  }());
}

cl_int clGetDeviceInfo(cl_device_id device, cl_device_info name, size_t size, void* value, size_t* size_ret) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(found, valid<Device>(device));
    const Answer answer(size, value, size_ret);
    if (name == CL_DEVICE_REFERENCE_COUNT && found->parent_device())
      return answer.value(reference_count(*found));
    return answer.from(found->info(), name);
  }());
}

cl_int clCreateSubDevices(cl_device_id device, const cl_device_partition_property* properties,
                          cl_uint num_entries, cl_device_id* devices, cl_uint* num_devices) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(found, valid<Device>(device));
    KIESEL_TRY(partition, read_partition(*found, properties));
    KIESEL_REQUIRE(
        !devices || num_entries >= partition.counts.size(), CL_INVALID_VALUE,
        fmt::format("there are {} sub-devices and room for {}", partition.counts.size(), num_entries));
    std::vector<cl_device_id> handles;
    std::uint32_t first = 0;
    for (const std::uint32_t count : partition.counts) {
      if (!devices) break;
      auto handle = hand_out(make_ref<Device>(*found, device::Cores{first, count}, partition.properties));
      if (!handle) {
        for (const cl_device_id made : handles) (void)release<Device>(made);
        return handle.error();
      }
      handles.push_back(*handle);
      first += count;
    }
    std::copy(handles.begin(), handles.end(), devices);
    if (num_devices) *num_devices = static_cast<cl_uint>(partition.counts.size());
    return {};
  }());
}

// Root devices are not counted.
cl_int clRetainDevice(cl_device_id device) {
  const auto* found = find<Device>(device);
  if (found && !found->parent_device()) return CL_SUCCESS;
  return retain<Device>(device);
}
cl_int clReleaseDevice(cl_device_id device) {
  const auto* found = find<Device>(device);
  if (found && !found->parent_device()) return CL_SUCCESS;
  return release<Device>(device);
}

// cl_ext_device_fission is not reported: clCreateSubDevices is the same since OpenCL 1.2.
cl_int clCreateSubDevicesEXT(cl_device_id device, const cl_device_partition_property_ext*, cl_uint,
                             cl_device_id*, cl_uint*) {
  return status([&]() -> Outcome<> {
    KIESEL_CHECK(valid<Device>(device));
    return error(CL_INVALID_VALUE, "cl_ext_device_fission is not supported; use clCreateSubDevices");
  }());
}
cl_int clRetainDeviceEXT(cl_device_id device) { return api::clRetainDevice(device); }
cl_int clReleaseDeviceEXT(cl_device_id device) { return api::clReleaseDevice(device); }

cl_int clSetDefaultDeviceCommandQueue(cl_context context, cl_device_id device, cl_command_queue) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(found, valid<Context>(context));
    KIESEL_CHECK(valid<Device>(device));
    return error(*found, CL_INVALID_OPERATION, "the device has no on-device queues");
  }());
}

// Host and device share one clock, so the two times are one.
cl_int clGetDeviceAndHostTimer(cl_device_id device, cl_ulong* device_timestamp, cl_ulong* host_timestamp) {
  return status([&]() -> Outcome<> {
    KIESEL_CHECK(valid<Device>(device));
    KIESEL_REQUIRE(device_timestamp && host_timestamp, CL_INVALID_VALUE, "nowhere to return the times");
    *device_timestamp = *host_timestamp = now_ns();
    return {};
  }());
}

cl_int clGetHostTimer(cl_device_id device, cl_ulong* host_timestamp) {
  return status([&]() -> Outcome<> {
    KIESEL_CHECK(valid<Device>(device));
    KIESEL_REQUIRE(host_timestamp, CL_INVALID_VALUE, "nowhere to return the time");
    *host_timestamp = now_ns();
    return {};
  }());
}

}  // namespace kiesel::runtime::api
