// Images that show the memory of a buffer or of another image.
#include <CL/cl_ext.h>

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
  NEEDS(has_images());
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
  NEEDS(has_images());
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
  NEEDS(has_images());
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
  NEEDS(has_images());
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
  CHECK(make(view(buffer, CL_MEM_OBJECT_IMAGE2D, 16, 8, 66)) == CL_INVALID_IMAGE_FORMAT_DESCRIPTOR);
  CHECK(make(view(buffer, CL_MEM_OBJECT_IMAGE2D, 16, 8, 60)) == CL_INVALID_IMAGE_FORMAT_DESCRIPTOR);
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

TEST_CASE("images of all shapes are made from buffers, as large as the query says") {
  NEEDS(has_images());
  const Session session;
  const auto requirements = reinterpret_cast<clGetImageRequirementsInfoEXT_fn>(
      clGetExtensionFunctionAddressForPlatform(platform(), "clGetImageRequirementsInfoEXT"));
  REQUIRE(requirements);
  const auto extensions = query_text(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_EXTENSIONS});
  CHECK(extensions.find("cl_ext_image_from_buffer") != std::string::npos);
  CHECK(extensions.find("cl_ext_image_requirements_info") != std::string::npos);
  for (auto& item : all_shapes()) {
    INFO(item.name);
    auto& description = item.description;
    description.image_row_pitch = 64;
    if (description.image_array_size || description.image_depth) description.image_slice_pitch = 64 * 8;
    std::size_t size = 0;
    REQUIRE(requirements(session.context, nullptr, 0, &kRgba8, &description, CL_IMAGE_REQUIREMENTS_SIZE_EXT,
                         sizeof size, &size, nullptr) == CL_SUCCESS);
    auto data = counted_bytes(size);
    Memory buffer = session.buffer_of(data), small = session.buffer(size - 1);
    description.mem_object = small;
    CHECK(image_error(session, &kRgba8, &description) == CL_INVALID_IMAGE_SIZE);
    description.mem_object = buffer;
    Memory image = image_of(session, kRgba8, description);
    CHECK(query<cl_mem>(clGetImageInfo, image, CL_IMAGE_BUFFER) == buffer);
    CHECK(query<std::size_t>(clGetImageInfo, image, CL_IMAGE_SLICE_PITCH) == description.image_slice_pitch);
    const auto [x, y, z] = Triple{item.region[0] - 1, item.region[1] - 1, item.region[2] - 1};
    const bool layers_are_rows = description.image_type == CL_MEM_OBJECT_IMAGE1D_ARRAY;
    const auto at = static_cast<long>(x * 4 + y * (layers_are_rows ? 512 : 64) + z * 512);
    CHECK(pixels(session, image, {x, y, z}, {1, 1, 1}) ==
          std::vector<unsigned char>(data.begin() + at, data.begin() + at + 4));
    if (description.image_slice_pitch) {
      description.image_slice_pitch += 4;
      CHECK(image_error(session, &kRgba8, &description) == CL_INVALID_IMAGE_FORMAT_DESCRIPTOR);
    }
  }
}

