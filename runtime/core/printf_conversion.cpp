#include "runtime/core/printf_conversion.hpp"

#include <locale.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace kiesel::runtime {
namespace {

constexpr std::size_t kMostFlags = 40;
constexpr std::string_view kTypes = "diouxXfFeEgGaAcsp%";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Reads a format from front to back.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::size_t at() const { return at_; }
  char take() { return at_ < text_.size() ? text_[at_++] : '\0'; }
  bool take_if(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  template <class Accept>
  std::string_view take_while(Accept accept) {
    const auto begin = at_;
    while (at_ < text_.size() && accept(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

 private:
  std::string_view text_;
  std::size_t at_ = 1;
};

// Digits as a number of at most `most`; 0 where there are none.
std::optional<unsigned> number(std::string_view digits, unsigned most) {
  unsigned out = 0;
  for (const char digit : digits) {
    out = out * 10 + static_cast<unsigned>(digit - '0');
    if (out > most) return std::nullopt;
  }
  return out;
}

// Flags, width and precision.
bool read_shape(Reader& reader, Conversion& out) {
  out.flags =
      reader.take_while([](char c) { return std::string_view("-+ #0").find(c) != std::string::npos; });
  const auto width_text = reader.take_while(is_digit);
  const auto width = number(width_text, Conversion::kMostWidth);
  if (!width) return false;
  out.width = *width;
  out.flags += width_text;
  if (!reader.take_if(".")) return out.flags.size() <= kMostFlags;
  const auto precision_text = reader.take_while(is_digit);
  out.precision = number(precision_text, Conversion::kMostWidth);
  out.flags.append(".").append(precision_text);
  return out.precision && out.flags.size() <= kMostFlags;
}

bool read_vector(Reader& reader, Conversion& out) {
  if (!reader.take_if("v")) return true;
  out.elements = number(reader.take_while(is_digit), 16).value_or(0);
  constexpr std::array<unsigned, 5> kLengths{2, 3, 4, 8, 16};
  return std::find(kLengths.begin(), kLengths.end(), out.elements) != kLengths.end();
}

void read_length(Reader& reader, Conversion& out) {
  struct Length {
    std::string_view name;
    unsigned bytes;
  };
  for (const Length length :
       {Length{"hh", 1}, Length{"hl", 4}, Length{"h", 2}, Length{"l", 8}, Length{"z", 8}, Length{"t", 8}}) {
    if (!reader.take_if(length.name)) continue;
    out.element_bytes = length.bytes;
    out.is_size = length.name == "z" || length.name == "t";
    return;
  }
}

// "The l length modifier followed by a c or s conversion specifier is not supported", and vn is for numbers.
// z and t are for one integer.
bool go_together(const Conversion& conversion) {
  if (kTypes.find(conversion.type) == std::string_view::npos) return false;
  if (conversion.is_size && (conversion.is_float() || conversion.elements > 1)) return false;
  if (conversion.is_float() || (conversion.is_integer() && conversion.type != 'c')) return true;
  return conversion.elements == 1 && conversion.element_bytes == 0;
}

// The "C" locale on this thread, for a while.
class PlainLocale {
 public:
  PlainLocale() : before_(::uselocale(plain())) {}
  ~PlainLocale() { ::uselocale(before_); }
  PlainLocale(const PlainLocale&) = delete;
  PlainLocale& operator=(const PlainLocale&) = delete;

 private:
  static locale_t plain() {
    static const locale_t instance = ::newlocale(LC_ALL_MASK, "C", nullptr);
    return instance;
  }
  locale_t before_;
};

template <class Value>
std::string print(const std::string& format, Value value) {
  const PlainLocale locale;
  std::array<char, 64> few;
  const int size = std::snprintf(few.data(), few.size(), format.c_str(), value);
  if (size < 0) return {};
  const auto length = static_cast<std::size_t>(size);
  if (length < few.size()) return std::string(few.data(), length);
  std::string out(length, '\0');
  std::snprintf(out.data(), length + 1, format.c_str(), value);
  return out;
}

}  // namespace

std::optional<Conversion> parse_conversion(std::string_view text) {
  Conversion out;
  Reader reader(text);
  if (!read_shape(reader, out) || !read_vector(reader, out)) return std::nullopt;
  read_length(reader, out);
  out.type = reader.take();
  out.length = reader.at();
  if (!out.type || !go_together(out)) return std::nullopt;
  return out;
}

std::string print_float(const Conversion& conversion, double value) {
  return print("%" + conversion.flags + conversion.type, value);
}

std::string print_integer(const Conversion& conversion, std::uint64_t bits, unsigned bytes) {
  const unsigned unused = 64 - bytes * 8;
  if (conversion.type == 'c') return print("%" + conversion.flags + "c", static_cast<int>(bits & 0xff));
  const std::string format = "%" + conversion.flags + "ll" + conversion.type;
  if (conversion.type == 'd' || conversion.type == 'i')
    return print(format, static_cast<long long>(static_cast<std::int64_t>(bits << unused) >> unused));
  return print(format, static_cast<unsigned long long>(bits << unused >> unused));
}

std::string print_pointer(const Conversion& conversion, std::uint64_t address) {
  return print("%" + conversion.flags + "p", reinterpret_cast<void*>(address));
}

}  // namespace kiesel::runtime
