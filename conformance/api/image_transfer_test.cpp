// Reading, writing, copying, mapping images.
#include "conformance/api/image_fixture.hpp"

using namespace kiesel::api_test;

namespace {

constexpr Triple kZero{};

// What a region of an image of `all` pixels of 4 bytes holds, without gaps.
std::vector<unsigned char> part_of(const std::vector<unsigned char>& bytes, Triple all, Triple origin,
                                   Triple region) {
  std::vector<unsigned char> out;
  for (std::size_t z = origin[2]; z < origin[2] + region[2]; ++z)
    for (std::size_t y = origin[1]; y < origin[1] + region[1]; ++y) {
      const auto at = static_cast<long>(((z * all[1] + y) * all[0] + origin[0]) * 4);
      out.insert(out.end(), bytes.begin() + at, bytes.begin() + at + static_cast<long>(region[0] * 4));
    }
  return out;
}

Triple inner(Triple all) {
  for (auto& size : all) size = size > 2 ? size - 2 : 1;
  return all;
}
Triple inner_origin(Triple all) {
  for (auto& size : all) size = size > 2 ? 1 : 0;
  return all;
}

std::size_t bytes_of(Triple region) { return 4 * region[0] * region[1] * region[2]; }

cl_int write(const Session& session, cl_mem image, Triple origin, Triple region, const void* from,
             std::size_t row = 0, std::size_t slice = 0) {
  return clEnqueueWriteImage(session.queue, image, CL_FALSE, origin.data(), region.data(), row, slice, from,
                             0, nullptr, nullptr);
}
cl_int read(const Session& session, cl_mem image, Triple origin, Triple region, void* to, std::size_t row = 0,
            std::size_t slice = 0) {
  return clEnqueueReadImage(session.queue, image, CL_TRUE, origin.data(), region.data(), row, slice, to, 0,
                            nullptr, nullptr);
}
cl_int copy(const Session& session, cl_mem from, cl_mem to, Triple source, Triple target, Triple region) {
  return clEnqueueCopyImage(session.queue, from, to, source.data(), target.data(), region.data(), 0, nullptr,
                            nullptr);
}

}  // namespace

TEST_CASE("regions of all shapes are written and read") {
  NEEDS(has_images());
  const Session session;
  for (const auto& item : all_shapes()) {
    INFO(item.name);
    auto data = counted_bytes(bytes_of(item.region));
    Memory image = image_of(session, kRgba8, item.description, CL_MEM_COPY_HOST_PTR, data.data());
    CHECK(pixels(session, image, kZero, item.region) == data);
    const auto origin = inner_origin(item.region), region = inner(item.region);
    CHECK(pixels(session, image, origin, region) == part_of(data, item.region, origin, region));
    const std::vector<unsigned char> marks(bytes_of(region), 0xEE);
    REQUIRE(write(session, image, origin, region, marks.data()) == CL_SUCCESS);
    CHECK(pixels(session, image, origin, region) == marks);
    CHECK(pixels(session, image, kZero, {1, 1, 1}) == part_of(data, item.region, kZero, {1, 1, 1}));
  }
}

TEST_CASE("host memory of a transfer may have pitches") {
  NEEDS(has_images());
  const Session session;
  auto data = counted_bytes(bytes_of({13, 7, 3}));
  Memory volume =
      image_of(session, kRgba8, shape(CL_MEM_OBJECT_IMAGE3D, 13, 7, 3), CL_MEM_COPY_HOST_PTR, data.data());
  std::vector<unsigned char> host(3000, 0xEE);
  REQUIRE(read(session, volume, kZero, {13, 7, 3}, host.data(), 60, 500) == CL_SUCCESS);
  CHECK(std::equal(data.begin(), data.begin() + 52, host.begin()));
  CHECK(host[52] == 0xEE);
  CHECK(std::equal(data.begin() + 52 * 9, data.begin() + 52 * 10, host.begin() + 500 + 60 * 2));
  // The layers of a 1D array are slice pitches apart.
  Memory layers = image_of(session, kRgba8, shape(CL_MEM_OBJECT_IMAGE1D_ARRAY, 13, 5));
  REQUIRE(write(session, layers, kZero, {13, 5, 1}, host.data(), 60, 500) == CL_SUCCESS);
  const auto back = pixels(session, layers, kZero, {13, 5, 1});
  CHECK(std::equal(back.begin() + 52, back.begin() + 104, host.begin() + 500));
}

