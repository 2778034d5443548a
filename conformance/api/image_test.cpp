// Making images and asking about them.
#define CL_USE_DEPRECATED_OPENCL_1_1_APIS  // clCreateImage2D, clCreateImage3D
#include <algorithm>

#include "conformance/api/image_fixture.hpp"

using namespace kiesel::api_test;

namespace {

std::size_t image_size(cl_mem image, cl_image_info name) {
  return query<std::size_t>(clGetImageInfo, image, name);
}

std::vector<cl_image_format> formats(const Session& session, cl_mem_flags flags, cl_mem_object_type type) {
  cl_uint count = 0;
  REQUIRE(clGetSupportedImageFormats(session.context, flags, type, 0, nullptr, &count) == CL_SUCCESS);
  std::vector<cl_image_format> out(count);
  if (count)
    REQUIRE(clGetSupportedImageFormats(session.context, flags, type, count, out.data(), nullptr) ==
            CL_SUCCESS);
  return out;
}

bool contains(const std::vector<cl_image_format>& list, cl_channel_order order, cl_channel_type type) {
  return std::any_of(list.begin(), list.end(), [&](const cl_image_format& format) {
    return format.image_channel_order == order && format.image_channel_data_type == type;
  });
}

constexpr cl_mem_object_type kTypes[] = {CL_MEM_OBJECT_IMAGE1D,       CL_MEM_OBJECT_IMAGE1D_BUFFER,
                                         CL_MEM_OBJECT_IMAGE1D_ARRAY, CL_MEM_OBJECT_IMAGE2D,
                                         CL_MEM_OBJECT_IMAGE2D_ARRAY, CL_MEM_OBJECT_IMAGE3D};

}  // namespace

TEST_CASE("the device says how large images may be") {
  NEEDS(has_images());
  const auto limit = [](cl_device_info name) { return query<std::size_t>(clGetDeviceInfo, device(), name); };
  const auto count = [](cl_device_info name) { return query<cl_uint>(clGetDeviceInfo, device(), name); };
  CHECK(query<cl_bool>(clGetDeviceInfo, device(), CL_DEVICE_IMAGE_SUPPORT) == CL_TRUE);
  CHECK(limit(CL_DEVICE_IMAGE2D_MAX_WIDTH) >= 16384);
  CHECK(limit(CL_DEVICE_IMAGE2D_MAX_HEIGHT) >= 16384);
  CHECK(limit(CL_DEVICE_IMAGE3D_MAX_WIDTH) >= 2048);
  CHECK(limit(CL_DEVICE_IMAGE3D_MAX_HEIGHT) >= 2048);
  CHECK(limit(CL_DEVICE_IMAGE3D_MAX_DEPTH) >= 2048);
  CHECK(limit(CL_DEVICE_IMAGE_MAX_ARRAY_SIZE) >= 2048);
  CHECK(limit(CL_DEVICE_IMAGE_MAX_BUFFER_SIZE) >= 65536);
  CHECK(count(CL_DEVICE_MAX_READ_IMAGE_ARGS) >= 128);
  CHECK(count(CL_DEVICE_MAX_WRITE_IMAGE_ARGS) >= 64);
  CHECK(count(CL_DEVICE_MAX_READ_WRITE_IMAGE_ARGS) >= 64);
  CHECK(count(CL_DEVICE_MAX_SAMPLERS) >= 16);
  CHECK(count(CL_DEVICE_IMAGE_PITCH_ALIGNMENT) >= 1);
  CHECK(count(CL_DEVICE_IMAGE_BASE_ADDRESS_ALIGNMENT) >= 1);
}

TEST_CASE("the formats that every device must have are there, for all shapes and uses") {
  NEEDS(has_images());
  const Session session;
  const cl_channel_type rgba[] = {CL_UNORM_INT8,   CL_UNORM_INT16,   CL_SIGNED_INT8,    CL_SIGNED_INT16,
                                  CL_SIGNED_INT32, CL_UNSIGNED_INT8, CL_UNSIGNED_INT16, CL_UNSIGNED_INT32,
                                  CL_HALF_FLOAT,   CL_FLOAT};
  for (const auto type : kTypes) {
    for (const cl_mem_flags flags : {CL_MEM_READ_ONLY, CL_MEM_WRITE_ONLY, CL_MEM_READ_WRITE}) {
      const auto list = formats(session, flags, type);
      for (const auto data_type : rgba) CHECK(contains(list, CL_RGBA, data_type));
      CHECK(contains(list, CL_BGRA, CL_UNORM_INT8));
      CHECK(contains(list, CL_R, CL_FLOAT));
      CHECK(contains(list, CL_DEPTH, CL_FLOAT) ==
            (type == CL_MEM_OBJECT_IMAGE2D || type == CL_MEM_OBJECT_IMAGE2D_ARRAY));
    }
    const auto both = formats(session, CL_MEM_KERNEL_READ_AND_WRITE, type);
    for (const auto data_type : {CL_UNORM_INT8, CL_SIGNED_INT32, CL_HALF_FLOAT, CL_FLOAT}) {
      CHECK(contains(both, CL_R, data_type));
      CHECK(contains(both, CL_RGBA, data_type));
    }
  }
}

