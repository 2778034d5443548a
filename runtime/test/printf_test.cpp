#include <locale.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <optional>
#include <random>
#include <vector>

#include "device/isa/printf_record.hpp"
#include "runtime/core/printf_text.hpp"

using namespace kiesel::runtime;
using kiesel::isa::PrintfArgument;
using kiesel::isa::PrintfKind;

namespace {

constexpr std::uint64_t kFormat = 1, kWord = 2;
constexpr std::uint64_t kMost = std::uint64_t{1} << 30;

// Writes records as a kernel does.
class Records {
 public:
  Records& start(std::uint64_t format) {
    finish();
    format_ = format;
    open_ = true;
    return *this;
  }
  template <class T>
  Records& integer(T value) {
    return add({PrintfKind::kInteger, log2(sizeof value), 1}, &value, sizeof value);
  }
  Records& number(std::uint64_t value) { return integer(value); }
  Records& real(double value) { return add({PrintfKind::kFloat, 3, 1}, &value, sizeof value); }
  Records& single(float value) { return add({PrintfKind::kFloat, 2, 1}, &value, sizeof value); }
  Records& pointer(std::uint64_t value) { return add({PrintfKind::kOther, 3, 1}, &value, sizeof value); }
  Records& unprintable() { return add({PrintfKind::kOther, 0, 1}, nullptr, 0); }
  template <class T>
  Records& vector(const std::vector<T>& values) {
    const auto kind = std::is_floating_point_v<T> ? PrintfKind::kFloat : PrintfKind::kInteger;
    return add({kind, log2(sizeof(T)), static_cast<unsigned>(values.size())}, values.data(),
               values.size() * sizeof(T));
  }
  Records& halves(const std::vector<std::uint16_t>& values) {
    return add({PrintfKind::kFloat, 1, static_cast<unsigned>(values.size())}, values.data(),
               values.size() * 2);
  }
  const std::vector<std::byte>& bytes() {
    finish();
    return bytes_;
  }

 private:
  static unsigned log2(std::size_t bytes) { return bytes == 8 ? 3 : static_cast<unsigned>(bytes / 2); }
  Records& add(PrintfArgument type, const void* data, std::size_t size) {
    types_.push_back(type.code());
    const auto* begin = static_cast<const std::byte*>(data);
    values_.insert(values_.end(), begin, begin + size);
    while (values_.size() % 8) values_.push_back(std::byte{0xAA});
    return *this;
  }
  void finish() {
    if (!open_) return;
    std::vector<std::byte> record(kiesel::isa::printf_arguments_offset(types_.size()));
    for (std::size_t i = 0; i < types_.size(); ++i)
      record[kiesel::isa::printf_type_offset(i)] = std::byte{types_[i]};
    std::memcpy(record.data() + 8, &format_, sizeof format_);
    record.insert(record.end(), values_.begin(), values_.end());
    const auto size = static_cast<std::uint32_t>(record.size());
    std::memcpy(record.data(), &size, sizeof size);
    bytes_.insert(bytes_.end(), record.begin(), record.end());
    types_.clear(), values_.clear();
    open_ = false;
  }

  bool open_ = false;
  std::uint64_t format_ = 0;
  std::vector<std::uint8_t> types_;
  std::vector<std::byte> values_, bytes_;
};

std::string format_bytes(std::string_view text, const std::vector<std::byte>& records,
                         PrintfResult* result = nullptr) {
  // What is data: the format, and a word with its zero and something behind it.
  constexpr std::string_view kData("word\0secret", 11);
  std::string out;
  const auto done = format_records(
      records,
      [&](kiesel::device::Address address) {
        return address == kFormat ? text : address == kWord ? kData : std::string_view();
      },
      [&](std::string_view piece) { out += piece; }, kMost);
  if (result) *result = done;
  return out;
}

std::string format(std::string_view text, Records records) { return format_bytes(text, records.bytes()); }
Records record() { return Records().start(kFormat); }

}  // namespace