TEST_CASE("reads and writes are checked") {
  NEEDS(has_images());
  const Session session, other;
  Memory image = image_of(session, kRgba8, shape(CL_MEM_OBJECT_IMAGE2D, 8, 4));
  Memory layers = image_of(session, kRgba8, shape(CL_MEM_OBJECT_IMAGE1D_ARRAY, 8, 4));
  Memory buffer = session.buffer(64);
  std::vector<unsigned char> host(1024);
  CHECK(read(session, image, kZero, {8, 4, 1}, host.data()) == CL_SUCCESS);
  CHECK(read(session, image, {1, 0, 0}, {8, 4, 1}, host.data()) == CL_INVALID_VALUE);
  CHECK(read(session, image, {0, 4, 0}, {1, 1, 1}, host.data()) == CL_INVALID_VALUE);
  CHECK(read(session, image, {0, ~std::size_t{0}, 0}, {1, 2, 1}, host.data()) == CL_INVALID_VALUE);
  CHECK(read(session, image, {0, 0, 1}, {1, 1, 1}, host.data()) == CL_INVALID_VALUE);
  CHECK(read(session, image, kZero, {8, 4, 2}, host.data()) == CL_INVALID_VALUE);
  CHECK(read(session, image, kZero, {8, 0, 1}, host.data()) == CL_INVALID_VALUE);
  CHECK(read(session, image, kZero, {8, 4, 1}, host.data(), 31) == CL_INVALID_VALUE);
  CHECK(read(session, image, kZero, {8, 4, 1}, host.data(), 0, 128) == CL_INVALID_VALUE);
  CHECK(read(session, layers, kZero, {8, 4, 1}, host.data(), 0, 28) == CL_INVALID_VALUE);
  CHECK(read(session, layers, kZero, {8, 4, 1}, host.data(), 0, 40) == CL_SUCCESS);
  CHECK(read(session, image, kZero, {8, 4, 1}, nullptr) == CL_INVALID_VALUE);
  CHECK(read(session, buffer, kZero, {1, 1, 1}, host.data()) == CL_INVALID_MEM_OBJECT);
  CHECK(read(other, image, kZero, {1, 1, 1}, host.data()) == CL_INVALID_CONTEXT);
  const Triple one{1, 1, 1};
  CHECK(clEnqueueReadImage(session.queue, image, CL_TRUE, nullptr, one.data(), 0, 0, host.data(), 0, nullptr,
                           nullptr) == CL_INVALID_VALUE);
  CHECK(clEnqueueReadImage(session.queue, image, CL_TRUE, kZero.data(), nullptr, 0, 0, host.data(), 0,
                           nullptr, nullptr) == CL_INVALID_VALUE);
  CHECK(clEnqueueReadImage(session.queue, image, CL_TRUE, kZero.data(), one.data(), 0, 0, host.data(), 1,
                           nullptr, nullptr) == CL_INVALID_EVENT_WAIT_LIST);
  CHECK(clEnqueueReadImage(nullptr, image, CL_TRUE, kZero.data(), one.data(), 0, 0, host.data(), 0, nullptr,
                           nullptr) == CL_INVALID_COMMAND_QUEUE);
  CHECK(write(session, image, {8, 0, 0}, one, host.data()) == CL_INVALID_VALUE);
  CHECK(write(session, image, kZero, one, nullptr) == CL_INVALID_VALUE);
  const auto small = shape(CL_MEM_OBJECT_IMAGE2D, 8, 4);
  Memory quiet = image_of(session, kRgba8, small, CL_MEM_HOST_NO_ACCESS);
  Memory from_host = image_of(session, kRgba8, small, CL_MEM_HOST_WRITE_ONLY);
  Memory to_host = image_of(session, kRgba8, small, CL_MEM_HOST_READ_ONLY);
  CHECK(read(session, quiet, kZero, one, host.data()) == CL_INVALID_OPERATION);
  CHECK(read(session, from_host, kZero, one, host.data()) == CL_INVALID_OPERATION);
  CHECK(read(session, to_host, kZero, one, host.data()) == CL_SUCCESS);
  CHECK(write(session, quiet, kZero, one, host.data()) == CL_INVALID_OPERATION);
  CHECK(write(session, to_host, kZero, one, host.data()) == CL_INVALID_OPERATION);
  CHECK(write(session, from_host, kZero, one, host.data()) == CL_SUCCESS);
  REQUIRE(clFinish(session.queue) == CL_SUCCESS);
  Memory moved[] = {std::move(quiet), std::move(to_host)};
  const cl_mem raw[] = {moved[0], moved[1], buffer};
  CHECK(clEnqueueMigrateMemObjects(session.queue, 3, raw, 0, 0, nullptr, nullptr) == CL_SUCCESS);
}