TEST_CASE("clGetSupportedImageFormats checks what it is given") {
  NEEDS(has_images());
  const Session session;
  cl_uint count = 0;
  cl_image_format one{};
  const auto call = [&](cl_mem_flags flags, cl_mem_object_type type, cl_uint entries, cl_image_format* list) {
    return clGetSupportedImageFormats(session.context, flags, type, entries, list, &count);
  };
  CHECK(clGetSupportedImageFormats(nullptr, CL_MEM_READ_ONLY, CL_MEM_OBJECT_IMAGE2D, 0, nullptr, &count) ==
        CL_INVALID_CONTEXT);
  CHECK(call(CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY, CL_MEM_OBJECT_IMAGE2D, 0, nullptr) == CL_INVALID_VALUE);
  CHECK(call(cl_mem_flags{1} << 40, CL_MEM_OBJECT_IMAGE2D, 0, nullptr) == CL_INVALID_VALUE);
  CHECK(call(CL_MEM_READ_ONLY, CL_MEM_OBJECT_BUFFER, 0, nullptr) == CL_INVALID_VALUE);
  CHECK(call(CL_MEM_READ_ONLY, CL_MEM_OBJECT_IMAGE2D, 0, &one) == CL_INVALID_VALUE);
  CHECK(call(CL_MEM_READ_ONLY, CL_MEM_OBJECT_IMAGE2D, 1, &one) == CL_SUCCESS);
  CHECK(count > 1);
  CHECK(one.image_channel_order != 0);
}

TEST_CASE("an image of every listed format can be made, and tells it") {
  NEEDS(has_images());
  const Session session;
  for (const auto type : {CL_MEM_OBJECT_IMAGE1D, CL_MEM_OBJECT_IMAGE2D, CL_MEM_OBJECT_IMAGE3D}) {
    for (const auto& format : formats(session, CL_MEM_READ_ONLY, static_cast<cl_mem_object_type>(type))) {
      INFO(std::hex << format.image_channel_order << " " << format.image_channel_data_type);
      Memory image = image_of(session, format, shape(static_cast<cl_mem_object_type>(type), 5, 3, 2));
      const auto told = query<cl_image_format>(clGetImageInfo, image, CL_IMAGE_FORMAT);
      CHECK(told.image_channel_order == format.image_channel_order);
      CHECK(told.image_channel_data_type == format.image_channel_data_type);
    }
  }
}

