// Memory objects of file descriptors (cl_khr_external_memory, cl_khr_external_memory_opaque_fd).
#include <CL/cl_ext.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

namespace {

cl_int acquire(cl_command_queue queue, cl_uint count, const cl_mem* objects, cl_event* event = nullptr) {
  return extension<clEnqueueAcquireExternalMemObjectsKHR_fn>("clEnqueueAcquireExternalMemObjectsKHR")(
      queue, count, objects, 0, nullptr, event);
}
cl_int release(cl_command_queue queue, cl_uint count, const cl_mem* objects, cl_event* event = nullptr) {
  return extension<clEnqueueReleaseExternalMemObjectsKHR_fn>("clEnqueueReleaseExternalMemObjectsKHR")(
      queue, count, objects, 0, nullptr, event);
}

constexpr cl_mem_properties kDeviceList = 0x2051;  // CL_MEM_DEVICE_HANDLE_LIST_KHR
constexpr cl_device_info kLinearImages = 0x2052;   // ..._IMPORT_ASSUME_LINEAR_IMAGES_HANDLE_TYPES_KHR
using Properties = std::vector<cl_mem_properties>;

// Somebody else's memory: a file without a name, and how that somebody sees it.
class File {
 public:
  explicit File(std::size_t bytes) : bytes_(bytes), file_(::memfd_create("test", MFD_CLOEXEC)) {
    REQUIRE(file_ >= 0);
    REQUIRE(::ftruncate(file_, static_cast<off_t>(bytes)) == 0);
    view_ = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
    REQUIRE(view_ != MAP_FAILED);
  }
  File(const File&) = delete;
  ~File() {
    ::munmap(view_, bytes_);
    ::close(file_);
  }
  int* ints() const { return static_cast<int*>(view_); }
  int descriptor() const { return file_; }
  // For an import, which takes it over.
  Properties properties() const {
    return {CL_EXTERNAL_MEMORY_HANDLE_OPAQUE_FD_KHR, static_cast<cl_mem_properties>(::dup(file_)), 0};
  }

 private:
  std::size_t bytes_;
  int file_;
  void* view_;
};

Memory import(const Session& session, const Properties& properties, std::size_t bytes, cl_int expected = 0,
              cl_mem_flags flags = 0, void* host = nullptr) {
  cl_int error = 1;
  Memory out(clCreateBufferWithProperties(session.context, properties.data(), flags, bytes, host, &error));
  CHECK(error == expected);
  CHECK((out != nullptr) == (expected == CL_SUCCESS));
  // A descriptor that was not taken over is ours.
  if (expected != CL_SUCCESS)
    for (std::size_t i = 0; i + 1 < properties.size(); i += 2)
      if (properties[i] == CL_EXTERNAL_MEMORY_HANDLE_OPAQUE_FD_KHR)
        ::close(static_cast<int>(properties[i + 1]));
  return out;
}

}  // namespace

TEST_CASE("external memory is reported") {
  NEEDS(has_extension("cl_khr_external_memory"));
  const auto extensions = query_text(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_EXTENSIONS});
  CHECK(extensions.find("cl_khr_external_memory ") != std::string::npos);
  CHECK(extensions.find("cl_khr_external_memory_opaque_fd") != std::string::npos);
  using Type = cl_external_memory_handle_type_khr;
  const Type file = CL_EXTERNAL_MEMORY_HANDLE_OPAQUE_FD_KHR;
  CHECK(query<Type>(clGetDeviceInfo, device(), CL_DEVICE_EXTERNAL_MEMORY_IMPORT_HANDLE_TYPES_KHR) == file);
  CHECK(query<Type>(clGetDeviceInfo, device(), kLinearImages) == file);
  CHECK(query<Type>(clGetPlatformInfo, platform(), CL_PLATFORM_EXTERNAL_MEMORY_IMPORT_HANDLE_TYPES_KHR) ==
        file);
}

