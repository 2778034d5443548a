// Images that show the memory of a buffer or of another image.
#include "conformance/api/image_fixture.hpp"

using namespace kiesel::api_test;

namespace {

cl_image_desc view(cl_mem whole, cl_mem_object_type type, std::size_t width, std::size_t height = 0,
                   std::size_t row_pitch = 0) {
  auto out = shape(type, width, height);
  out.image_row_pitch = row_pitch;
  out.mem_object = whole;
  return out;
}

}  // namespace

TEST_CASE("images of buffers share their bytes") {
  const Session session;
  auto data = counted_bytes(1024);
  Memory buffer = session.buffer_of(data);
  Memory line = image_of(session, kRgba8, view(buffer, CL_MEM_OBJECT_IMAGE1D_BUFFER, 200));
  Memory flat = image_of(session, kRgba8, view(buffer, CL_MEM_OBJECT_IMAGE2D, 10, 8, 64));
  CHECK(query<cl_mem>(clGetImageInfo, line, CL_IMAGE_BUFFER) == buffer);
  CHECK(info<cl_mem>(clGetMemObjectInfo, flat, CL_MEM_ASSOCIATED_MEMOBJECT) == buffer);
  CHECK(query<std::size_t>(clGetImageInfo, flat, CL_IMAGE_ROW_PITCH) == 64);
  CHECK(pixels(session, line, {5, 0, 0}, {2, 1, 1}) ==
        std::vector<unsigned char>(data.begin() + 20, data.begin() + 28));
  CHECK(pixels(session, flat, {1, 3, 0}, {2, 1, 1}) ==
        std::vector<unsigned char>(data.begin() + 196, data.begin() + 204));

  const unsigned char pixel[4] = {1, 2, 3, 4};
  const Triple origin{9, 7, 0}, one{1, 1, 1};
  REQUIRE(clEnqueueWriteImage(session.queue, flat, CL_TRUE, origin.data(), one.data(), 0, 0, pixel, 0,
                              nullptr, nullptr) == CL_SUCCESS);
  const auto now = session.read<unsigned char>(buffer, 1024);
  CHECK(std::equal(pixel, pixel + 4, now.begin() + 7 * 64 + 36));

  const cl_buffer_region part{256, 256};
  Memory sub(clCreateSubBuffer(buffer, 0, CL_BUFFER_CREATE_TYPE_REGION, &part, nullptr));
  Memory of_part = image_of(session, kRgba8, view(sub, CL_MEM_OBJECT_IMAGE1D_BUFFER, 64));
  CHECK(pixels(session, of_part, {0, 0, 0}, {1, 1, 1}) ==
        std::vector<unsigned char>(data.begin() + 256, data.begin() + 260));
}

TEST_CASE("a view lives longer than the application's reference to the buffer") {
  const Session session;
  auto data = counted_bytes(256);
  Memory buffer = session.buffer_of(data);
  const cl_mem raw = buffer;
  Memory line = image_of(session, kRgba8, view(buffer, CL_MEM_OBJECT_IMAGE1D_BUFFER, 64));
  buffer.reset();
  CHECK(query<cl_mem>(clGetImageInfo, line, CL_IMAGE_BUFFER) == raw);
  CHECK(info<std::size_t>(clGetMemObjectInfo, raw, CL_MEM_SIZE) == 256);
  CHECK(pixels(session, line, {0, 0, 0}, {64, 1, 1}) == data);
}

TEST_CASE("an image is seen in another channel order") {
  const Session session;
  auto data = counted_bytes(64);
  const cl_image_format linear{CL_RGBA, CL_UNORM_INT8}, curved{CL_sRGBA, CL_UNORM_INT8},
      swapped{CL_BGRA, CL_UNORM_INT8}, wide{CL_RGBA, CL_UNORM_INT16};
  Memory image =
      image_of(session, linear, shape(CL_MEM_OBJECT_IMAGE2D, 4, 4), CL_MEM_COPY_HOST_PTR, data.data());
  Memory same = image_of(session, curved, view(image, CL_MEM_OBJECT_IMAGE2D, 4, 4));
  CHECK(pixels(session, same, {0, 0, 0}, {4, 4, 1}) == data);
  CHECK(info<cl_mem>(clGetMemObjectInfo, same, CL_MEM_ASSOCIATED_MEMOBJECT) == image);
  CHECK(query<cl_mem>(clGetImageInfo, same, CL_IMAGE_BUFFER) == nullptr);
  const auto other = [&](const cl_image_format& format, cl_image_desc description) {
    return image_error(session, &format, &description, 0);
  };
  CHECK(other(swapped, view(image, CL_MEM_OBJECT_IMAGE2D, 4, 4)) == CL_INVALID_IMAGE_FORMAT_DESCRIPTOR);
  CHECK(other(wide, view(image, CL_MEM_OBJECT_IMAGE2D, 4, 4)) == CL_INVALID_IMAGE_FORMAT_DESCRIPTOR);
  CHECK(other(linear, view(image, CL_MEM_OBJECT_IMAGE2D, 4, 4)) == CL_INVALID_IMAGE_FORMAT_DESCRIPTOR);
  CHECK(other(curved, view(image, CL_MEM_OBJECT_IMAGE2D, 4, 3)) == CL_INVALID_IMAGE_DESCRIPTOR);
  CHECK(other(curved, view(image, CL_MEM_OBJECT_IMAGE2D, 4, 4, 32)) == CL_INVALID_IMAGE_DESCRIPTOR);
  CHECK(other(curved, view(image, CL_MEM_OBJECT_IMAGE2D, 4, 4, 16)) == CL_SUCCESS);
  CHECK(other(curved, view(image, CL_MEM_OBJECT_IMAGE1D_BUFFER, 4)) == CL_INVALID_IMAGE_DESCRIPTOR);
  const cl_image_format red{CL_R, CL_FLOAT}, depth{CL_DEPTH, CL_FLOAT};
  Memory heights = image_of(session, red, shape(CL_MEM_OBJECT_IMAGE2D, 4, 4));
  CHECK(other(depth, view(heights, CL_MEM_OBJECT_IMAGE2D, 4, 4)) == CL_SUCCESS);
}