TEST_CASE("shapes and pitches are told as they were given") {
  NEEDS(has_images());
  const Session session;
  for (const auto& item : all_shapes()) {
    INFO(item.name);
    Memory image = image_of(session, kRgba8, item.description);
    const auto& given = item.description;
    const bool flat = given.image_type == CL_MEM_OBJECT_IMAGE1D || given.image_type == CL_MEM_OBJECT_IMAGE2D;
    const bool one_dimension = given.image_type == CL_MEM_OBJECT_IMAGE1D_ARRAY;
    CHECK(image_size(image, CL_IMAGE_WIDTH) == 13);
    CHECK(image_size(image, CL_IMAGE_HEIGHT) == (one_dimension ? 0 : given.image_height));
    CHECK(image_size(image, CL_IMAGE_DEPTH) == given.image_depth);
    CHECK(image_size(image, CL_IMAGE_ARRAY_SIZE) == given.image_array_size);
    CHECK(image_size(image, CL_IMAGE_ELEMENT_SIZE) == 4);
    CHECK(image_size(image, CL_IMAGE_ROW_PITCH) == 52);
    CHECK(image_size(image, CL_IMAGE_SLICE_PITCH) == (flat ? 0 : one_dimension ? 52 : 52 * 7));
    CHECK(query<cl_mem>(clGetImageInfo, image, CL_IMAGE_BUFFER) == nullptr);
    CHECK(query<cl_uint>(clGetImageInfo, image, CL_IMAGE_NUM_MIP_LEVELS) == 0);
    CHECK(query<cl_uint>(clGetImageInfo, image, CL_IMAGE_NUM_SAMPLES) == 0);
    CHECK(info<cl_mem_object_type>(clGetMemObjectInfo, image, CL_MEM_TYPE) == given.image_type);
    CHECK(info<std::size_t>(clGetMemObjectInfo, image, CL_MEM_SIZE) ==
          4 * item.region[0] * item.region[1] * item.region[2]);
    CHECK(info<cl_mem>(clGetMemObjectInfo, image, CL_MEM_ASSOCIATED_MEMOBJECT) == nullptr);
    std::size_t small = 0;
    CHECK(clGetImageInfo(image, CL_IMAGE_WIDTH, 4, &small, nullptr) == CL_INVALID_VALUE);
    CHECK(clGetImageInfo(image, CL_MEM_SIZE, 8, &small, nullptr) == CL_INVALID_VALUE);
  }
  Memory buffer = session.buffer(64);
  std::size_t width = 0;
  CHECK(clGetImageInfo(buffer, CL_IMAGE_WIDTH, sizeof width, &width, nullptr) == CL_INVALID_MEM_OBJECT);
  CHECK(clGetImageInfo(nullptr, CL_IMAGE_WIDTH, sizeof width, &width, nullptr) == CL_INVALID_MEM_OBJECT);
}

TEST_CASE("host memory with pitches is taken over and shown") {
  NEEDS(has_images());
  const Session session;
  auto data = counted_bytes(64 * 8 * 3);
  for (const cl_mem_flags flags : {cl_mem_flags{CL_MEM_COPY_HOST_PTR}, cl_mem_flags{CL_MEM_USE_HOST_PTR},
                                   cl_mem_flags{CL_MEM_COPY_HOST_PTR | CL_MEM_ALLOC_HOST_PTR}}) {
    auto description = shape(CL_MEM_OBJECT_IMAGE3D, 13, 7, 3);
    description.image_row_pitch = 64;
    description.image_slice_pitch = 64 * 8;
    Memory image = image_of(session, kRgba8, description, flags, data.data());
    CHECK(image_size(image, CL_IMAGE_ROW_PITCH) == 64);
    CHECK(image_size(image, CL_IMAGE_SLICE_PITCH) == 64 * 8);
    CHECK(info<void*>(clGetMemObjectInfo, image, CL_MEM_HOST_PTR) ==
          (flags & CL_MEM_USE_HOST_PTR ? data.data() : nullptr));
    const auto read = pixels(session, image, {2, 1, 1}, {3, 2, 2});
    std::vector<unsigned char> expected;
    for (std::size_t z = 1; z < 3; ++z)
      for (std::size_t y = 1; y < 3; ++y)
        expected.insert(expected.end(), data.begin() + static_cast<long>(z * 512 + y * 64 + 8),
                        data.begin() + static_cast<long>(z * 512 + y * 64 + 20));
    CHECK(read == expected);
  }
}