TEST_CASE("kernels and commands use memory of a file, and its other users see it") {
  NEEDS(has_extension("cl_khr_external_memory"));
  const Session one, two;
  const File file(4096);
  const auto properties = file.properties();
  Memory first = import(one, properties, 4096), second = import(two, file.properties(), 4000);
  CHECK(::fcntl(static_cast<int>(properties[1]), F_GETFD) == -1);  // it is the driver's now
  file.ints()[3] = 30;
  const char* source = "kernel void twice(global int* data) { data[get_global_id(0)] *= 2; }";
  Program program = one.build(source);
  Kernel kernel = one.kernel(program, "twice");
  const cl_mem memory = first;
  REQUIRE(clSetKernelArg(kernel, 0, sizeof memory, &memory) == CL_SUCCESS);
  const std::size_t size = 1000;
  Event acquired, released;
  REQUIRE(acquire(one.queue, 1, &memory, acquired.out()) == CL_SUCCESS);
  REQUIRE(clEnqueueNDRangeKernel(one.queue, kernel, 1, nullptr, &size, nullptr, 0, nullptr, nullptr) ==
          CL_SUCCESS);
  REQUIRE(release(one.queue, 1, &memory, released.out()) == CL_SUCCESS);
  REQUIRE(clFinish(one.queue) == CL_SUCCESS);
  CHECK(query<cl_command_type>(clGetEventInfo, acquired, CL_EVENT_COMMAND_TYPE) ==
        CL_COMMAND_ACQUIRE_EXTERNAL_MEM_OBJECTS_KHR);
  CHECK(query<cl_command_type>(clGetEventInfo, released, CL_EVENT_COMMAND_TYPE) ==
        CL_COMMAND_RELEASE_EXTERNAL_MEM_OBJECTS_KHR);
  CHECK(file.ints()[3] == 60);
  CHECK(two.read<int>(second, 4)[3] == 60);
  const int value = 7;
  REQUIRE(clEnqueueFillBuffer(two.queue, second, &value, 4, 0, 16, 0, nullptr, nullptr) == CL_SUCCESS);
  REQUIRE(clFinish(two.queue) == CL_SUCCESS);
  CHECK(file.ints()[3] == 7);
  cl_int error = 1;
  auto* mapped = static_cast<int*>(
      clEnqueueMapBuffer(one.queue, first, CL_TRUE, CL_MAP_WRITE, 8, 4, 0, nullptr, nullptr, &error));
  REQUIRE(error == CL_SUCCESS);
  *mapped = 77;
  REQUIRE(clEnqueueUnmapMemObject(one.queue, first, mapped, 0, nullptr, nullptr) == CL_SUCCESS);
  REQUIRE(clFinish(one.queue) == CL_SUCCESS);
  CHECK(file.ints()[2] == 77);
  CHECK(info<void*>(clGetMemObjectInfo, first, CL_MEM_HOST_PTR) == nullptr);
  CHECK(info<cl_bool>(clGetMemObjectInfo, first, CL_MEM_USES_SVM_POINTER) == CL_FALSE);
  first.reset();
  second.reset();
  CHECK(file.ints()[2] == 77);  // the bytes are their owner's
}

TEST_CASE("an image of a file has the pitch that its descriptor says") {
  NEEDS(has_extension("cl_khr_external_memory"));
  NEEDS(has_images());
  const Session session;
  const File file(4096);
  const cl_image_format format{CL_R, CL_SIGNED_INT32};
  cl_image_desc shape{};
  shape.image_type = CL_MEM_OBJECT_IMAGE2D;
  shape.image_width = 5;
  shape.image_height = 3;
  shape.image_row_pitch = 64;
  for (int i = 0; i < 1024; ++i) file.ints()[i] = i;
  cl_int error = 1;
  const auto properties = file.properties();
  Memory image(clCreateImageWithProperties(session.context, properties.data(), CL_MEM_READ_WRITE, &format,
                                           &shape, nullptr, &error));
  REQUIRE(error == CL_SUCCESS);
  const std::size_t origin[3] = {0, 0, 0}, region[3] = {5, 3, 1};
  std::vector<int> out(15);
  REQUIRE(clEnqueueReadImage(session.queue, image, CL_TRUE, origin, region, 0, 0, out.data(), 0, nullptr,
                             nullptr) == CL_SUCCESS);
  CHECK(out == std::vector<int>{0, 1, 2, 3, 4, 16, 17, 18, 19, 20, 32, 33, 34, 35, 36});
  shape.image_height = 65;  // more than the file has
  const auto again = file.properties();
  Memory none(clCreateImageWithProperties(session.context, again.data(), CL_MEM_READ_WRITE, &format, &shape,
                                          nullptr, &error));
  CHECK(error == CL_INVALID_PROPERTY);
  ::close(static_cast<int>(again[1]));
}

