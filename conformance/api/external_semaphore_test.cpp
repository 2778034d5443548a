// Semaphores that contexts and processes share by file descriptors (cl_khr_external_semaphore,
// cl_khr_external_semaphore_opaque_fd).
#include <CL/cl_ext.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

namespace {

struct Api {
#define FUNCTION(name) const name##_fn name = extension<name##_fn>(#name)
  FUNCTION(clCreateSemaphoreWithPropertiesKHR);
  FUNCTION(clReleaseSemaphoreKHR);
  FUNCTION(clEnqueueWaitSemaphoresKHR);
  FUNCTION(clEnqueueSignalSemaphoresKHR);
  FUNCTION(clGetSemaphoreInfoKHR);
  FUNCTION(clGetSemaphoreHandleForTypeKHR);
};
const Api& api() {
  static const Api& instance = *new Api;
  return instance;
}

constexpr cl_semaphore_info_khr kExportable = 0x2054;  // CL_SEMAPHORE_EXPORTABLE_KHR
constexpr auto kFile = CL_SEMAPHORE_HANDLE_OPAQUE_FD_KHR;
using Properties = std::vector<cl_semaphore_properties_khr>;
const Properties kExport{
    CL_SEMAPHORE_TYPE_KHR, CL_SEMAPHORE_TYPE_BINARY_KHR, CL_SEMAPHORE_EXPORT_HANDLE_TYPES_KHR, kFile, 0, 0};
Properties import_of(int file) {
  return {CL_SEMAPHORE_TYPE_KHR, CL_SEMAPHORE_TYPE_BINARY_KHR, kFile,
          static_cast<cl_semaphore_properties_khr>(file), 0};
}

class Semaphore {
 public:
  Semaphore(const Session& session, const Properties& properties, cl_int expected = CL_SUCCESS) {
    cl_int error = 1;
    semaphore_ = api().clCreateSemaphoreWithPropertiesKHR(session.context, properties.data(), &error);
    CHECK(error == expected);
    CHECK((semaphore_ != nullptr) == (expected == CL_SUCCESS));
  }
  Semaphore(const Semaphore&) = delete;
  ~Semaphore() {
    if (semaphore_) api().clReleaseSemaphoreKHR(semaphore_);
  }
  operator cl_semaphore_khr() const { return semaphore_; }

  int file() const {
    int out = -1;
    std::size_t size = 0;
    REQUIRE(api().clGetSemaphoreHandleForTypeKHR(semaphore_, device(), kFile, sizeof out, &out, &size) ==
            CL_SUCCESS);
    CHECK(size == sizeof out);
    return out;
  }
  void signal(const Session& session, cl_event after = nullptr) const {
    REQUIRE(api().clEnqueueSignalSemaphoresKHR(session.queue, 1, &semaphore_, nullptr, after ? 1 : 0,
                                               after ? &after : nullptr, nullptr) == CL_SUCCESS);
  }
  Event wait(const Session& session) const {
    Event out;
    REQUIRE(api().clEnqueueWaitSemaphoresKHR(session.queue, 1, &semaphore_, nullptr, 0, nullptr, out.out()) ==
            CL_SUCCESS);
    return out;
  }
  bool signalled() const {
    cl_semaphore_payload_khr payload = 9;
    REQUIRE(api().clGetSemaphoreInfoKHR(semaphore_, CL_SEMAPHORE_PAYLOAD_KHR, sizeof payload, &payload,
                                        nullptr) == CL_SUCCESS);
    return payload == 1;
  }

 private:
  cl_semaphore_khr semaphore_;
};

cl_int wait_for(const Event& event) {
  const cl_event list[] = {event};
  return clWaitForEvents(1, list);
}

}  // namespace