TEST_CASE("scalars are printed as C does") {
  CHECK(format("%d|%u|%i\n", record().number(~0ull).number(~0ull).number(5)) == "-1|4294967295|5\n");
  CHECK(format("%hhd %hd %ld", record().number(0x1FF).number(0x18000).number(~0ull)) == "-1 -32768 -1");
  CHECK(format("[%-6.2f] [%+e]", record().real(1.005).real(2)) == "[1.00  ] [+2.000000e+00]");
  CHECK(format("%s %c%%", record().pointer(kWord).number('x')) == "word x%");
  CHECK(format("%a %G %06.1f %#o", record().real(1).real(1e-10).real(-2.25).number(8)) ==
        "0x1p+0 1E-10 -002.2 010");
  CHECK(format("%f %E %5.2s|", record().real(INFINITY).real(NAN).pointer(kWord)) == "inf NAN    wo|");
  CHECK(format("%-7s|%.0s|%7s", record().pointer(kWord).pointer(kWord).pointer(kWord)) == "word   ||   word");
  CHECK(format("%lu %+li %X %hx", record().number(~0ull).number(7).number(255).number(0x12345)) ==
        "18446744073709551615 +7 FF 2345");
  CHECK(format("%.1f %p", record().single(0.25f).pointer(0x1234)) == "0.2 0x1234");
  CHECK(format("% d|%x|%X|%o", record().integer(5).integer(-1).integer(171u).integer(8)) ==
        " 5|ffffffff|AB|10");
}

TEST_CASE("a call with many arguments has room for all of their types") {
  for (const int count : {3, 4, 5, 11, 12, 13, 40}) {
    std::string text, wanted;
    auto records = record();
    for (int i = 0; i < count; ++i) {
      text += "%d ";
      wanted += std::to_string(i) + " ";
      records.integer(i);
    }
    CHECK(format(text, records) == wanted);
  }
}

TEST_CASE("vectors are printed with commas") {
  CHECK(format("%v4hld", record().vector<int>({1, -2, 3, 4})) == "1,-2,3,4");
  CHECK(format("%v3hd", record().vector<short>({1, -2, 3})) == "1,-2,3");
  CHECK(format("%v2lf", record().vector<double>({0.5, 2})) == "0.500000,2.000000");
  CHECK(format("%v2hlf", record().vector<float>({0.5, 2})) == "0.500000,2.000000");
  CHECK(format("%v2hf", record().halves({0x3C00, 0xC000})) == "1.000000,-2.000000");
  CHECK(format("%#v2hhx", record().vector<unsigned char>({255, 1})) == "0xff,0x1");
  CHECK(format("%v16hhd", record().vector<signed char>({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
                                                        -1})) == "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,-1");
  CHECK(format("%8.3v2hle|", record().vector<float>({1, 2})) == "1.000e+00,2.000e+00|");
}

TEST_CASE("an integer is as wide as both it and the conversion are") {
  CHECK(format("%lu %ld", record().integer(~0u).integer(-1)) == "4294967295 -1");
  CHECK(format("%lx", record().integer(static_cast<unsigned char>(0xFE))) == "fe");
  CHECK(format("%zu %zx|%ti", record().number(1UL << 40).number(0x1FFFFFFFF).number(~0UL)) ==
        "1099511627776 1ffffffff|-1");
  CHECK(format("%v2lx", record().vector<unsigned short>({0xFFFF, 1})) == "ffff,1");
  CHECK(format("%v2hhd", record().vector<int>({0x1FF, 1})) == "-1,1");
  CHECK(format("%v2d", record().vector<long>({-5, 1l << 40})) == "-5,1099511627776");
}

TEST_CASE("a conversion writes only arguments of its own type") {
  PrintfResult result;
  const auto refused = [&](const char* text, Records& records, const char* wanted) {
    CHECK(format_bytes(text, records.bytes(), &result) == wanted);
    CHECK_FALSE(result.unfit.empty());
  };
  const std::uint64_t address = 0x4141414141414140;
  refused("%s|", record().number(address), "%s|");   // a number is no string
  refused("%s|", record().pointer(address), "%s|");  // nor is memory outside of the program
  refused("%s|", record().pointer(0), "%s|");
  refused("%5s|%d", record().real(1).integer(7), "%5s|7");  // what comes behind is not moved
  refused("%p|", record().number(address), "%p|");
  refused("%d|%c", record().pointer(kWord).integer('x'), "%d|x");
  refused("%d|", record().real(1), "%d|");
  refused("%f|", record().integer(1), "%f|");
  refused("%d|", record().vector<int>({1, 2}), "%d|");
  refused("%v2d|", record().integer(1), "%v2d|");
  refused("%v4d|%d", record().vector<int>({1, 2}).integer(3), "%v4d|3");
  refused("%v2hlf|", record().vector<int>({1, 2}), "%v2hlf|");
  refused("%d %d", record().unprintable().integer(3), "%d 3");
  format_bytes("%d", record().integer(1).bytes(), &result);
  CHECK(result.unfit.empty());
}