TEST_CASE("external memory says for which devices it is") {
  NEEDS(has_extension("cl_khr_external_memory"));
  const Session session;
  const File file(64);
  auto properties = file.properties();
  properties.insert(properties.begin() + 2, {kDeviceList, reinterpret_cast<cl_mem_properties>(device()), 0});
  Memory memory = import(session, properties, 64);
  Properties told(properties.size());
  std::size_t size = 0;
  REQUIRE(clGetMemObjectInfo(memory, CL_MEM_PROPERTIES, told.size() * sizeof told[0], told.data(), &size) ==
          CL_SUCCESS);
  CHECK(size == properties.size() * sizeof told[0]);
  CHECK(told == properties);
  const cl_mem list[] = {memory};
  CHECK(acquire(session.queue, 1, list) == CL_SUCCESS);
  import(session, {kDeviceList, reinterpret_cast<cl_mem_properties>(device()), 0, 0}, 64,
         CL_INVALID_PROPERTY);
  auto no_device = file.properties();
  no_device.insert(no_device.begin() + 2,
                   {kDeviceList, reinterpret_cast<cl_mem_properties>(cl_context(session.context)), 0});
  import(session, no_device, 64, CL_INVALID_DEVICE);
}

TEST_CASE("external memory that cannot be is refused") {
  NEEDS(has_extension("cl_khr_external_memory"));
  const Session session;
  const File file(4096);
  int host[16];
  import(session, file.properties(), 4097, CL_INVALID_PROPERTY);
  import(session, file.properties(), 0, CL_INVALID_BUFFER_SIZE);
  import(session, {CL_EXTERNAL_MEMORY_HANDLE_OPAQUE_FD_KHR, 1'000'000, 0}, 64, CL_INVALID_PROPERTY);
  import(session, {CL_EXTERNAL_MEMORY_HANDLE_DMA_BUF_KHR, 0, 0}, 64, CL_INVALID_PROPERTY);
  import(session, file.properties(), 64, CL_INVALID_VALUE, CL_MEM_ALLOC_HOST_PTR);
  import(session, file.properties(), 64, CL_INVALID_VALUE, CL_MEM_USE_HOST_PTR, host);
  import(session, file.properties(), 64, CL_INVALID_HOST_PTR, 0, host);
  auto twice = file.properties();
  const auto more = file.properties();
  twice.insert(twice.end() - 1, more.begin(), more.end() - 1);
  import(session, twice, 64, CL_INVALID_PROPERTY);
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  import(session, {CL_EXTERNAL_MEMORY_HANDLE_OPAQUE_FD_KHR, static_cast<cl_mem_properties>(ends[0]), 0}, 64,
         CL_INVALID_PROPERTY);
  ::close(ends[1]);
}

TEST_CASE("acquiring and releasing check what they get") {
  NEEDS(has_extension("cl_khr_external_memory"));
  const Session session;
  const File file(64);
  Memory external = import(session, file.properties(), 64), usual = session.buffer(64);
  const cl_mem good[] = {external}, mixed[] = {external, usual}, none[] = {nullptr};
  for (const auto call :
       {extension<clEnqueueAcquireExternalMemObjectsKHR_fn>("clEnqueueAcquireExternalMemObjectsKHR"),
        extension<clEnqueueAcquireExternalMemObjectsKHR_fn>("clEnqueueReleaseExternalMemObjectsKHR")}) {
    CHECK(call(session.queue, 0, nullptr, 0, nullptr, nullptr) == CL_SUCCESS);
    CHECK(call(session.queue, 0, good, 0, nullptr, nullptr) == CL_INVALID_VALUE);
    CHECK(call(session.queue, 1, nullptr, 0, nullptr, nullptr) == CL_INVALID_VALUE);
    CHECK(call(session.queue, 2, mixed, 0, nullptr, nullptr) == CL_INVALID_MEM_OBJECT);
    CHECK(call(session.queue, 1, none, 0, nullptr, nullptr) == CL_INVALID_MEM_OBJECT);
    CHECK(call(nullptr, 1, good, 0, nullptr, nullptr) == CL_INVALID_COMMAND_QUEUE);
    CHECK(call(session.queue, 1, good, 1, nullptr, nullptr) == CL_INVALID_EVENT_WAIT_LIST);
    Event failed(clCreateUserEvent(session.context, nullptr));
    REQUIRE(clSetUserEventStatus(failed, -5) == CL_SUCCESS);
    const cl_event waits[] = {failed};
    CHECK(call(session.queue, 1, good, 1, waits, nullptr) == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
  }
}
