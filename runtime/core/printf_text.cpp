#include "runtime/core/printf_text.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "device/isa/printf_record.hpp"
#include "runtime/core/printf_conversion.hpp"

namespace kiesel::runtime {
namespace {

using isa::PrintfArgument;
using isa::PrintfKind;
using Bytes = std::span<const std::byte>;

constexpr std::size_t kPieceBytes = std::size_t{64} << 10;

std::uint64_t load(Bytes bytes) {
  std::uint64_t out = 0;
  std::memcpy(&out, bytes.data(), std::min<std::size_t>(bytes.size(), sizeof out));
  return out;
}

double half_to_double(std::uint16_t half) {
  const int exponent = (half >> 10) & 31, fraction = half & 1023;
  double value = exponent == 31  ? (fraction ? __builtin_nan("") : __builtin_inf())
                 : exponent == 0 ? __builtin_ldexp(fraction, -24)
                                 : __builtin_ldexp(1024 + fraction, exponent - 25);
  return half & 0x8000 ? -value : value;
}

double load_float(Bytes bytes) {
  const auto bits = load(bytes);
  if (bytes.size() == 2) return half_to_double(static_cast<std::uint16_t>(bits));
  if (bytes.size() == 4) return __builtin_bit_cast(float, static_cast<std::uint32_t>(bits));
  return __builtin_bit_cast(double, bits);
}

struct Argument {
  PrintfArgument type;
  Bytes bytes;

  Bytes element(unsigned index) const {
    return bytes.subspan(std::size_t{index} * type.element_bytes(), type.element_bytes());
  }
};

// One record.
class Record {
 public:
  // The record that the bytes begin with; none where it is damaged.
  static std::optional<Record> read(Bytes all) {
    if (all.size() < isa::kPrintfHeaderBytes) return std::nullopt;
    const auto size = static_cast<std::uint32_t>(load(all.first(4)));
    if (size < isa::kPrintfHeaderBytes || size % 8 != 0 || size > all.size()) return std::nullopt;
    Record out(all.first(size));
    while (out.code(out.count_)) ++out.count_;
    out.next_ = isa::printf_arguments_offset(out.count_);
    return out;
  }

  std::size_t size() const { return bytes_.size(); }
  device::Address format() const { return load(bytes_.subspan(isa::kPrintfFormatOffset, 8)); }

  // The next argument; none where there is no more.
  std::optional<Argument> next() {
    if (index_ == count_) return std::nullopt;
    const PrintfArgument type(code(index_++));
    if (next_ > bytes_.size() || type.stored_bytes() > bytes_.size() - next_) return std::nullopt;
    const auto begin = next_;
    next_ += type.stored_bytes();
    const std::size_t used = type.has_bytes() ? std::size_t{type.element_bytes()} * type.elements() : 0;
    return Argument{type, bytes_.subspan(begin, used)};
  }

 private:
  explicit Record(Bytes bytes) : bytes_(bytes) {}
  // The type of an argument, 0 behind the last one.
  std::uint8_t code(std::size_t index) const {
    const auto offset = isa::printf_type_offset(index);
    return offset < bytes_.size() ? std::to_integer<std::uint8_t>(bytes_[offset]) : 0;
  }

  Bytes bytes_;
  std::size_t count_ = 0, index_ = 0, next_ = 0;
};

class Formatter {
 public:
  Formatter(const StringAt& string_at, const WriteText& write, std::uint64_t most)
      : string_at_(string_at), write_(write), left_(most) {}

  // False once the limit is reached.
  bool add(Record& record) {
    const auto format = text_at(record.format(), left_);
    if (!spend(format.size())) return false;
    for (std::size_t at = 0; at < format.size();) {
      const auto next = std::min(format.find('%', at), format.size());
      put(format.substr(at, next - at));
      at = next;
      if (at == format.size()) break;
      const auto rest = format.substr(at);
      const auto conversion = parse_conversion(rest);
      if (!conversion) return put(rest), true;
      if (!convert(*conversion, rest.substr(0, conversion->length), record)) return false;
      at += conversion->length;
    }
    return true;
  }