TEST_CASE("clCreateImage refuses what the specification refuses") {
  NEEDS(has_images());
  const Session session;
  const auto good = shape(CL_MEM_OBJECT_IMAGE2D, 8, 8);
  auto bytes = counted_bytes(4096);
  const auto with = [&](auto change, cl_mem_flags flags = CL_MEM_READ_WRITE, void* host = nullptr) {
    auto description = good;
    change(description);
    return image_error(session, &kRgba8, &description, flags, host);
  };
  cl_int error = 0;
  CHECK(clCreateImage(nullptr, CL_MEM_READ_WRITE, &kRgba8, &good, nullptr, &error) == nullptr);
  CHECK(error == CL_INVALID_CONTEXT);
  const cl_mem_properties property[] = {0x1234, 1, 0}, none[] = {0};
  CHECK(clCreateImageWithProperties(session.context, property, CL_MEM_READ_WRITE, &kRgba8, &good, nullptr,
                                    &error) == nullptr);
  CHECK(error == CL_INVALID_PROPERTY);
  Memory plain(clCreateImageWithProperties(session.context, none, 0, &kRgba8, &good, nullptr, &error));
  CHECK(error == CL_SUCCESS);
  CHECK(info<cl_mem_properties>(clGetMemObjectInfo, plain, CL_MEM_PROPERTIES) == 0);

  CHECK(with([](auto&) {}, CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY) == CL_INVALID_VALUE);
  CHECK(with([](auto&) {}, CL_MEM_KERNEL_READ_AND_WRITE) == CL_INVALID_VALUE);

  CHECK(image_error(session, nullptr, &good) == CL_INVALID_IMAGE_FORMAT_DESCRIPTOR);
  for (const cl_image_format& format : {cl_image_format{0, 0},
                                        {CL_RGBA, 0x10FF},
                                        {0x10FF, CL_FLOAT},
                                        {CL_RGBA, CL_UNORM_SHORT_565},
                                        {CL_RGB, CL_UNORM_INT8},
                                        {CL_R, CL_UNORM_INT_101010_2}})
    CHECK(image_error(session, &format, &good) == CL_INVALID_IMAGE_FORMAT_DESCRIPTOR);
  for (const cl_image_format& format : {cl_image_format{CL_INTENSITY, CL_SIGNED_INT8},
                                        {CL_BGRA, CL_FLOAT},
                                        {CL_sRGBA, CL_FLOAT},
                                        {CL_DEPTH, CL_UNORM_INT8}})
    CHECK(image_error(session, &format, &good) == CL_IMAGE_FORMAT_NOT_SUPPORTED);
  const cl_image_format depth{CL_DEPTH, CL_FLOAT};
  const auto volume = shape(CL_MEM_OBJECT_IMAGE3D, 8, 8, 8);
  CHECK(image_error(session, &depth, &volume) == CL_IMAGE_FORMAT_NOT_SUPPORTED);
  CHECK(image_error(session, &depth, &good) == CL_SUCCESS);

  CHECK(image_error(session, &kRgba8, nullptr) == CL_INVALID_IMAGE_DESCRIPTOR);
  CHECK(with([](auto& d) { d.image_type = CL_MEM_OBJECT_BUFFER; }) == CL_INVALID_IMAGE_DESCRIPTOR);
  CHECK(with([](auto& d) { d.num_mip_levels = 1; }) == CL_INVALID_IMAGE_DESCRIPTOR);
  CHECK(with([](auto& d) { d.num_samples = 1; }) == CL_INVALID_IMAGE_DESCRIPTOR);
  CHECK(with([&](auto& d) { d.mem_object = reinterpret_cast<cl_mem>(bytes.data()); }) ==
        CL_INVALID_IMAGE_DESCRIPTOR);
  CHECK(with([](auto& d) { d.image_type = CL_MEM_OBJECT_IMAGE1D_BUFFER; }) == CL_INVALID_IMAGE_DESCRIPTOR);
  CHECK(with([](auto& d) { d.image_row_pitch = 32; }) == CL_INVALID_IMAGE_DESCRIPTOR);
  CHECK(with([](auto& d) { d.image_slice_pitch = 256; }) == CL_INVALID_IMAGE_DESCRIPTOR);
  CHECK(with([](auto& d) { d.image_row_pitch = 28; }, CL_MEM_COPY_HOST_PTR, bytes.data()) ==
        CL_INVALID_IMAGE_DESCRIPTOR);
  CHECK(with([](auto& d) { d.image_row_pitch = 34; }, CL_MEM_COPY_HOST_PTR, bytes.data()) ==
        CL_INVALID_IMAGE_DESCRIPTOR);
  const auto slices = [&](std::size_t row_pitch, std::size_t slice_pitch) {
    auto description = shape(CL_MEM_OBJECT_IMAGE2D_ARRAY, 8, 8, 2);
    description.image_row_pitch = row_pitch;
    description.image_slice_pitch = slice_pitch;
    return image_error(session, &kRgba8, &description, CL_MEM_COPY_HOST_PTR, bytes.data());
  };
  CHECK(slices(32, 256) == CL_SUCCESS);
  CHECK(slices(32, 288) == CL_SUCCESS);
  CHECK(slices(0, 224) == CL_INVALID_IMAGE_DESCRIPTOR);
  CHECK(slices(32, 260) == CL_INVALID_IMAGE_DESCRIPTOR);
  CHECK(slices(~std::size_t{3}, 0) == CL_INVALID_IMAGE_DESCRIPTOR);

  CHECK(with([](auto& d) { d.image_width = 0; }) == CL_INVALID_IMAGE_SIZE);
  CHECK(with([](auto& d) { d.image_height = 0; }) == CL_INVALID_IMAGE_SIZE);
  CHECK(with([](auto& d) { d.image_width = 1 << 20; }) == CL_INVALID_IMAGE_SIZE);
  for (const auto type : kTypes) {
    if (type == CL_MEM_OBJECT_IMAGE1D_BUFFER) continue;
    for (const std::size_t wrong : {std::size_t{0}, std::size_t{1} << 20}) {
      for (auto dimension : {&cl_image_desc::image_width, &cl_image_desc::image_height,
                             &cl_image_desc::image_depth, &cl_image_desc::image_array_size}) {
        cl_image_desc description{};
        description.image_type = type;
        description.image_width = description.image_height = description.image_depth = 4;
        description.image_array_size = 4;
        description.*dimension = wrong;
        const bool used = dimension == &cl_image_desc::image_width ||
                          (dimension == &cl_image_desc::image_height && type != CL_MEM_OBJECT_IMAGE1D &&
                           type != CL_MEM_OBJECT_IMAGE1D_ARRAY) ||
                          (dimension == &cl_image_desc::image_depth && type == CL_MEM_OBJECT_IMAGE3D) ||
                          (dimension == &cl_image_desc::image_array_size &&
                           (type == CL_MEM_OBJECT_IMAGE1D_ARRAY || type == CL_MEM_OBJECT_IMAGE2D_ARRAY));
        INFO(std::hex << type << " " << wrong);
        CHECK(image_error(session, &kRgba8, &description) == (used ? CL_INVALID_IMAGE_SIZE : CL_SUCCESS));
      }
    }
  }
  CHECK(with([](auto&) {}, CL_MEM_READ_WRITE, bytes.data()) == CL_INVALID_HOST_PTR);
  CHECK(with([](auto&) {}, CL_MEM_COPY_HOST_PTR) == CL_INVALID_HOST_PTR);
  CHECK(with([](auto&) {}, CL_MEM_USE_HOST_PTR) == CL_INVALID_HOST_PTR);
  const auto huge = shape(CL_MEM_OBJECT_IMAGE3D, 2048, 2048, 2048);
  const cl_image_format wide{CL_RGBA, CL_FLOAT};
  CHECK(image_error(session, &wide, &huge) == CL_MEM_OBJECT_ALLOCATION_FAILURE);
}