TEST_CASE("a transfer of an image is a command like others") {
  NEEDS(has_images());
  const Session session;
  Memory image = image_of(session, kRgba8, shape(CL_MEM_OBJECT_IMAGE2D, 8, 4));
  std::vector<unsigned char> ones(128, 1), out(128);
  const Triple all{8, 4, 1};
  Event gate(clCreateUserEvent(session.context, nullptr)), written, done;
  const cl_event waits[] = {gate};
  REQUIRE(clEnqueueWriteImage(session.queue, image, CL_FALSE, kZero.data(), all.data(), 0, 0, ones.data(), 1,
                              waits, written.out()) == CL_SUCCESS);
  REQUIRE(clEnqueueReadImage(session.queue, image, CL_FALSE, kZero.data(), all.data(), 0, 0, out.data(), 0,
                             nullptr, done.out()) == CL_SUCCESS);
  CHECK(query<cl_command_type>(clGetEventInfo, cl_event(written), cl_event_info{CL_EVENT_COMMAND_TYPE}) ==
        CL_COMMAND_WRITE_IMAGE);
  CHECK(status_of(written) > CL_COMPLETE);
  REQUIRE(clSetUserEventStatus(gate, CL_COMPLETE) == CL_SUCCESS);
  const cl_event last = done;
  REQUIRE(clWaitForEvents(1, &last) == CL_SUCCESS);
  CHECK(out == ones);
}

TEST_CASE("regions are copied between images of any shapes") {
  NEEDS(has_images());
  const Session session;
  for (const auto& from : all_shapes()) {
    for (const auto& to : all_shapes()) {
      INFO(from.name << " to " << to.name);
      auto data = counted_bytes(bytes_of(from.region));
      Memory source = image_of(session, kRgba8, from.description, CL_MEM_COPY_HOST_PTR, data.data());
      Memory target = image_of(session, kRgba8, to.description);
      Triple region;
      for (int i = 0; i < 3; ++i) region[i] = std::min(inner(from.region)[i], inner(to.region)[i]);
      const auto origin = inner_origin(from.region), there = inner_origin(to.region);
      REQUIRE(copy(session, source, target, origin, there, region) == CL_SUCCESS);
      CHECK(pixels(session, target, there, region) == part_of(data, from.region, origin, region));
    }
  }
}

TEST_CASE("copies of images are checked") {
  NEEDS(has_images());
  const Session session;
  const cl_image_format other{CL_RGBA, CL_UNORM_INT8};
  Memory a = image_of(session, kRgba8, shape(CL_MEM_OBJECT_IMAGE2D, 8, 8));
  Memory b = image_of(session, kRgba8, shape(CL_MEM_OBJECT_IMAGE2D, 8, 8));
  Memory c = image_of(session, other, shape(CL_MEM_OBJECT_IMAGE2D, 8, 8));
  Memory buffer = session.buffer(64);
  CHECK(copy(session, a, c, kZero, kZero, {1, 1, 1}) == CL_IMAGE_FORMAT_MISMATCH);
  CHECK(copy(session, a, buffer, kZero, kZero, {1, 1, 1}) == CL_INVALID_MEM_OBJECT);
  CHECK(copy(session, a, b, {7, 0, 0}, kZero, {2, 1, 1}) == CL_INVALID_VALUE);
  CHECK(copy(session, a, b, kZero, {0, 7, 0}, {1, 2, 1}) == CL_INVALID_VALUE);
  CHECK(copy(session, a, b, kZero, kZero, {1, 1, 2}) == CL_INVALID_VALUE);
  CHECK(copy(session, a, b, kZero, kZero, {0, 1, 1}) == CL_INVALID_VALUE);
  CHECK(copy(session, a, a, kZero, {3, 3, 0}, {4, 4, 1}) == CL_MEM_COPY_OVERLAP);
  CHECK(copy(session, a, a, kZero, {4, 0, 0}, {4, 8, 1}) == CL_SUCCESS);
  CHECK(copy(session, a, a, kZero, {0, 4, 0}, {8, 4, 1}) == CL_SUCCESS);
  CHECK(clEnqueueCopyImage(session.queue, a, b, nullptr, kZero.data(), kZero.data(), 0, nullptr, nullptr) ==
        CL_INVALID_VALUE);
}

