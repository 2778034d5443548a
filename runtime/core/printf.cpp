#include "runtime/core/printf.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "device/isa/launch_block.hpp"
#include "runtime/core/command_queue.hpp"
#include "runtime/core/transfer.hpp"
#include "support/fork.hpp"
#include "support/log.hpp"

namespace kiesel::runtime {
namespace {

constexpr std::size_t kRecordHeader = 16;
// Of a width or precision: C promises 4095 characters, and nobody should fill the memory with padding.
constexpr std::size_t kMostDigits = 5;

// One conversion of a format string, OpenCL C 6.15.14.2: %[flags][width][.precision][vN][length]type
struct Conversion {
  std::string flags;           // flags, width and precision as the C library takes them
  unsigned elements = 1;       // n of vn
  unsigned element_bytes = 0;  // from the length modifier; 0: none given
  char type = 0;
  std::size_t length = 0;  // characters of the format string
};

std::optional<Conversion> parse_conversion(std::string_view text) {
  Conversion out;
  std::size_t at = 1;
  const auto take_while = [&](auto accept) {
    const auto begin = at;
    while (at < text.size() && accept(text[at])) out.flags += text[at++];
    return at - begin;
  };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  take_while([](char c) { return std::strchr("-+ #0", c) != nullptr && c != 0; });
  if (take_while(is_digit) > kMostDigits) return std::nullopt;
  if (at < text.size() && text[at] == '.') {
    out.flags += text[at++];
    if (take_while(is_digit) > kMostDigits) return std::nullopt;
  }
  if (at < text.size() && text[at] == 'v') {
    out.elements = 0;
    for (++at; at < text.size() && is_digit(text[at]); ++at)
      out.elements = out.elements * 10 + (text[at] - '0');
    if (out.elements < 2 || out.elements > 16) return std::nullopt;
  }
  struct Length {
    std::string_view name;
    unsigned bytes;
  };
  for (const Length length : {Length{"hh", 1}, Length{"hl", 4}, Length{"h", 2}, Length{"l", 8}}) {
    if (!text.substr(at).starts_with(length.name)) continue;
    out.element_bytes = length.bytes;
    at += length.name.size();
    break;
  }
  if (at >= text.size()) return std::nullopt;
  out.type = text[at++];
  out.length = at;
  if (!std::strchr("diouxXfFeEgGaAcsp%", out.type) || out.flags.size() > 40) return std::nullopt;
  return out;
}

double half_to_double(std::uint16_t half) {
  const int exponent = (half >> 10) & 31, fraction = half & 1023;
  double value = exponent == 31  ? (fraction ? __builtin_nan("") : __builtin_inf())
                 : exponent == 0 ? __builtin_ldexp(fraction, -24)
                                 : __builtin_ldexp(1024 + fraction, exponent - 25);
  return half & 0x8000 ? -value : value;
}

template <class... Arguments>
std::string print(const std::string& format, Arguments... arguments) {
  const int size = std::snprintf(nullptr, 0, format.c_str(), arguments...);
  std::string out(static_cast<std::size_t>(std::max(size, 0)), 0);
  std::snprintf(out.data(), out.size() + 1, format.c_str(), arguments...);
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

bool is_float(char type) { return std::strchr("fFeEgGaA", type) != nullptr; }

// Reads the arguments of one record, eight bytes at a time.
class Arguments {
 public:
  explicit Arguments(std::span<const std::byte> bytes) : bytes_(bytes) {}

  // The next `size` bytes, padded to a multiple of 8; empty when the record ends before.
  std::span<const std::byte> next(std::size_t size) {
    const std::size_t padded = (size + 7) / 8 * 8;
    if (padded > bytes_.size()) return {};
    const auto out = bytes_.first(size);
    bytes_ = bytes_.subspan(padded);
    return out;
  }

 private:
  std::span<const std::byte> bytes_;
};

std::uint64_t load(std::span<const std::byte> bytes) {
  std::uint64_t out = 0;
  std::memcpy(&out, bytes.data(), std::min<std::size_t>(bytes.size(), sizeof out));
  return out;
}

double load_float(std::span<const std::byte> bytes) {
  const auto bits = load(bytes);
  if (bytes.size() == 2) return half_to_double(static_cast<std::uint16_t>(bits));
  if (bytes.size() == 4) {
    float value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  double value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

std::string format_vector(const Conversion& conversion, Arguments& arguments) {
  const unsigned bytes = conversion.element_bytes ? conversion.element_bytes : 4;
  const auto data = arguments.next(std::size_t{bytes} * conversion.elements);
  std::string out;
  for (unsigned i = 0; i < conversion.elements && !data.empty(); ++i) {
    const auto element = data.subspan(std::size_t{i} * bytes, bytes);
    if (i) out += ',';
    out += is_float(conversion.type) ? print_float(conversion, load_float(element))
                                     : print_integer(conversion, load(element), bytes);
  }
  return out;
}

std::string format_scalar(const Conversion& conversion, Arguments& arguments, const StringAt& string_at) {
  const auto data = arguments.next(8);
  if (data.empty()) return {};
  if (is_float(conversion.type)) return print_float(conversion, load_float(data));
  if (conversion.type == 's')
    return print("%" + conversion.flags + "s", std::string(string_at(load(data))).c_str());
  if (conversion.type == 'p') return print("%" + conversion.flags + "p", reinterpret_cast<void*>(load(data)));
  return print_integer(conversion, load(data), conversion.element_bytes ? conversion.element_bytes : 4);
}

std::string format_one(std::string_view format, Arguments arguments, const StringAt& string_at) {
  std::string out;
  for (std::size_t at = 0; at < format.size();) {
    if (format[at] != '%') {
      out += format[at++];
      continue;
    }
    const auto conversion = parse_conversion(format.substr(at));
    if (!conversion) return out + std::string(format.substr(at));
    at += conversion->length;
    if (conversion->type == '%')
      out += '%';
    else if (conversion->elements > 1)
      out += format_vector(*conversion, arguments);
    else
      out += format_scalar(*conversion, arguments, string_at);
  }
  return out;
}

// What a launch that prints needs until its text is out.
struct Printing {
  Ref<Executable> executable;
  device::Device* device = nullptr;
  device::Address buffer = 0;
  isa::PrintfBuffer header{0, static_cast<std::uint32_t>(kPrintfBufferBytes)};
  std::vector<std::byte> records;
  device::Completion launched;

  ~Printing() { device->free(buffer); }
  device::Address records_address() const { return buffer + sizeof header; }
};

constinit std::mutex output;  // records of one launch stay together
const InForkedChild renews{[] { new (&output) std::mutex; }};

void write_out(const Printing& printing) {
  const auto text = format_records(printing.records, [&](device::Address address) {
    const auto bytes = printing.executable->data_at(address);
    if (bytes.empty()) return std::string_view();
    const auto* begin = reinterpret_cast<const char*>(bytes.data());
    return std::string_view(begin, ::strnlen(begin, bytes.size()));
  });
  std::lock_guard lock(output);
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

// The steps after the launch, each the continuation of the one before.
void read_records(Event& event, const std::shared_ptr<Printing>& printing) {
  if (printing->header.used > printing->header.capacity)
    KIESEL_LOG(kEvent, kWarning, "printf: {} bytes were written, the buffer holds {}; the rest is lost",
               printing->header.used, printing->header.capacity);
  printing->records.resize(std::min(printing->header.used, printing->header.capacity));
  if (printing->records.empty()) {
    event.finish(printing->launched);
    return;
  }
  event.submit(
      device::Read{printing->records_address(), printing->records.data(), flat_box(printing->records.size())},
      [printing](Event& self, const device::Completion&) {
        write_out(*printing);
        self.finish(printing->launched);
      });
}

void read_header(Event& event, const std::shared_ptr<Printing>& printing) {
  event.submit(device::Read{printing->buffer, &printing->header, flat_box(sizeof printing->header)},
               [printing](Event& self, const device::Completion&) { read_records(self, printing); });
}

}  // namespace

std::string format_records(std::span<const std::byte> records, const StringAt& string_at) {
  std::string out;
  while (records.size() >= kRecordHeader) {
    const auto bytes = static_cast<std::uint32_t>(load(records.first(4)));
    if (bytes < kRecordHeader || bytes % 8 != 0 || bytes > records.size()) break;
    const auto format = string_at(load(records.subspan(8, 8)));
    out += format_one(format, Arguments(records.subspan(kRecordHeader, bytes - kRecordHeader)), string_at);
    records = records.subspan(bytes);
  }
  return out;
}

void launch_with_printf(Event& event, Ref<Executable> executable, std::vector<device::Launch> launches) {
  auto printing = std::make_shared<Printing>();
  printing->executable = std::move(executable);
  printing->device = &event.queue()->device().implementation();
  auto buffer = printing->device->allocate(sizeof(isa::PrintfBuffer) + kPrintfBufferBytes, 64,
                                           "printf buffer", event.queue()->context().owner());
  if (!buffer.ok()) {
    event.fail(CL_OUT_OF_RESOURCES, buffer.error().reason);
    return;
  }
  printing->buffer = *buffer;
  for (auto& launch : launches) launch.printf_buffer = printing->buffer;
  auto after_launch = [printing](Event& self, const device::Completion& completion) {
    printing->launched = completion;
    read_header(self, printing);
  };
  // The header over and over: it also ends the records, since one of 0 bytes is none.
  const auto* header = reinterpret_cast<const std::byte*>(&printing->header);
  std::vector<std::byte> pattern(header, header + sizeof printing->header);
  event.submit(
      device::Fill{printing->buffer, sizeof(isa::PrintfBuffer) + kPrintfBufferBytes, std::move(pattern)},
      [launches = std::move(launches), after_launch](Event& self, const device::Completion&) {
        self.submit_all({launches.begin(), launches.end()}, after_launch);
      });
}

}  // namespace kiesel::runtime