TEST_CASE("views of buffers are checked") {
  const Session session, elsewhere;
  Memory buffer = session.buffer(1024), foreign = elsewhere.buffer(1024);
  auto bytes = counted_bytes(1024);
  const auto make = [&](cl_image_desc description, cl_mem_flags flags = 0, void* host = nullptr) {
    return image_error(session, &kRgba8, &description, flags, host);
  };
  CHECK(make(view(buffer, CL_MEM_OBJECT_IMAGE1D_BUFFER, 256)) == CL_SUCCESS);
  CHECK(make(view(buffer, CL_MEM_OBJECT_IMAGE1D_BUFFER, 257)) == CL_INVALID_IMAGE_SIZE);
  CHECK(make(view(buffer, CL_MEM_OBJECT_IMAGE1D_BUFFER, 0)) == CL_INVALID_IMAGE_SIZE);
  CHECK(make(view(buffer, CL_MEM_OBJECT_IMAGE2D, 16, 16)) == CL_SUCCESS);
  CHECK(make(view(buffer, CL_MEM_OBJECT_IMAGE2D, 16, 16, 68)) == CL_INVALID_IMAGE_SIZE);
  CHECK(make(view(buffer, CL_MEM_OBJECT_IMAGE2D, 16, 8, 66)) == CL_INVALID_IMAGE_DESCRIPTOR);
  CHECK(make(view(buffer, CL_MEM_OBJECT_IMAGE1D, 16)) == CL_INVALID_IMAGE_DESCRIPTOR);
  CHECK(make(view(buffer, CL_MEM_OBJECT_IMAGE1D_ARRAY, 4, 4)) == CL_INVALID_IMAGE_DESCRIPTOR);
  CHECK(make(view(foreign, CL_MEM_OBJECT_IMAGE1D_BUFFER, 4)) == CL_INVALID_IMAGE_DESCRIPTOR);
  CHECK(make(view(buffer, CL_MEM_OBJECT_IMAGE1D_BUFFER, 4), CL_MEM_COPY_HOST_PTR, bytes.data()) ==
        CL_INVALID_VALUE);
  CHECK(make(view(buffer, CL_MEM_OBJECT_IMAGE1D_BUFFER, 4), CL_MEM_ALLOC_HOST_PTR) == CL_INVALID_VALUE);
  CHECK(make(view(buffer, CL_MEM_OBJECT_IMAGE1D_BUFFER, 4), 0, bytes.data()) == CL_INVALID_HOST_PTR);

  struct Row {
    cl_mem_flags whole, view;
    cl_int error;
  };
  for (const Row& row : {Row{CL_MEM_WRITE_ONLY, CL_MEM_READ_WRITE, CL_INVALID_VALUE},
                         Row{CL_MEM_WRITE_ONLY, CL_MEM_READ_ONLY, CL_INVALID_VALUE},
                         Row{CL_MEM_READ_ONLY, CL_MEM_READ_WRITE, CL_INVALID_VALUE},
                         Row{CL_MEM_READ_ONLY, CL_MEM_WRITE_ONLY, CL_INVALID_VALUE},
                         Row{CL_MEM_READ_ONLY, CL_MEM_READ_ONLY, CL_SUCCESS},
                         Row{CL_MEM_READ_WRITE, CL_MEM_WRITE_ONLY, CL_SUCCESS},
                         Row{CL_MEM_HOST_WRITE_ONLY, CL_MEM_HOST_READ_ONLY, CL_INVALID_VALUE},
                         Row{CL_MEM_HOST_READ_ONLY, CL_MEM_HOST_WRITE_ONLY, CL_INVALID_VALUE},
                         Row{CL_MEM_HOST_NO_ACCESS, CL_MEM_HOST_READ_ONLY, CL_INVALID_VALUE},
                         Row{CL_MEM_HOST_READ_ONLY, CL_MEM_HOST_NO_ACCESS, CL_SUCCESS}}) {
    Memory whole = session.buffer(64, row.whole);
    INFO(row.whole << " " << row.view);
    CHECK(make(view(whole, CL_MEM_OBJECT_IMAGE1D_BUFFER, 4), row.view) == row.error);
  }
  Memory quiet = session.buffer_of(bytes, CL_MEM_USE_HOST_PTR | CL_MEM_READ_ONLY | CL_MEM_HOST_READ_ONLY);
  Memory inherits = image_of(session, kRgba8, view(quiet, CL_MEM_OBJECT_IMAGE1D_BUFFER, 4), 0);
  CHECK(info<cl_mem_flags>(clGetMemObjectInfo, inherits, CL_MEM_FLAGS) ==
        (CL_MEM_USE_HOST_PTR | CL_MEM_READ_ONLY | CL_MEM_HOST_READ_ONLY));
  CHECK(info<void*>(clGetMemObjectInfo, inherits, CL_MEM_HOST_PTR) == bytes.data());
}
