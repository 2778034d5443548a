// An OpenCL layer (OPENCL_LAYERS) for applications that do not judge themselves: what the application reads
// back from the device goes, in its order, into the file RECORD_FILE, so that the results of two drivers can
// be compared. It shows every device as a GPU, since many applications ask for nothing else, and makes every
// reading blocking.
#include <CL/cl_layer.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <mutex>

namespace {

const cl_icd_dispatch* target = nullptr;  // the driver, or the next layer
cl_icd_dispatch layer;

// A block of host memory as the API describes it: rows of `width` bytes.
struct Block {
  const char* bytes;
  std::size_t width, rows, slices, row_pitch, slice_pitch;
};

std::FILE* open_record() {
  const char* name = std::getenv("RECORD_FILE");
  return name ? std::fopen(name, "ab") : nullptr;
}

// Each record is its size in bytes, 64 bits wide, and its bytes.
void record(const Block& block) {
  static std::mutex lock;
  static std::FILE* const file = open_record();
  if (!file || !block.bytes) return;
  const std::lock_guard guard(lock);
  const std::uint64_t size = block.width * block.rows * block.slices;
  std::fwrite(&size, sizeof size, 1, file);
  for (std::size_t slice = 0; slice < block.slices; ++slice)
    for (std::size_t row = 0; row < block.rows; ++row)
      std::fwrite(block.bytes + slice * block.slice_pitch + row * block.row_pitch, 1, block.width, file);
  std::fflush(file);
}

void record(const void* bytes, std::size_t size) {
  record({static_cast<const char*>(bytes), size, 1, 1, size, size});
}

Block block_of(const void* bytes, const std::size_t* region, std::size_t element, std::size_t row_pitch,
               std::size_t slice_pitch) {
  const std::size_t width = region[0] * element, row = row_pitch ? row_pitch : width;
  return {static_cast<const char*>(bytes),
          width,
          region[1],
          region[2],
          row,
          slice_pitch ? slice_pitch : row * region[1]};
}

cl_int CL_API_CALL device_ids(cl_platform_id platform, cl_device_type, cl_uint count, cl_device_id* devices,
                              cl_uint* found) {
  return target->clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, count, devices, found);
}

cl_int CL_API_CALL device_info(cl_device_id device, cl_device_info name, std::size_t size, void* value,
                               std::size_t* needed) {
  const cl_int status = target->clGetDeviceInfo(device, name, size, value, needed);
  if (status == CL_SUCCESS && value && name == CL_DEVICE_TYPE) {
    const cl_device_type type = CL_DEVICE_TYPE_GPU;
    std::memcpy(value, &type, sizeof type);
  }
  return status;
}

cl_context CL_API_CALL context_from_type(const cl_context_properties* properties, cl_device_type,
                                         void(CL_CALLBACK* notify)(const char*, const void*, std::size_t,
                                                                   void*),
                                         void* data, cl_int* error) {
  return target->clCreateContextFromType(properties, CL_DEVICE_TYPE_ALL, notify, data, error);
}

cl_int CL_API_CALL read_buffer(cl_command_queue queue, cl_mem buffer, cl_bool, std::size_t offset,
                               std::size_t size, void* bytes, cl_uint count, const cl_event* wait,
                               cl_event* event) {
  const cl_int status =
      target->clEnqueueReadBuffer(queue, buffer, CL_TRUE, offset, size, bytes, count, wait, event);
  if (status == CL_SUCCESS) record(bytes, size);
  return status;
}

cl_int CL_API_CALL read_image(cl_command_queue queue, cl_mem image, cl_bool, const std::size_t* origin,
                              const std::size_t* region, std::size_t row_pitch, std::size_t slice_pitch,
                              void* bytes, cl_uint count, const cl_event* wait, cl_event* event) {
  const cl_int status = target->clEnqueueReadImage(queue, image, CL_TRUE, origin, region, row_pitch,
                                                   slice_pitch, bytes, count, wait, event);
  std::size_t element = 0;
  target->clGetImageInfo(image, CL_IMAGE_ELEMENT_SIZE, sizeof element, &element, nullptr);
  if (status == CL_SUCCESS) record(block_of(bytes, region, element, row_pitch, slice_pitch));
  return status;
}

void* CL_API_CALL map_buffer(cl_command_queue queue, cl_mem buffer, cl_bool, cl_map_flags flags,
                             std::size_t offset, std::size_t size, cl_uint count, const cl_event* wait,
                             cl_event* event, cl_int* error) {
  void* const bytes =
      target->clEnqueueMapBuffer(queue, buffer, CL_TRUE, flags, offset, size, count, wait, event, error);
  if (flags & CL_MAP_READ) record(bytes, size);
  return bytes;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) std::time_t time(std::time_t* result) noexcept {
  constexpr std::time_t kAlways = 1'600'000'000;
  if (result) *result = kAlways;
  return kAlways;
}

extern "C" __attribute__((visibility("default"))) cl_int CL_API_CALL clGetLayerInfo(cl_layer_info name,
                                                                                    std::size_t size,
                                                                                    void* value,
                                                                                    std::size_t* needed) {
  const cl_layer_api_version version = CL_LAYER_API_VERSION_100;
  if (name != CL_LAYER_API_VERSION || (value && size < sizeof version)) return CL_INVALID_VALUE;
  if (value) std::memcpy(value, &version, sizeof version);
  if (needed) *needed = sizeof version;
  return CL_SUCCESS;
}

extern "C" __attribute__((visibility("default"))) cl_int CL_API_CALL
clInitLayer(cl_uint entries, const cl_icd_dispatch* next, cl_uint* own_entries, const cl_icd_dispatch** own) {
  if (!next || !own || !own_entries || entries < sizeof layer / sizeof(void*)) return CL_INVALID_VALUE;
  target = next;
  layer = *next;
  layer.clGetDeviceIDs = device_ids;
  layer.clGetDeviceInfo = device_info;
  layer.clCreateContextFromType = context_from_type;
  layer.clEnqueueReadBuffer = read_buffer;
  layer.clEnqueueReadImage = read_image;
  layer.clEnqueueMapBuffer = map_buffer;
  *own = &layer;
  *own_entries = sizeof layer / sizeof(void*);
  return CL_SUCCESS;
}