TEST_CASE("external semaphores are reported") {
  const auto extensions = query_text(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_EXTENSIONS});
  CHECK(extensions.find("cl_khr_external_semaphore ") != std::string::npos);
  CHECK(extensions.find("cl_khr_external_semaphore_opaque_fd") != std::string::npos);
  using Type = cl_external_semaphore_handle_type_khr;
  for (const auto name :
       {CL_DEVICE_SEMAPHORE_IMPORT_HANDLE_TYPES_KHR, CL_DEVICE_SEMAPHORE_EXPORT_HANDLE_TYPES_KHR})
    CHECK(query<Type>(clGetDeviceInfo, device(), name) == kFile);
  for (const auto name :
       {CL_PLATFORM_SEMAPHORE_IMPORT_HANDLE_TYPES_KHR, CL_PLATFORM_SEMAPHORE_EXPORT_HANDLE_TYPES_KHR})
    CHECK(query<Type>(clGetPlatformInfo, platform(), name) == kFile);
}

TEST_CASE("a signal in one context lets a wait in another one go on, in both directions") {
  const Session one, two;
  const Semaphore exported(one, kExport);
  const int file = exported.file();
  const Semaphore imported(two, import_of(file));
  CHECK_FALSE(exported.signalled());

  const Event early = imported.wait(two);  // before the signal is enqueued
  Event gate(clCreateUserEvent(one.context, nullptr));
  exported.signal(one, gate);
  CHECK(status_of(early) > CL_COMPLETE);
  REQUIRE(clSetUserEventStatus(gate, CL_COMPLETE) == CL_SUCCESS);
  CHECK(wait_for(early) == CL_SUCCESS);
  CHECK_FALSE(imported.signalled());

  imported.signal(two);
  REQUIRE(clFinish(two.queue) == CL_SUCCESS);
  CHECK(exported.signalled());
  CHECK(imported.signalled());
  CHECK(wait_for(exported.wait(one)) == CL_SUCCESS);
  CHECK_FALSE(exported.signalled());
}

TEST_CASE("many rounds through a shared semaphore keep the order of two queues") {
  const Session one, two;
  const Semaphore ping(one, kExport), pong(two, kExport);
  const Semaphore ping_there(two, import_of(ping.file())), pong_here(one, import_of(pong.file()));
  constexpr int kRounds = 200;
  for (int i = 0; i < kRounds; ++i) {
    ping.signal(one);
    (void)ping_there.wait(two);
    pong.signal(two);
    (void)pong_here.wait(one);
  }
  REQUIRE(clFinish(one.queue) == CL_SUCCESS);
  REQUIRE(clFinish(two.queue) == CL_SUCCESS);
  CHECK_FALSE(ping.signalled());
  CHECK_FALSE(pong.signalled());
}

TEST_CASE("a payload lives as long as a descriptor of it") {
  const Session session;
  int file = -1;
  {
    const Semaphore exported(session, kExport);
    exported.signal(session);
    REQUIRE(clFinish(session.queue) == CL_SUCCESS);
    file = exported.file();
  }
  {
    const Semaphore imported(session, import_of(file));
    CHECK(imported.signalled());
    CHECK(wait_for(imported.wait(session)) == CL_SUCCESS);
  }
  CHECK(::fcntl(file, F_GETFD) == -1);  // it was the driver's, and went with the semaphore
}

