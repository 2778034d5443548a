// Images on the device model, made by hand, and what the specification says of them: OpenCL C 8 worked out in
// double on the host.
#pragma once

#include <array>
#include <memory>
#include <random>
#include <vector>

#include "compiler/test/run_fixture.hpp"
#include "device/isa/image.hpp"

namespace kiesel::compiler::builtins::test {

using Colour = std::array<double, 4>;

struct Format {
  std::uint32_t order, type;
};
std::string name_of(const Format& format);

enum class Values { kFloat, kInt, kUint };
Values kind_of(const Format& format);
std::uint32_t pixel_bytes(const Format& format);

// Every combination of channel order and type that kernels can read.
const std::vector<Format>& all_formats();

// The colour of a pixel.
Colour decode(const Format& format, const std::uint8_t* pixel);
Colour border(const Format& format);
// Whether a pixel is what a colour may be written as.
bool is_encoding(const Format& format, const std::uint8_t* pixel, const Colour& colour);

struct Size {
  std::uint32_t width = 1, height = 1, depth = 1, layers = 1;
};

// Pixels of random bytes with gaps between rows and slices; floats are finite.
class ModelImage {
 public:
  ModelImage(const Format& format, const Size& size, std::uint32_t seed = 1);

  // An image argument of a kernel.
  std::uint64_t argument() const { return descriptor_->address(); }
  std::vector<std::uint8_t> read() const { return pixels_->read(); }
  // Where a pixel lies; of an array, `z` is the layer (of a 1D array too).
  std::size_t offset(std::uint32_t x, std::uint32_t y, std::uint32_t z) const;
  // The texel at an index, or the border's colour outside.
  Colour texel(std::int64_t x, std::int64_t y, std::int64_t z) const;

  const Format format;
  const Size size;

 private:
  std::size_t row_pitch_, slice_pitch_;
  std::vector<std::uint8_t> bytes_;
  std::unique_ptr<compiler::test::Buffer<std::uint8_t>> pixels_;
  std::unique_ptr<compiler::test::Buffer<isa::ImageDescriptor>> descriptor_;
};

}  // namespace kiesel::compiler::builtins::test
