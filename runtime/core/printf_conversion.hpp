// One conversion of a printf format, and the text that it makes of a value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kiesel::runtime {

// OpenCL C 6.15.14.2: %[flags][width][.precision][vN][length]type
struct Conversion {
  static constexpr unsigned kMostWidth = 99999;  // C promises 4095 characters

  std::string flags;                  // flags, width and precision as the C library takes them
  unsigned width = 0;                 // at most kMostWidth, like the precision
  std::optional<unsigned> precision;  // none given
  unsigned elements = 1;              // n of vn
  unsigned element_bytes = 0;         // from the length modifier; 0: none given
  bool is_size = false;               // the length modifier is one of size_t or ptrdiff_t
  char type = 0;
  std::size_t length = 0;  // characters of the format

  bool is_left() const { return flags.find('-') != std::string::npos; }
  bool is_float() const { return std::string_view("fFeEgGaA").find(type) != std::string_view::npos; }
  bool is_integer() const { return std::string_view("diouxXc").find(type) != std::string_view::npos; }
};

// The conversion that `text` begins with; none where it is none of OpenCL C's, or wider than kMostWidth.
std::optional<Conversion> parse_conversion(std::string_view text);

// What C's printf makes of the value in the "C" locale, whatever the application's is. Of an integer the
// lowest `bytes` count, with the sign that the conversion says.
std::string print_float(const Conversion& conversion, double value);
std::string print_integer(const Conversion& conversion, std::uint64_t bits, unsigned bytes);
std::string print_pointer(const Conversion& conversion, std::uint64_t address);

}  // namespace kiesel::runtime
