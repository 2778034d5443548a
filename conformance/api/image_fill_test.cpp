// clEnqueueFillImage: the region, and the conversion of colours (OpenCL C 8.3).
#include <cmath>
#include <cstring>
#include <limits>

#include "conformance/api/image_fixture.hpp"

using namespace kiesel::api_test;

namespace {

constexpr Triple kZero{};

struct Conversion {
  cl_image_format format;
  std::array<float, 4> colour;
  std::vector<unsigned char> pixel;
};

cl_int fill(const Session& session, cl_mem image, const void* colour, Triple origin, Triple region) {
  return clEnqueueFillImage(session.queue, image, colour, origin.data(), region.data(), 0, nullptr, nullptr);
}

std::vector<unsigned char> filled(const Session& session, const cl_image_format& format, const void* colour) {
  Memory image = image_of(session, format, shape(CL_MEM_OBJECT_IMAGE2D, 3, 2));
  REQUIRE(fill(session, image, colour, kZero, {3, 2, 1}) == CL_SUCCESS);
  auto all = pixels(session, image, kZero, {3, 2, 1});
  const std::size_t size = all.size() / 6;
  std::vector<unsigned char> first(all.begin(), all.begin() + static_cast<long>(size));
  for (std::size_t i = 0; i < all.size(); ++i) REQUIRE(all[i] == first[i % size]);
  return first;
}

}  // namespace

TEST_CASE("fills cover the region of each shape and nothing else") {
  NEEDS(has_images());
  const Session session;
  for (const auto& item : all_shapes()) {
    INFO(item.name);
    const auto [width, height, depth] = item.region;
    auto data = counted_bytes(4 * width * height * depth);
    Memory image = image_of(session, kRgba8, item.description, CL_MEM_COPY_HOST_PTR, data.data());
    const Triple origin{3, height > 2 ? 1u : 0u, depth > 2 ? 1u : 0u};
    const Triple region{5, height > 2 ? height - 2 : 1, depth > 2 ? depth - 2 : 1};
    const cl_uint colour[] = {1, 2, 3, 4000};
    REQUIRE(fill(session, image, colour, origin, region) == CL_SUCCESS);
    for (std::size_t z = origin[2]; z < origin[2] + region[2]; ++z)
      for (std::size_t y = origin[1]; y < origin[1] + region[1]; ++y)
        for (std::size_t x = 3; x < 8; ++x)
          for (std::size_t i = 0; i < 4; ++i)
            data[((z * height + y) * width + x) * 4 + i] = static_cast<unsigned char>(i == 3 ? 255 : i + 1);
    CHECK(pixels(session, image, kZero, item.region) == data);
  }
}