TEST_CASE("the older functions make images too") {
  NEEDS(has_images());
  const Session session;
  auto bytes = counted_bytes(4096);
  cl_int error = 1;
  Memory flat(
      clCreateImage2D(session.context, CL_MEM_COPY_HOST_PTR, &kRgba8, 8, 4, 40, bytes.data(), &error));
  REQUIRE(error == CL_SUCCESS);
  CHECK(pixels(session, flat, {0, 1, 0}, {1, 1, 1}) ==
        std::vector<unsigned char>(bytes.begin() + 40, bytes.begin() + 44));
  Memory deep(
      clCreateImage3D(session.context, CL_MEM_COPY_HOST_PTR, &kRgba8, 8, 4, 2, 0, 0, bytes.data(), &error));
  REQUIRE(error == CL_SUCCESS);
  CHECK(info<cl_mem_object_type>(clGetMemObjectInfo, deep, CL_MEM_TYPE) == CL_MEM_OBJECT_IMAGE3D);
  CHECK(pixels(session, deep, {0, 0, 1}, {1, 1, 1}) ==
        std::vector<unsigned char>(bytes.begin() + 128, bytes.begin() + 132));
  CHECK(clCreateImage2D(session.context, 0, &kRgba8, 8, 4, 40, nullptr, &error) == nullptr);
  CHECK(error == CL_INVALID_IMAGE_SIZE);
  CHECK(clCreateImage2D(session.context, CL_MEM_COPY_HOST_PTR, &kRgba8, 8, 4, 30, bytes.data(), &error) ==
        nullptr);
  CHECK(error == CL_INVALID_IMAGE_SIZE);
  CHECK(clCreateImage3D(session.context, 0, &kRgba8, 8, 4, 1, 0, 0, nullptr, &error) == nullptr);
  CHECK(error == CL_INVALID_IMAGE_SIZE);
  CHECK(clCreateImage3D(session.context, 0, nullptr, 8, 4, 2, 0, 0, nullptr, &error) == nullptr);
  CHECK(error == CL_INVALID_IMAGE_FORMAT_DESCRIPTOR);
}