  PrintfResult finish(bool complete) {
    flush();
    return {complete, std::move(unfit_)};
  }

 private:
  // Whether what was made until now is within the limit.
  bool spend(std::size_t bytes) {
    const bool enough = bytes <= left_;
    left_ -= enough ? bytes : left_;
    return enough;
  }

  void put(std::string_view text) {
    if (piece_.size() + text.size() > kPieceBytes) flush();
    if (text.size() > kPieceBytes)
      write_(text);
    else
      piece_ += text;
  }
  void flush() {
    if (!piece_.empty()) write_(piece_);
    piece_.clear();
  }
  bool put_made(std::string_view text) {
    if (!spend(text.size())) return false;
    put(text);
    return true;
  }

  // Up to the zero; at most one character more than `most`, so that a longer text is known as such.
  std::string_view text_at(device::Address address, std::uint64_t most) const {
    const auto text = string_at_(address);
    if (text.empty()) return {};
    const auto bound = text.size() > most ? most + 1 : text.size();
    return text.substr(0, ::strnlen(text.data(), bound));
  }

  // An argument that is not there prints nothing; one of another type leaves the conversion as it stands.
  bool convert(const Conversion& conversion, std::string_view words, Record& record) {
    if (conversion.type == '%') return put_made("%");
    const auto argument = record.next();
    if (!argument) return true;
    if (argument->type.elements() == conversion.elements) {
      if (conversion.type == 's' && argument->type.is_pointer())
        return convert_string(conversion, words, *argument);
      if (conversion.type == 'p' && argument->type.is_pointer())
        return put_made(print_pointer(conversion, load(argument->bytes)));
      if (is_number(conversion, argument->type)) return convert_numbers(conversion, *argument);
    }
    return leave(words);
  }

  static bool is_number(const Conversion& conversion, PrintfArgument type) {
    if (conversion.is_float()) return type.kind() == PrintfKind::kFloat && type.element_bytes() > 1;
    return conversion.is_integer() && type.kind() == PrintfKind::kInteger;
  }

  // Of an integer no more bytes than both the argument has and the conversion names.
  bool convert_numbers(const Conversion& conversion, const Argument& argument) {
    const unsigned own = argument.type.element_bytes();
    const unsigned named = conversion.element_bytes  ? conversion.element_bytes
                           : conversion.elements > 1 ? own
                                                     : 4;
    for (unsigned i = 0; i < conversion.elements; ++i) {
      if (i && !put_made(",")) return false;
      const auto element = argument.element(i);
      if (!put_made(conversion.is_float() ? print_float(conversion, load_float(element))
                                          : print_integer(conversion, load(element), std::min(own, named))))
        return false;
    }
    return true;
  }

  bool convert_string(const Conversion& conversion, std::string_view words, const Argument& argument) {
    const auto address = load(argument.bytes);
    if (string_at_(address).empty()) return leave(words);
    auto shown = text_at(address, conversion.precision ? *conversion.precision : left_);
    if (conversion.precision) shown = shown.substr(0, *conversion.precision);
    const std::string padding(shown.size() < conversion.width ? conversion.width - shown.size() : 0, ' ');
    if (!spend(shown.size() + padding.size())) return false;
    if (!conversion.is_left()) put(padding);
    put(shown);
    if (conversion.is_left()) put(padding);
    return true;
  }

  bool leave(std::string_view words) {
    if (unfit_.empty()) unfit_ = words;
    return put_made(words);
  }

  const StringAt& string_at_;
  const WriteText& write_;
  std::uint64_t left_;
  std::string piece_, unfit_;
};

}  // namespace

PrintfResult format_records(Bytes records, const StringAt& string_at, const WriteText& write,
                            std::uint64_t most) {
  Formatter formatter(string_at, write, most);
  while (auto record = Record::read(records)) {
    records = records.subspan(record->size());
    if (!formatter.add(*record)) return formatter.finish(false);
  }
  return formatter.finish(true);
}

}  // namespace kiesel::runtime