TEST_CASE("what OpenCL C has not ends the format") {
  for (const char* text :
       {"%n",  "%v2ls", "%v2s", "%v2c", "%v2p",  "%ls",           "%lc", "%hs", "%lld", "%jd", "%zf",
        "%tc", "%Lf",   "%v5d", "%v0d", "%v99d", "%v4294967298d", "%w",  "%*d", "%1$d", "%",   "%v2zd"})
    CHECK(format(text, record().vector<long>({1, 1}).number(1)) == text);
}

TEST_CASE("text is the same whatever locale the application has") {
  const locale_t other = ::newlocale(LC_NUMERIC_MASK, "de_DE.UTF-8", nullptr);
  if (!other) WARN("no German locale here: tried in the one there is");
  const locale_t before = other ? ::uselocale(other) : nullptr;
  const auto text = format("%.2f", record().real(0.5));
  const bool kept = !other || ::uselocale(nullptr) == other;
  if (other) ::uselocale(before), ::freelocale(other);
  CHECK(text == "0.50");
  CHECK(kept);
}

TEST_CASE("damaged records and formats are harmless") {
  CHECK(format("%d %d %d", record().number(1)) == "1  ");
  CHECK(format("100%", record()) == "100%");
  CHECK(format("%2000000000d", record().number(1)) == "%2000000000d");
  CHECK(format("%.999999f", record().real(1)) == "%.999999f");
  CHECK(format("%n %v99d", record().number(1)) == "%n %v99d");
  auto bytes = record().number(3).bytes();
  for (const std::uint32_t size : {0u, 8u, 17u, 4096u, ~0u}) {
    std::memcpy(bytes.data(), &size, sizeof size);
    CHECK(format_bytes("%d", bytes).empty());
  }
  bytes.resize(7);
  CHECK(format_bytes("%d", bytes).empty());
}

TEST_CASE("records of random bytes and random formats stay within their bytes") {
  std::mt19937 random(1);
  const std::string_view letters = "%%%%vvhhllsdcpfxn0123456789.-+ #eg";
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::byte> bytes(random() % 96);
    for (auto& byte : bytes) byte = static_cast<std::byte>(random());
    if (bytes.size() >= 16) {
      const std::uint32_t size =
          round % 4 ? static_cast<std::uint32_t>(bytes.size() / 8 * 8) : random() % 128;
      const std::uint64_t at = round % 8 ? kFormat : random();
      std::memcpy(bytes.data(), &size, sizeof size);
      std::memcpy(bytes.data() + 8, &at, sizeof at);
    }
    std::string text;
    for (unsigned i = random() % 24; i; --i) text += letters[random() % letters.size()];
    // An allocation of its own, so that a sanitizer sees each step beyond it.
    const std::vector<std::byte> exact(bytes);
    const auto out = format_bytes(text, exact);
    REQUIRE(out.find("secret") == std::string::npos);
    REQUIRE(out.size() < 24 * 16 * 100500);
  }
}

TEST_CASE("a flood leaves in pieces and ends at the limit") {
  Records records;
  const std::vector<signed char> values(16, 1);
  for (int i = 0; i < 20000; ++i) records.start(kFormat).vector(values);
  const std::uint64_t limit = 8 << 20;
  std::uint64_t written = 0, largest = 0;
  const auto result = format_records(
      records.bytes(), [](auto) { return std::string_view("%99999v16hhd"); },
      [&](std::string_view piece) { written += piece.size(), largest = std::max(largest, piece.size()); },
      limit);
  CHECK_FALSE(result.complete);
  CHECK(written <= limit);
  CHECK(written > limit - 200000);
  CHECK(largest <= 128 << 10);
}

TEST_CASE("formats that print nothing count towards the limit too") {
  std::string silent;
  for (int i = 0; i < 100000; ++i) silent += "%.0s";
  Records records;
  for (int i = 0; i < 1000; ++i) records.start(kFormat);
  std::size_t looked_up = 0;
  const auto result = format_records(
      records.bytes(), [&](auto) { return ++looked_up, std::string_view(silent); }, [](std::string_view) {},
      3 * silent.size());
  CHECK_FALSE(result.complete);
  CHECK(looked_up == 4);
}