TEST_CASE("exportable semaphores say so") {
  const Session session;
  const Semaphore exported(session, kExport), imported(session, import_of(exported.file())),
      usual(session, {CL_SEMAPHORE_TYPE_KHR, CL_SEMAPHORE_TYPE_BINARY_KHR, 0});
  const auto exportable = [&](cl_semaphore_khr semaphore) {
    cl_bool out = 9;
    REQUIRE(api().clGetSemaphoreInfoKHR(semaphore, kExportable, sizeof out, &out, nullptr) == CL_SUCCESS);
    std::size_t size = 99;
    REQUIRE(api().clGetSemaphoreInfoKHR(semaphore, CL_SEMAPHORE_EXPORT_HANDLE_TYPES_KHR, 0, nullptr, &size) ==
            CL_SUCCESS);
    CHECK(size == (out ? sizeof(cl_external_semaphore_handle_type_khr) : 0));
    return out == CL_TRUE;
  };
  CHECK(exportable(exported));
  CHECK_FALSE(exportable(imported));
  CHECK_FALSE(exportable(usual));
  Properties told(kExport.size());
  REQUIRE(api().clGetSemaphoreInfoKHR(exported, CL_SEMAPHORE_PROPERTIES_KHR, told.size() * sizeof told[0],
                                      told.data(), nullptr) == CL_SUCCESS);
  CHECK(told == kExport);
  const auto get = [&](cl_semaphore_khr semaphore, cl_device_id from, cl_uint type, std::size_t size) {
    int out = -1;
    const cl_int result = api().clGetSemaphoreHandleForTypeKHR(semaphore, from, type, size, &out, nullptr);
    CHECK(out == -1);
    return result;
  };
  CHECK(get(imported, device(), kFile, sizeof(int)) == CL_INVALID_VALUE);
  CHECK(get(exported, device(), CL_SEMAPHORE_HANDLE_SYNC_FD_KHR, sizeof(int)) == CL_INVALID_VALUE);
  CHECK(get(exported, device(), kFile, 3) == CL_INVALID_VALUE);
  CHECK(get(exported, nullptr, kFile, sizeof(int)) == CL_INVALID_DEVICE);
  std::size_t size = 0;
  CHECK(api().clGetSemaphoreHandleForTypeKHR(exported, device(), kFile, 0, nullptr, &size) == CL_SUCCESS);
  CHECK(size == sizeof(int));
}

TEST_CASE("external semaphores that cannot be are refused") {
  const Session session;
  const cl_semaphore_properties_khr type = CL_SEMAPHORE_TYPE_KHR, binary = CL_SEMAPHORE_TYPE_BINARY_KHR,
                                    types = CL_SEMAPHORE_EXPORT_HANDLE_TYPES_KHR;
  const Semaphore exported(session, kExport);
  const int file = exported.file();
  const auto number = static_cast<cl_semaphore_properties_khr>(file);
  const Semaphore both(session, {type, binary, types, kFile, 0, kFile, number, 0}, CL_INVALID_OPERATION),
      two(session, {type, binary, kFile, number, kFile, number, 0}, CL_INVALID_PROPERTY),
      several(session, {type, binary, types, kFile, kFile, 0, 0}, CL_INVALID_VALUE),
      unknown(session, {type, binary, types, CL_SEMAPHORE_HANDLE_SYNC_FD_KHR, 0, 0}, CL_INVALID_PROPERTY),
      twice(session, {type, binary, types, kFile, 0, types, kFile, 0, 0}, CL_INVALID_PROPERTY),
      nothing(session, import_of(1'000'000), CL_INVALID_PROPERTY);
  CHECK(::fcntl(file, F_GETFD) != -1);
  ::close(file);
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const Semaphore no_semaphore(session, import_of(ends[0]), CL_INVALID_PROPERTY);
  CHECK(::fcntl(ends[0], F_GETFD) != -1);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE(
    "a semaphore whose descriptor the application has given to another file leaves that alone, and its wait "
    "fails") {
  const Session session;
  const int other = ::memfd_create("application", MFD_CLOEXEC);
  REQUIRE(other >= 0);
  const cl_ulong content = 7;
  REQUIRE(::pwrite(other, &content, sizeof content, 0) == sizeof content);
  int file = -1;
  {
    const Semaphore exported(session, kExport);
    file = exported.file();
    const Semaphore imported(session, import_of(file));
    REQUIRE(::dup2(other, file) == file);
    imported.signal(session);
    CHECK(clFinish(session.queue) == CL_SUCCESS);
    CHECK(wait_for(imported.wait(session)) < 0);
    CHECK_FALSE(exported.signalled());
  }
  CHECK(::lseek(other, 0, SEEK_CUR) == 0);  // nothing was read or written
  CHECK(::lseek(other, 0, SEEK_END) == sizeof content);
  CHECK(::fcntl(file, F_GETFD) >= 0);  // nor closed
  ::close(file);
  ::close(other);
}