TEST_CASE("images and buffers are copied into each other") {
  NEEDS(has_images());
  const Session session;
  for (const auto& item : all_shapes()) {
    INFO(item.name);
    auto data = counted_bytes(bytes_of(item.region));
    Memory image = image_of(session, kRgba8, item.description, CL_MEM_COPY_HOST_PTR, data.data());
    const auto origin = inner_origin(item.region), region = inner(item.region);
    const auto expected = part_of(data, item.region, origin, region);
    Memory buffer = session.buffer(expected.size() + 16);
    REQUIRE(clEnqueueCopyImageToBuffer(session.queue, image, buffer, origin.data(), region.data(), 16, 0,
                                       nullptr, nullptr) == CL_SUCCESS);
    auto now = session.read<unsigned char>(buffer, expected.size() + 16);
    CHECK(std::vector<unsigned char>(now.begin() + 16, now.end()) == expected);
    Memory again = image_of(session, kRgba8, item.description);
    REQUIRE(clEnqueueCopyBufferToImage(session.queue, buffer, again, 16, origin.data(), region.data(), 0,
                                       nullptr, nullptr) == CL_SUCCESS);
    CHECK(pixels(session, again, origin, region) == expected);
    CHECK(clEnqueueCopyImageToBuffer(session.queue, image, buffer, origin.data(), region.data(), 17, 0,
                                     nullptr, nullptr) == CL_INVALID_VALUE);
    CHECK(clEnqueueCopyBufferToImage(session.queue, buffer, again, 17, origin.data(), region.data(), 0,
                                     nullptr, nullptr) == CL_INVALID_VALUE);
    const Triple outside{14, 1, 1};
    CHECK(clEnqueueCopyImageToBuffer(session.queue, image, buffer, kZero.data(), outside.data(), 0, 0,
                                     nullptr, nullptr) == CL_INVALID_VALUE);
    CHECK(clEnqueueCopyImageToBuffer(session.queue, buffer, image, kZero.data(), region.data(), 0, 0, nullptr,
                                     nullptr) == CL_INVALID_MEM_OBJECT);
  }
  Memory buffer = session.buffer(64);
  auto description = shape(CL_MEM_OBJECT_IMAGE1D_BUFFER, 16);
  description.mem_object = buffer;
  Memory line = image_of(session, kRgba8, description);
  const Triple one{1, 1, 1};
  CHECK(clEnqueueCopyImageToBuffer(session.queue, line, buffer, kZero.data(), one.data(), 0, 0, nullptr,
                                   nullptr) == CL_INVALID_MEM_OBJECT);
  CHECK(clEnqueueCopyBufferToImage(session.queue, buffer, line, 0, kZero.data(), one.data(), 0, nullptr,
                                   nullptr) == CL_INVALID_MEM_OBJECT);
}

TEST_CASE("mapped regions show the image and take changes back") {
  NEEDS(has_images());
  const Session session;
  for (const auto& item : all_shapes()) {
    for (const cl_mem_flags flags : {CL_MEM_COPY_HOST_PTR, CL_MEM_USE_HOST_PTR}) {
      INFO(item.name << " " << flags);
      auto data = counted_bytes(bytes_of(item.region));
      const auto before = data;
      Memory image = image_of(session, kRgba8, item.description, flags, data.data());
      const auto origin = inner_origin(item.region), region = inner(item.region);
      std::size_t row = 0, slice = 7;
      cl_int error = 1;
      auto* mapped = static_cast<unsigned char*>(
          clEnqueueMapImage(session.queue, image, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, origin.data(),
                            region.data(), &row, &slice, 0, nullptr, nullptr, &error));
      REQUIRE(error == CL_SUCCESS);
      CHECK(row == query<std::size_t>(clGetImageInfo, image, CL_IMAGE_ROW_PITCH));
      CHECK(slice == query<std::size_t>(clGetImageInfo, image, CL_IMAGE_SLICE_PITCH));
      CHECK(std::equal(mapped, mapped + region[0] * 4, part_of(before, item.region, origin, region).begin()));
      CHECK(info<cl_uint>(clGetMemObjectInfo, image, CL_MEM_MAP_COUNT) == 1);
      std::fill_n(mapped, region[0] * 4, static_cast<unsigned char>(0xEE));
      REQUIRE(clEnqueueUnmapMemObject(session.queue, image, mapped, 0, nullptr, nullptr) == CL_SUCCESS);
      CHECK(info<cl_uint>(clGetMemObjectInfo, image, CL_MEM_MAP_COUNT) == 0);
      CHECK(pixels(session, image, origin, {region[0], 1, 1}) ==
            std::vector<unsigned char>(region[0] * 4, 0xEE));
      CHECK(pixels(session, image, kZero, {1, 1, 1}) == part_of(before, item.region, kZero, {1, 1, 1}));
    }
  }
}

