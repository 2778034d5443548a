// Image functions on the device model against the formulas of OpenCL C 8.
#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl.h>

#include <cmath>

#include "compiler/builtins/test/half_number.hpp"
#include "compiler/builtins/test/image_model.hpp"
#include "support/elf.hpp"

namespace kiesel::compiler::builtins::test {
namespace {

using compiler::test::Buffer;
using compiler::test::check_ok;
using compiler::test::Loaded;

constexpr const char* kOptions = "-cl-std=CL3.0 -w";

bool is_close(double found, double expected, double tolerance) {
  return std::fabs(found - expected) <= tolerance * std::max(1e-30, std::fabs(expected));
}

// Bits of one component as a kernel stored them.
double component(Values kind, std::uint32_t bits) {
  if (kind == Values::kInt) return static_cast<std::int32_t>(bits);
  if (kind == Values::kUint) return bits;
  return std::bit_cast<float>(bits);
}

const char* function_of(Values kind) {
  return kind == Values::kFloat ? "f" : kind == Values::kInt ? "i" : "ui";
}

// Reads with one sampler at many places; a place is four floats.
struct Samples {
  std::vector<float> places;
  std::vector<std::uint32_t> bits;

  std::size_t count() const { return places.size() / 4; }
  void read(Loaded& program, const std::string& kernel, const ModelImage& image, std::uint64_t sampler) {
    const Buffer<float> in(places);
    const Buffer<std::uint32_t> out(std::vector<std::uint32_t>(places.size()));
    check_ok(program.launch(kernel.c_str(), {count(), 1, 1}, {static_cast<std::uint32_t>(count()), 1, 1},
                            image.argument(), sampler, in, out));
    bits = out.read();
  }
  double at(std::size_t place, unsigned channel) const {
    return std::bit_cast<float>(bits[place * 4 + channel]);
  }
};

// --- the specification's addressing, in double

struct Between {
  std::int64_t low, high;
  double weight;
};

Between locate(double s, std::uint32_t size, std::uint32_t sampler) {
  const auto mode = sampler & isa::kSamplerAddressMask;
  const double n = size;
  double u = s;
  if (sampler & isa::kSamplerNormalized) {
    if (mode == isa::kSamplerAddressRepeat) s -= std::floor(s);
    if (mode == isa::kSamplerAddressMirroredRepeat) s = std::fabs(s - 2 * std::nearbyint(0.5 * s));
    u = s * n;
  }
  if (sampler & isa::kSamplerFilterLinear) u -= 0.5;
  Between found{static_cast<std::int64_t>(std::floor(u)), 0, u - std::floor(u)};
  found.high = found.low + 1;
  for (auto* index : {&found.low, &found.high}) {
    if (mode == isa::kSamplerAddressRepeat) *index = ((*index % size) + size) % size;
    if (mode == isa::kSamplerAddressClampToEdge || mode == isa::kSamplerAddressMirroredRepeat)
      *index = std::clamp<std::int64_t>(*index, 0, size - 1);
  }
  return found;
}

Colour sample(const ModelImage& image, std::uint32_t sampler, const float* place, int axes, bool layered) {
  const Between x = locate(place[0], image.size.width, sampler);
  const Between y = axes > 1 ? locate(place[1], image.size.height, sampler) : Between{0, 0, 0};
  Between z = axes > 2 ? locate(place[2], image.size.depth, sampler) : Between{0, 0, 0};
  if (layered) {
    const double layer = std::nearbyint(place[axes]);
    z.low = static_cast<std::int64_t>(std::clamp(layer, 0.0, image.size.layers - 1.0));
  }
  if (sampler & isa::kSamplerFilterNearest) return image.texel(x.low, y.low, z.low);
  Colour sum{};
  for (int corner = 0; corner < 1 << axes; ++corner) {
    const auto pick = [&](const Between& axis, int bit) { return corner & bit ? axis.high : axis.low; };
    const auto weight = [&](const Between& axis, int bit) {
      return corner & bit ? axis.weight : 1 - axis.weight;
    };
    const Colour texel = image.texel(pick(x, 1), axes > 1 ? pick(y, 2) : 0, axes > 2 ? pick(z, 4) : z.low);
    const double part = weight(x, 1) * (axes > 1 ? weight(y, 2) : 1) * (axes > 2 ? weight(z, 4) : 1);
    for (unsigned i = 0; i < 4; ++i) sum[i] += part * texel[i];
  }
  return sum;
}

struct Shape {
  const char* type;
  const char* place;  // of a float4 p
  int axes;
  bool layered;
  Size size;
};
constexpr Shape kShapes[] = {
    {"image1d_t", "p.x", 1, false, {13, 1, 1, 1}},  {"image1d_array_t", "p.xy", 1, true, {13, 1, 1, 5}},
    {"image2d_t", "p.xy", 2, false, {12, 7, 1, 1}}, {"image2d_array_t", "p", 2, true, {12, 7, 1, 4}},
    {"image3d_t", "p", 3, false, {6, 5, 3, 1}},
};

std::string sampling_kernel(const Shape& shape, const std::string& name, const std::string& place) {
  return "kernel void " + name + "(read_only " + shape.type +
         " image, sampler_t s, global const float4* places, global float4* out) {"
         "  const float4 p = places[get_global_id(0)];"
         "  out[get_global_id(0)] = read_imagef(image, s, " +
         place + "); }\n";
}

// Multiples of 1/8 of the texels or of 1/16 of the image: exact in every formula, inside and outside.
std::vector<float> places_for(const Shape& shape, bool normalized) {
  std::mt19937 random(5);
  std::vector<float> places;
  const float extent[] = {float(shape.size.width), float(shape.size.height), float(shape.size.depth)};
  for (int i = 0; i < 256; ++i) {
    float place[4] = {};
    for (int axis = 0; axis < shape.axes; ++axis) {
      const float reach = normalized ? 5.0f : extent[axis] + 6;
      const float step = normalized ? 0.0625f : 0.125f;
      place[axis] = std::floor(float(random() % 4096) / 4096 * reach / step) * step - (normalized ? 2 : 3);
    }
    if (shape.layered) place[shape.axes] = float(random() % 64) / 8 - 1;
    places.insert(places.end(), place, place + 4);
  }
  return places;
}

void check_samples(const ModelImage& image, const Shape& shape, const Samples& samples,
                   std::uint32_t sampler) {
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < samples.count(); ++i) {
    const Colour expected = sample(image, sampler, &samples.places[i * 4], shape.axes, shape.layered);
    for (unsigned c = 0; c < 4; ++c) {
      const bool good = std::fabs(samples.at(i, c) - expected[c]) <= 1e-5;
      if (!good && !wrong++) {
        UNSCOPED_INFO(samples.places[i * 4] << " " << samples.places[i * 4 + 1] << " "
                                            << samples.places[i * 4 + 2] << " channel " << c << ": "
                                            << samples.at(i, c) << " for " << expected[c]);
      }
    }
  }
  CAPTURE(shape.type, sampler, name_of(image.format));
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("pixels of every format become the colours of the specification") {
  Loaded program(
      "#define READ(f, v) kernel void read_##f(read_only image2d_t image, sampler_t s, global v##4* with, "
      "  global v##4* without) { int2 c = (int2)(get_global_id(0), get_global_id(1));"
      "  with[c.y * 32 + c.x] = read_image##f(image, s, c); without[c.y * 32 + c.x] = read_image##f(image, "
      "c); }\n"
      "READ(f, float) READ(i, int) READ(ui, uint)",
      kOptions);
  for (const Format& format : all_formats()) {
    const ModelImage image(format, {32, 8, 1, 1});
    const auto kind = kind_of(format);
    const Buffer<std::uint32_t> with(std::vector<std::uint32_t>(32 * 8 * 4)),
        without(std::vector<std::uint32_t>(32 * 8 * 4));
    const std::uint64_t sampler = isa::kSamplerFilterNearest | isa::kSamplerAddressClamp;
    check_ok(program.launch((std::string("read_") + function_of(kind)).c_str(), {32, 8, 1}, {32, 8, 1},
                            image.argument(), sampler, with, without));
    const auto found = with.read();
    CAPTURE(name_of(format));
    CHECK(found == without.read());
    std::size_t wrong = 0;
    for (std::uint32_t i = 0; i < found.size(); ++i) {
      const double expected = image.texel(i / 4 % 32, i / 128, 0)[i % 4];
      const double value = component(kind, found[i]);
      const bool is_normalised =
          kind == Values::kFloat && format.type != CL_FLOAT && format.type != CL_HALF_FLOAT;
      if (!is_close(value, expected, is_normalised ? 1.5 * 0x1p-23 : 0) && !wrong++)
        UNSCOPED_INFO("pixel " << i / 4 << " channel " << i % 4 << ": " << value << " for " << expected);
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("samplers address and filter as the specification says, for every shape") {
  const std::uint32_t modes[] = {isa::kSamplerAddressClampToEdge, isa::kSamplerAddressClamp,
                                 isa::kSamplerAddressRepeat, isa::kSamplerAddressMirroredRepeat};
  for (const Shape& shape : kShapes) {
    Loaded program(sampling_kernel(shape, "k", shape.place), kOptions);
    for (const Format format : {Format{CL_R, CL_UNORM_INT8}, Format{CL_BGRA, CL_UNORM_INT8}}) {
      const ModelImage image(format, shape.size);
      for (const auto mode : modes)
        for (const auto filter : {isa::kSamplerFilterNearest, isa::kSamplerFilterLinear})
          for (const auto normalized : {0u, isa::kSamplerNormalized}) {
            if (!normalized && mode >= isa::kSamplerAddressRepeat) continue;
            Samples samples{places_for(shape, normalized), {}};
            samples.read(program, "k", image, mode | filter | normalized);
            check_samples(image, shape, samples, mode | filter | normalized);
          }
    }
  }
}

TEST_CASE("a sampler that the program holds works as one that is given") {
  const Shape& shape = kShapes[2];
  Loaded program(
      "constant sampler_t outside = CLK_NORMALIZED_COORDS_TRUE | CLK_ADDRESS_REPEAT | CLK_FILTER_LINEAR;\n"
      "__attribute__((noinline)) float4 get(read_only image2d_t i, sampler_t s, float2 p) "
      "{ return read_imagef(i, s, p); }\n"
      "kernel void program_scope(read_only image2d_t i, sampler_t unused, global const float4* places,"
      "  global float4* out) { size_t n = get_global_id(0); out[n] = read_imagef(i, outside, places[n].xy); "
      "}\n"
      "kernel void function_scope(read_only image2d_t i, sampler_t unused, global const float4* places,"
      "  global float4* out) { const sampler_t s = CLK_NORMALIZED_COORDS_TRUE | CLK_ADDRESS_REPEAT | "
      "  CLK_FILTER_LINEAR; size_t n = get_global_id(0); out[n] = get(i, s, places[n].xy); }\n"
      "kernel void argument(read_only image2d_t i, sampler_t s, global const float4* places,"
      "  global float4* out) { size_t n = get_global_id(0); out[n] = get(i, s, places[n].xy); }\n",
      kOptions);
  const ModelImage image({CL_RGBA, CL_UNORM_INT16}, shape.size);
  const std::uint32_t sampler =
      isa::kSamplerNormalized | isa::kSamplerAddressRepeat | isa::kSamplerFilterLinear;
  for (const std::string kernel : {"program_scope", "function_scope", "argument"}) {
    Samples samples{places_for(shape, true), {}};
    samples.read(program, kernel, image, kernel == "argument" ? sampler : 0);
    check_samples(image, shape, samples, sampler);
  }
}

// Colours and what a format makes of them. Integers are exact; fractions may be rounded otherwise near a
// half.
TEST_CASE("colours are written as every format's channels, and nothing beside the pixel changes") {
  Loaded program(
      "#define WRITE(f, v) kernel void write_##f(write_only image2d_t image, read_write image2d_t other, "
      "  global const v##4* colours) { int i = get_global_id(0); int2 c = (int2)(i % 16, i / 16);"
      "  write_image##f(image, c, colours[i]); write_image##f(other, c, colours[i]); }\n"
      "WRITE(f, float) WRITE(i, int) WRITE(ui, uint)",
      kOptions);
  constexpr std::uint32_t kWidth = 16, kHeight = 16;
  for (const Format& format : all_formats()) {
    const auto kind = kind_of(format);
    const Size size{kWidth, kHeight, 1, 1};
    const ModelImage image(format, size), other(format, size);
    const auto before = image.read();
    std::vector<std::uint32_t> colours(kWidth * kHeight * 4);
    std::mt19937 random(11);
    std::uniform_real_distribution<float> spread(-1.3f, 1.3f);
    for (std::size_t i = 0; i < colours.size(); ++i)
      colours[i] =
          kind == Values::kFloat ? std::bit_cast<std::uint32_t>(spread(random)) : random() >> (i * 7 % 32);
    const float special[] = {0, -0.0f, 1, -1, 0.5f, 2, -2, NAN, INFINITY, -INFINITY, 1e30f, 1e-6f};
    if (kind == Values::kFloat && format.type != CL_FLOAT && format.type != CL_HALF_FLOAT)
      for (std::size_t i = 0; i < std::size(special); ++i)
        colours[i * 5] = std::bit_cast<std::uint32_t>(special[i]);
    const Buffer<std::uint32_t> in(colours);
    check_ok(program.launch((std::string("write_") + function_of(kind)).c_str(), {kWidth * kHeight, 1, 1},
                            {64, 1, 1}, image.argument(), other.argument(), in));
    const auto bytes = image.read();
    CAPTURE(name_of(format));
    CHECK(bytes == other.read());
    auto rest = bytes;
    std::size_t wrong = 0;
    for (std::uint32_t i = 0; i < kWidth * kHeight; ++i) {
      const std::size_t at = image.offset(i % kWidth, i / kWidth, 0);
      std::copy_n(before.begin() + static_cast<std::ptrdiff_t>(at), pixel_bytes(format),
                  rest.begin() + static_cast<std::ptrdiff_t>(at));
      Colour colour;
      for (unsigned c = 0; c < 4; ++c) colour[c] = component(kind, colours[i * 4 + c]);
      if (!is_encoding(format, bytes.data() + at, colour) && !wrong++)
        UNSCOPED_INFO("pixel " << i << ": " << colour[0] << " " << colour[1] << " " << colour[2] << " "
                               << colour[3]);
    }
    CHECK(wrong == 0);
    CHECK(rest == before);
  }
}

TEST_CASE("writes reach every shape, and one outside of the image does nothing") {
  struct Target {
    const char *type, *place;  // of x, y, z
    Size size;
  };
  const Target targets[] = {{"image1d_t", "x", {9, 1, 1, 1}},
                            {"image1d_buffer_t", "x", {9, 1, 1, 1}},
                            {"image1d_array_t", "(int2)(x, z)", {9, 1, 1, 4}},
                            {"image2d_t", "(int2)(x, y)", {9, 5, 1, 1}},
                            {"image2d_array_t", "(int4)(x, y, z, 0)", {9, 5, 1, 4}},
                            {"image3d_t", "(int4)(x, y, z, 0)", {9, 5, 3, 1}}};
  for (const Target& target : targets) {
    const std::string type = target.type, place = target.place;
    Loaded program(
        "kernel void k(write_only " + type + " to, read_only " + type +
            " from) {"
            "  int x = (int)get_global_id(0) - 2, y = (int)get_global_id(1) - 2, z = get_global_id(2);"
            "  if (z == 6) z = INT_MAX; if (z == 5) z = -1; if (x == 12) x = INT_MIN;"
            "  write_imageui(to, " +
            place + ", read_imageui(from, " + place + ").wzyx + (uint)get_global_id(2)); }",
        kOptions);
    const ModelImage to({CL_RGBA, CL_UNSIGNED_INT16}, target.size, 1),
        from({CL_RGBA, CL_UNSIGNED_INT16}, target.size, 2);
    const auto before = to.read();
    const bool has_rows = target.size.height > 1, has_slices = target.size.depth * target.size.layers > 1;
    check_ok(program.launch("k", {16, has_rows ? 10u : 3u, has_slices ? 7u : 1u}, {16, 1, 1}, to.argument(),
                            from.argument()));
    const auto bytes = to.read();
    auto expected = before;
    for (std::uint32_t z = 0; z < target.size.depth * target.size.layers; ++z)
      for (std::uint32_t y = 0; y < target.size.height; ++y)
        for (std::uint32_t x = 0; x < target.size.width; ++x) {
          const Colour colour = from.texel(x, y, z);
          for (unsigned c = 0; c < 4; ++c) {
            const auto value = static_cast<std::uint16_t>(std::min(65535.0, colour[3 - c] + z));
            std::memcpy(expected.data() + to.offset(x, y, z) + c * 2, &value, 2);
          }
        }
    CAPTURE(type);
    CHECK(bytes == expected);
  }
}

TEST_CASE("halves are read and written as floats that are rounded to them") {
  Loaded program(
      "#pragma OPENCL EXTENSION cl_khr_fp16 : enable\n"
      "kernel void k(read_only image2d_t from, sampler_t s, write_only image2d_t halves, write_only "
      "image2d_t "
      "floats, global half4* with, global half4* without) {"
      "  int2 c = (int2)(get_global_id(0), get_global_id(1)); int i = c.y * 16 + c.x;"
      "  with[i] = read_imageh(from, s, convert_float2(c) + 0.5f); without[i] = read_imageh(from, c);"
      "  write_imageh(halves, c, without[i]); write_imagef(floats, c, convert_float4(without[i])); }",
      kOptions);
  const Size size{16, 8, 1, 1};
  const std::uint64_t sampler = isa::kSamplerAddressClamp | isa::kSamplerFilterNearest;
  for (const Format format : {Format{CL_RGBA, CL_HALF_FLOAT}, Format{CL_RGBA, CL_SNORM_INT16}}) {
    CAPTURE(name_of(format));
    const ModelImage from(format, size, 1), halves(format, size, 2), floats(format, size, 3);
    const Buffer<std::uint16_t> with(std::vector<std::uint16_t>(16 * 8 * 4)),
        without(std::vector<std::uint16_t>(16 * 8 * 4));
    check_ok(program.launch("k", {16, 8, 1}, {16, 8, 1}, from.argument(), sampler, halves.argument(),
                            floats.argument(), with, without));
    const auto found = with.read();
    CHECK(found == without.read());
    std::size_t wrong = 0, different = 0;
    const auto as_halves = halves.read(), as_floats = floats.read();
    for (std::uint32_t i = 0; i < found.size(); ++i) {
      const double expected = from.texel(i / 4 % 16, i / 64, 0)[i % 4];
      // Half a unit in the last place, or half the smallest number.
      wrong += !is_close(half_value(found[i]), expected, 0x1.01p-11) &&
               std::fabs(half_value(found[i]) - expected) > 0x1p-25;
    }
    for (std::uint32_t i = 0; i < 16 * 8; ++i) {
      const std::size_t at = halves.offset(i % 16, i / 16, 0);
      different += std::memcmp(as_halves.data() + at, as_floats.data() + at, pixel_bytes(format)) != 0;
    }
    CHECK(wrong == 0);
    CHECK(different == 0);
  }
}

TEST_CASE("depth images have one value") {
  Loaded program(
      "kernel void k(read_only image2d_depth_t a, read_only image2d_array_depth_t b, write_only "
      "image2d_depth_t c,"
      "  read_write image2d_array_depth_t d, sampler_t s, global float* out) {"
      "  int x = get_global_id(0); out[x * 4] = read_imagef(a, s, (float2)(x, 1)); "
      "  out[x * 4 + 1] = read_imagef(b, s, (int4)(x, 1, 2, 0)); out[x * 4 + 2] = read_imagef(a, (int2)(x, "
      "0));"
      "  out[x * 4 + 3] = read_imagef(d, (int4)(x, 1, 1, 0));"
      "  write_imagef(c, (int2)(x, 2), (float)x / 8); write_imagef(d, (int4)(x, 2, 1, 0), x + 0.5f); }",
      kOptions);
  const ModelImage a({CL_DEPTH, CL_UNORM_INT16}, {8, 3, 1, 1}), b({CL_DEPTH, CL_FLOAT}, {8, 3, 1, 3});
  const ModelImage c({CL_DEPTH, CL_UNORM_INT16}, {8, 3, 1, 1}), d({CL_DEPTH, CL_FLOAT}, {8, 3, 1, 3});
  const Buffer<float> out(std::vector<float>(9 * 4));
  const std::uint64_t sampler = isa::kSamplerAddressClamp | isa::kSamplerFilterNearest;
  check_ok(program.launch("k", {9, 1, 1}, {9, 1, 1}, a.argument(), b.argument(), c.argument(), d.argument(),
                          sampler, out));
  const auto found = out.read();
  const auto written = c.read(), also = d.read();
  for (std::uint32_t x = 0; x < 9; ++x) {
    CHECK(is_close(found[x * 4], a.texel(x, 1, 0)[0], 2e-7));
    CHECK(found[x * 4 + 1] == b.texel(x, 1, 2)[0]);
    if (x == 8) continue;
    CHECK(is_close(found[x * 4 + 2], a.texel(x, 0, 0)[0], 2e-7));
    CHECK(found[x * 4 + 3] == d.texel(x, 1, 1)[0]);
    std::uint16_t fraction;
    std::memcpy(&fraction, written.data() + c.offset(x, 2, 0), 2);
    CHECK(fraction == std::nearbyint(x / 8.0 * 65535));
    float value;
    std::memcpy(&value, also.data() + d.offset(x, 2, 1), 4);
    CHECK(value == x + 0.5f);
  }
}

TEST_CASE("queries tell what the descriptor says") {
  Loaded program(
      "kernel void k(read_only image3d_t a, write_only image2d_array_t b, read_write image1d_array_t c, "
      "  read_only image1d_buffer_t d, global int* out) {"
      "  int4 v = get_image_dim(a); int2 w = get_image_dim(b);"
      "  vstore4(v, 0, out); vstore2(w, 2, out); out[6] = get_image_width(a); out[7] = get_image_height(a);"
      "  out[8] = get_image_depth(a); out[9] = get_image_array_size(b); out[10] = get_image_array_size(c);"
      "  out[11] = get_image_width(d); out[12] = get_image_channel_order(b) == CLK_RG && "
      "CLK_UNORM_INT_101010_2 == 0x10E0; "
      "  out[13] = get_image_channel_data_type(c) == CLK_HALF_FLOAT; out[14] = get_image_width(c); "
      "  out[15] = get_image_height(b); }",
      kOptions);
  const ModelImage a({CL_R, CL_FLOAT}, {4, 5, 6, 1}), b({CL_RG, CL_FLOAT}, {7, 8, 1, 9});
  const ModelImage c({CL_R, CL_HALF_FLOAT}, {10, 1, 1, 11}), d({CL_R, CL_FLOAT}, {12, 1, 1, 1});
  const Buffer<std::int32_t> out(std::vector<std::int32_t>(16));
  check_ok(
      program.launch("k", {1, 1, 1}, {1, 1, 1}, a.argument(), b.argument(), c.argument(), d.argument(), out));
  CHECK(out.read() == std::vector<std::int32_t>{4, 5, 6, 0, 7, 8, 4, 5, 6, 9, 11, 12, 1, 1, 10, 8});
}

TEST_CASE("coordinates that are no places stay inside of the image's memory") {
  Loaded program(sampling_kernel(kShapes[4], "k", "p"), kOptions);
  const ModelImage image({CL_RGBA, CL_FLOAT}, kShapes[4].size);
  const float strange[] = {NAN, INFINITY, -INFINITY, 1e30f, -1e30f, 2147483648.0f, -2147483904.0f, -0.0f};
  for (const auto mode :
       {isa::kSamplerAddressNone, isa::kSamplerAddressClampToEdge, isa::kSamplerAddressClamp,
        isa::kSamplerAddressRepeat, isa::kSamplerAddressMirroredRepeat})
    for (const auto filter : {isa::kSamplerFilterNearest, isa::kSamplerFilterLinear})
      for (const auto normalized : {0u, isa::kSamplerNormalized}) {
        Samples samples;
        for (int i = 0; i < 256; ++i)
          for (int axis = 0; axis < 4; ++axis) samples.places.push_back(strange[i >> axis * 3 & 7]);
        samples.read(program, "k", image, mode | filter | normalized);
      }
}

TEST_CASE("linear filtering far outside is the edge, the border or the first place of a period") {
  Loaded program(sampling_kernel(kShapes[2], "k", "p.xy"), kOptions);
  const ModelImage image({CL_RGBA, CL_FLOAT}, kShapes[2].size);
  const auto sample = [&](std::uint32_t sampler, float x, float y) {
    Samples samples{{x, y, 0, 0}, {}};
    samples.read(program, "k", image, sampler | isa::kSamplerFilterLinear);
    return samples.bits;
  };
  const auto edge = isa::kSamplerAddressClampToEdge, border = isa::kSamplerAddressClamp;
  const auto repeat = isa::kSamplerAddressRepeat | isa::kSamplerNormalized;
  const auto mirror = isa::kSamplerAddressMirroredRepeat | isa::kSamplerNormalized;
  for (const float far : {1e30f, -1e30f, 5e9f, -5e9f}) {
    INFO(far);
    CHECK(sample(edge, far, 1.25f) == sample(edge, far < 0 ? -9.0f : 99.0f, 1.25f));
    CHECK(sample(edge, far, far) == sample(edge, far < 0 ? -9.0f : 99.0f, far < 0 ? -9.0f : 99.0f));
    CHECK(sample(border, far, far) == std::vector<std::uint32_t>(4));
    CHECK(sample(repeat, far, far) == sample(repeat, 0, 0));
    CHECK(sample(mirror, far, far) == sample(mirror, 0, 0));
  }
}

// Lanes never disagree on a format or a sampler; split and pred would cost every texel.
TEST_CASE("what depends on the descriptor or the sampler is a plain branch") {
  const auto reply = compiler::test::build(
      "kernel void k(read_only image2d_t i, read_only image3d_t j, sampler_t s, global float4* out) {"
      "  size_t n = get_global_id(0); out[n] = read_imagef(i, s, (float2)(n, n)) + read_imagef(j, s, "
      "(int4)n); }",
      kOptions);
  REQUIRE(reply.outcome == Outcome::kSuccess);
  const auto elf = ElfView::parse(reply.binary);
  REQUIRE(elf.ok());
  const auto* code = elf->section(".text");
  REQUIRE(code);
  constexpr std::uint32_t kSimtOpcode = 0x0b, kSplit = 2, kPred = 5;
  std::size_t branches = 0, guards = 0;
  for (std::size_t at = 0; at + 4 <= code->bytes.size(); at += 4) {
    std::uint32_t word;
    std::memcpy(&word, code->bytes.data() + at, sizeof word);
    const std::uint32_t opcode = word & 0x7f, function = word >> 12 & 7;
    branches += opcode == 0x63;
    guards += opcode == kSimtOpcode && word >> 25 == 0 && (function == kSplit || function == kPred);
  }
  CHECK(branches > 20);
  CHECK(guards == 0);
}

}  // namespace kiesel::compiler::builtins::test
