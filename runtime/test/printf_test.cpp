#include "runtime/core/printf.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <map>
#include <vector>

using namespace kiesel::runtime;

namespace {

// Writes records as a kernel does.
class Records {
 public:
  Records& start(std::uint64_t format) {
    start_ = bytes_.size();
    number(0);
    number(format);
    return *this;
  }
  Records& number(std::uint64_t value) { return raw(&value, sizeof value); }
  Records& real(double value) { return raw(&value, sizeof value); }
  template <class T>
  Records& vector(const std::vector<T>& values) {
    raw(values.data(), values.size() * sizeof(T));
    while (bytes_.size() % 8) bytes_.push_back(std::byte{0xAA});
    return end();
  }
  Records& end() {
    const auto size = static_cast<std::uint32_t>(bytes_.size() - start_);
    std::memcpy(bytes_.data() + start_, &size, sizeof size);
    return *this;
  }
  const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  Records& raw(const void* data, std::size_t size) {
    const auto* begin = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), begin, begin + size);
    return end();
  }
  std::vector<std::byte> bytes_;
  std::size_t start_ = 0;
};

std::string format(const char* text, const Records& records) {
  return format_records(records.bytes(), [&](kiesel::device::Address address) -> std::string_view {
    return address == 1 ? text : address == 2 ? "word" : "";
  });
}

}  // namespace

TEST_CASE("scalars are printed as C does") {
  CHECK(format("%d|%u|%i\n", Records().start(1).number(~0ull).number(~0ull).number(5)) ==
        "-1|4294967295|5\n");
  CHECK(format("%hhd %hd %ld", Records().start(1).number(0x1FF).number(0x18000).number(~0ull)) ==
        "-1 -32768 -1");
  CHECK(format("[%-6.2f] [%+e]", Records().start(1).real(1.005).real(2)) == "[1.00  ] [+2.000000e+00]");
  CHECK(format("%s %c%%", Records().start(1).number(2).number('x')) == "word x%");
  CHECK(format("%a %G %06.1f %#o", Records().start(1).real(1).real(1e-10).real(-2.25).number(8)) ==
        "0x1p+0 1E-10 -002.2 010");
  CHECK(format("%f %E %5.2s|", Records().start(1).real(INFINITY).real(NAN).number(2)) == "inf NAN    wo|");
  CHECK(format("%lu %+li %X %hx", Records().start(1).number(~0ull).number(7).number(255).number(0x12345)) ==
        "18446744073709551615 +7 FF 2345");
}

TEST_CASE("vectors are printed with commas") {
  CHECK(format("%v4hld", Records().start(1).vector<int>({1, -2, 3, 4})) == "1,-2,3,4");
  CHECK(format("%v3hd", Records().start(1).vector<short>({1, -2, 3})) == "1,-2,3");
  CHECK(format("%v2lf", Records().start(1).vector<double>({0.5, 2})) == "0.500000,2.000000");
  CHECK(format("%v2hf", Records().start(1).vector<std::uint16_t>({0x3C00, 0xC000})) == "1.000000,-2.000000");
  CHECK(format("%#v2hhx", Records().start(1).vector<unsigned char>({255, 1})) == "0xff,0x1");
}

TEST_CASE("damaged records and formats are harmless") {
  CHECK(format("%d %d %d", Records().start(1).number(1)) == "1  ");
  CHECK(format("100%", Records().start(1)) == "100%");
  CHECK(format("%2000000000d", Records().start(1).number(1)) == "%2000000000d");
  CHECK(format("%.999999f", Records().start(1).real(1)) == "%.999999f");
  CHECK(format("%n %v99d", Records().start(1).number(1)) == "%n %v99d");
  Records bad;
  bad.start(1).number(3);
  auto bytes = bad.bytes();
  for (const std::uint32_t size : {0u, 8u, 17u, 4096u, ~0u}) {
    std::memcpy(bytes.data(), &size, sizeof size);
    CHECK(format_records(bytes, [](auto) { return std::string_view("%d"); }).empty());
  }
  bytes.resize(7);
  CHECK(format_records(bytes, [](auto) { return std::string_view("%d"); }).empty());
}