TEST_CASE("colours of floats become pixels") {
  NEEDS(has_images());
  const Session session;
  const float infinite = std::numeric_limits<float>::infinity(), nan = std::nanf("");
  for (const Conversion& row : {
           Conversion{{CL_RGBA, CL_UNORM_INT8}, {0, 1, 0.5f, 2}, {0, 255, 128, 255}},
           {{CL_BGRA, CL_UNORM_INT8}, {0, 1, 0.5f, -1}, {128, 255, 0, 0}},
           {{CL_ARGB, CL_UNORM_INT8}, {0, 1, 0.5f, 0.2f}, {51, 0, 255, 128}},
           {{CL_ABGR, CL_UNORM_INT8}, {0, 1, 0.5f, 0.2f}, {51, 128, 255, 0}},
           {{CL_RGBA, CL_UNORM_INT8}, {nan, infinite, -infinite, 0}, {0, 255, 0, 0}},
           {{CL_R, CL_UNORM_INT16}, {0.5f, 0, 0, 0}, {0x00, 0x80}},
           {{CL_A, CL_UNORM_INT8}, {0, 0, 0, 1}, {255}},
           {{CL_RA, CL_UNORM_INT8}, {1, 0, 0, 0.2f}, {255, 51}},
           {{CL_RG, CL_SNORM_INT8}, {-1, 0.5f, 0, 0}, {0x81, 64}},
           {{CL_RG, CL_SNORM_INT8}, {-2, 2, 0, 0}, {0x80, 127}},
           {{CL_R, CL_SNORM_INT16}, {-1, 0, 0, 0}, {0x01, 0x80}},
           {{CL_INTENSITY, CL_UNORM_INT8}, {0.2f, 1, 1, 1}, {51}},
           {{CL_LUMINANCE, CL_UNORM_INT8}, {0.4f, 1, 1, 1}, {102}},
           {{CL_RGB, CL_UNORM_SHORT_565}, {1, 0, 1, 0}, {0x1F, 0xF8}},
           {{CL_RGB, CL_UNORM_SHORT_565}, {0, 1, 0, 0}, {0xE0, 0x07}},
           {{CL_RGB, CL_UNORM_SHORT_555}, {1, 0, 0, 0}, {0x00, 0x7C}},
           {{CL_RGB, CL_UNORM_INT_101010}, {1, 0, 0, 0}, {0x00, 0x00, 0xF0, 0x3F}},
           {{CL_RGBA, CL_UNORM_INT_101010_2}, {0, 0, 1, 1}, {0xFF, 0x0F, 0x00, 0x00}},
           {{CL_sRGBA, CL_UNORM_INT8}, {0, 1, 0.2140411f, 0.5f}, {0, 255, 127, 128}},
           {{CL_sBGRA, CL_UNORM_INT8}, {0.002f, 0, 1, 1}, {255, 0, 7, 255}},
           {{CL_RG, CL_HALF_FLOAT}, {1, -2, 0, 0}, {0x00, 0x3C, 0x00, 0xC0}},
           {{CL_RG, CL_HALF_FLOAT}, {1e6f, 0x1p-24f, 0, 0}, {0x00, 0x7C, 0x01, 0x00}},
           {{CL_RG, CL_HALF_FLOAT}, {65519, 65520, 0, 0}, {0xFF, 0x7B, 0x00, 0x7C}},
           {{CL_RG, CL_HALF_FLOAT}, {1 + 0x1p-11f, 1 + 0x3p-11f, 0, 0}, {0x00, 0x3C, 0x02, 0x3C}},
           {{CL_RG, CL_HALF_FLOAT}, {0x1p-25f, 0x1.8p-25f, 0, 0}, {0x00, 0x00, 0x01, 0x00}},
           {{CL_RG, CL_HALF_FLOAT}, {2 - 0x1p-12f, -0.0f, 0, 0}, {0x00, 0x40, 0x00, 0x80}},
           {{CL_R, CL_FLOAT}, {-1.5f, 0, 0, 0}, {0x00, 0x00, 0xC0, 0xBF}},
       }) {
    INFO(std::hex << row.format.image_channel_order << " " << row.format.image_channel_data_type << " "
                  << row.colour[0]);
    CHECK(filled(session, row.format, row.colour.data()) == row.pixel);
  }
  // A depth image takes one float.
  const float depth[] = {0.5f};
  CHECK(filled(session, {CL_DEPTH, CL_UNORM_INT16}, depth) == std::vector<unsigned char>{0x00, 0x80});
}

TEST_CASE("colours of integers are saturated") {
  NEEDS(has_images());
  const Session session;
  const cl_int signed_colour[] = {-1000, 1000, -5, 5};
  const cl_uint unsigned_colour[] = {0xFFFFFFFF, 0x10000, 5, 200};
  using Bytes = std::vector<unsigned char>;
  CHECK(filled(session, {CL_RGBA, CL_SIGNED_INT8}, signed_colour) == Bytes{0x80, 0x7F, 0xFB, 5});
  CHECK(filled(session, {CL_RG, CL_SIGNED_INT16}, signed_colour) == Bytes{0x18, 0xFC, 0xE8, 0x03});
  CHECK(filled(session, {CL_R, CL_SIGNED_INT32}, signed_colour) == Bytes{0x18, 0xFC, 0xFF, 0xFF});
  CHECK(filled(session, {CL_RGBA, CL_UNSIGNED_INT8}, unsigned_colour) == Bytes{255, 255, 5, 200});
  CHECK(filled(session, {CL_RG, CL_UNSIGNED_INT16}, unsigned_colour) == Bytes{0xFF, 0xFF, 0xFF, 0xFF});
  CHECK(filled(session, {CL_R, CL_UNSIGNED_INT32}, unsigned_colour) == Bytes{0xFF, 0xFF, 0xFF, 0xFF});
}

TEST_CASE("fills are checked") {
  NEEDS(has_images());
  const Session session;
  Memory image = image_of(session, kRgba8, shape(CL_MEM_OBJECT_IMAGE2D, 8, 4), CL_MEM_HOST_NO_ACCESS);
  Memory buffer = session.buffer(64);
  const cl_uint colour[] = {1, 2, 3, 4};
  CHECK(fill(session, image, colour, kZero, {8, 4, 1}) == CL_SUCCESS);
  CHECK(fill(session, image, nullptr, kZero, {8, 4, 1}) == CL_INVALID_VALUE);
  CHECK(fill(session, image, colour, {1, 0, 0}, {8, 4, 1}) == CL_INVALID_VALUE);
  CHECK(fill(session, image, colour, kZero, {8, 4, 0}) == CL_INVALID_VALUE);
  CHECK(fill(session, buffer, colour, kZero, {1, 1, 1}) == CL_INVALID_MEM_OBJECT);
  CHECK(clEnqueueFillImage(session.queue, image, colour, nullptr, kZero.data(), 0, nullptr, nullptr) ==
        CL_INVALID_VALUE);
}
