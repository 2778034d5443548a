// Devices: queries, sub-devices, timers (OpenCL 3.0 API 4.2, 4.3).
#include "runtime/core/device.hpp"

#include "runtime/api/api.hpp"
#include "runtime/api/info.hpp"
#include "runtime/core/command_queue.hpp"
#include "runtime/core/platform.hpp"
#include "support/clock.hpp"

namespace kiesel::runtime::api {

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
    return Answer(size, value, size_ret).from(found->info(), name);
  }());
}

// No device can be partitioned: CL_DEVICE_PARTITION_MAX_SUB_DEVICES is 0.
cl_int clCreateSubDevices(cl_device_id device, const cl_device_partition_property*, cl_uint, cl_device_id*,
                          cl_uint*) {
  return status([&]() -> Outcome<> {
    KIESEL_CHECK(valid<Device>(device));
    return error(CL_INVALID_VALUE, "the device supports no partitioning");
  }());
}

// Root devices are not counted.
cl_int clRetainDevice(cl_device_id device) {
  return find<Device>(device) ? CL_SUCCESS : report(error(CL_INVALID_DEVICE, "no valid device"));
}
cl_int clReleaseDevice(cl_device_id device) { return api::clRetainDevice(device); }

cl_int clCreateSubDevicesEXT(cl_device_id device, const cl_device_partition_property_ext*, cl_uint,
                             cl_device_id*, cl_uint*) {
  return status([&]() -> Outcome<> {
    KIESEL_CHECK(valid<Device>(device));
    return error(CL_INVALID_VALUE, "the device supports no partitioning");
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