TEST_CASE("several regions may be mapped, for writing only where they do not overlap") {
  NEEDS(has_images());
  const Session session;
  Memory image = image_of(session, kRgba8, shape(CL_MEM_OBJECT_IMAGE2D, 8, 8));
  std::size_t row = 0;
  const auto map = [&](cl_map_flags flags, Triple origin, Triple region, cl_int expected) {
    cl_int error = 1;
    void* out = clEnqueueMapImage(session.queue, image, CL_TRUE, flags, origin.data(), region.data(), &row,
                                  nullptr, 0, nullptr, nullptr, &error);
    CHECK(error == expected);
    CHECK((out == nullptr) == (error != CL_SUCCESS));
    return out;
  };
  void* left = map(CL_MAP_WRITE, kZero, {4, 8, 1}, CL_SUCCESS);
  void* right = map(CL_MAP_WRITE_INVALIDATE_REGION, {4, 0, 0}, {4, 8, 1}, CL_SUCCESS);
  map(CL_MAP_WRITE, {3, 3, 0}, {1, 1, 1}, CL_INVALID_OPERATION);
  map(CL_MAP_READ | CL_MAP_WRITE, {3, 3, 0}, {2, 1, 1}, CL_INVALID_OPERATION);
  void* reading = map(CL_MAP_READ, {3, 3, 0}, {1, 1, 1}, CL_SUCCESS);
  CHECK(info<cl_uint>(clGetMemObjectInfo, image, CL_MEM_MAP_COUNT) == 3);
  for (void* pointer : {left, right, reading})
    CHECK(clEnqueueUnmapMemObject(session.queue, image, pointer, 0, nullptr, nullptr) == CL_SUCCESS);
  CHECK(clEnqueueUnmapMemObject(session.queue, image, left, 0, nullptr, nullptr) == CL_INVALID_VALUE);
  REQUIRE(clFinish(session.queue) == CL_SUCCESS);

  Memory volume = image_of(session, kRgba8, shape(CL_MEM_OBJECT_IMAGE3D, 4, 4, 4));
  Memory quiet = image_of(session, kRgba8, shape(CL_MEM_OBJECT_IMAGE2D, 4, 4), CL_MEM_HOST_NO_ACCESS);
  const Triple one{1, 1, 1}, outside{9, 1, 1};
  std::size_t slice = 0;
  const auto error_of = [&](cl_mem of, cl_map_flags flags, const Triple& region, std::size_t* rows,
                            std::size_t* slices) {
    cl_int error = 1;
    CHECK(clEnqueueMapImage(session.queue, of, CL_TRUE, flags, kZero.data(), region.data(), rows, slices, 0,
                            nullptr, nullptr, &error) == nullptr);
    return error;
  };
  CHECK(error_of(image, CL_MAP_READ, one, nullptr, &slice) == CL_INVALID_VALUE);
  CHECK(error_of(volume, CL_MAP_READ, one, &row, nullptr) == CL_INVALID_VALUE);
  CHECK(error_of(image, CL_MAP_READ, outside, &row, &slice) == CL_INVALID_VALUE);
  CHECK(error_of(image, 1 << 9, one, &row, &slice) == CL_INVALID_VALUE);
  CHECK(error_of(quiet, CL_MAP_READ, one, &row, &slice) == CL_INVALID_OPERATION);
  CHECK(error_of(quiet, CL_MAP_WRITE, one, &row, &slice) == CL_INVALID_OPERATION);
  CHECK(error_of(nullptr, CL_MAP_READ, one, &row, &slice) == CL_INVALID_MEM_OBJECT);
}