TEST_CASE("requirements of images are told and their queries checked") {
  NEEDS(has_images());
  const Session session;
  const auto requirements = reinterpret_cast<clGetImageRequirementsInfoEXT_fn>(
      clGetExtensionFunctionAddressForPlatform(platform(), "clGetImageRequirementsInfoEXT"));
  const auto flat = shape(CL_MEM_OBJECT_IMAGE2D, 4, 4);
  std::size_t size = 0;
  cl_uint most = 0;
  const auto ask = [&](const cl_image_format* format, const cl_image_desc* description, cl_uint name) {
    return requirements(session.context, nullptr, 0, format, description, name, sizeof size, &size, nullptr);
  };
  const auto largest = [&](const cl_image_desc* description, cl_uint name) {
    return requirements(session.context, nullptr, CL_MEM_READ_ONLY, &kRgba8, description, name, sizeof most,
                        &most, nullptr);
  };
  CHECK(ask(&kRgba8, &flat, CL_IMAGE_REQUIREMENTS_ROW_PITCH_ALIGNMENT_EXT) == CL_SUCCESS);
  CHECK(size == 4);
  CHECK(ask(nullptr, nullptr, CL_IMAGE_REQUIREMENTS_BASE_ADDRESS_ALIGNMENT_EXT) == CL_SUCCESS);
  CHECK(size == 16);
  CHECK(ask(nullptr, nullptr, CL_IMAGE_REQUIREMENTS_SLICE_PITCH_ALIGNMENT_EXT) == CL_SUCCESS);
  CHECK(ask(&kRgba8, nullptr, CL_IMAGE_REQUIREMENTS_SIZE_EXT) == CL_INVALID_VALUE);
  CHECK(ask(nullptr, &flat, CL_IMAGE_REQUIREMENTS_SIZE_EXT) == CL_INVALID_VALUE);
  CHECK(ask(&kRgba8, &flat, 0x1234) == CL_INVALID_VALUE);
  const auto none = shape(CL_MEM_OBJECT_IMAGE2D, 0, 4), buffer = shape(CL_MEM_OBJECT_BUFFER, 4, 4);
  CHECK(ask(&kRgba8, &none, CL_IMAGE_REQUIREMENTS_SIZE_EXT) == CL_INVALID_IMAGE_DESCRIPTOR);
  CHECK(ask(&kRgba8, &buffer, CL_IMAGE_REQUIREMENTS_SIZE_EXT) == CL_INVALID_IMAGE_DESCRIPTOR);
  const cl_image_format wrong{CL_RGBA, 0};
  CHECK(ask(&wrong, &flat, CL_IMAGE_REQUIREMENTS_SIZE_EXT) == CL_INVALID_IMAGE_FORMAT_DESCRIPTOR);
  CHECK(largest(&flat, CL_IMAGE_REQUIREMENTS_MAX_WIDTH_EXT) == CL_SUCCESS);
  CHECK(most == query<std::size_t>(clGetDeviceInfo, device(), CL_DEVICE_IMAGE2D_MAX_WIDTH));
  CHECK(largest(nullptr, CL_IMAGE_REQUIREMENTS_MAX_HEIGHT_EXT) == CL_SUCCESS);
  CHECK(most == query<std::size_t>(clGetDeviceInfo, device(), CL_DEVICE_IMAGE3D_MAX_HEIGHT));
  CHECK(largest(&flat, CL_IMAGE_REQUIREMENTS_MAX_DEPTH_EXT) == CL_INVALID_IMAGE_DESCRIPTOR);
  CHECK(largest(&flat, CL_IMAGE_REQUIREMENTS_MAX_ARRAY_SIZE_EXT) == CL_INVALID_IMAGE_DESCRIPTOR);
  CHECK(requirements(nullptr, nullptr, 0, &kRgba8, &flat, CL_IMAGE_REQUIREMENTS_SIZE_EXT, 8, &size,
                     nullptr) == CL_INVALID_CONTEXT);
  CHECK(requirements(session.context, nullptr, 0, &kRgba8, &flat, CL_IMAGE_REQUIREMENTS_SIZE_EXT, 4, &size,
                     nullptr) == CL_INVALID_VALUE);
  CHECK(requirements(session.context, nullptr, CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY, &kRgba8, &flat,
                     CL_IMAGE_REQUIREMENTS_SIZE_EXT, 8, &size, nullptr) == CL_INVALID_VALUE);
  const auto nothing = shape(CL_MEM_OBJECT_IMAGE1D, 0);
  CHECK(ask(&kRgba8, &nothing, CL_IMAGE_REQUIREMENTS_ROW_PITCH_ALIGNMENT_EXT) == CL_INVALID_IMAGE_DESCRIPTOR);
  CHECK(ask(&kRgba8, &flat, CL_IMAGE_REQUIREMENTS_ROW_PITCH_ALIGNMENT_EXT) == CL_SUCCESS);
}
