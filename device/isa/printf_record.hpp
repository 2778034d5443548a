// What printf of a kernel leaves in the printf buffer (launch_block.hpp): one record for each call. It tells
// the types of its arguments, so that whoever makes text of it needs to trust neither format nor kernel.
//
//   u32 bytes of the whole record, a multiple of 8
//   u8  types of the first four arguments (PrintfArgument)
//   u64 device address of the format string
//   u8  types of further arguments; the first 0 ends them all, and zeros fill the last 8 bytes
//   the arguments: each its elements one behind the other (three for a vector of three), padded to 8 bytes
#pragma once

#include <cstdint>

namespace kiesel::isa {

enum class PrintfKind : std::uint8_t {
  kNone,     // no argument
  kInteger,  // of 1, 2, 4 or 8 bytes
  kFloat,    // of 2, 4 or 8 bytes
  kOther,    // a pointer of 8 bytes; else something that printf does not write and that takes no bytes
};

// The type of one argument, in a byte: kind, logarithm of the bytes of an element, elements less one.
class PrintfArgument {
 public:
  constexpr explicit PrintfArgument(std::uint8_t code) : code_(code) {}
  constexpr PrintfArgument(PrintfKind kind, unsigned log2_bytes, unsigned elements)
      : code_(
            static_cast<std::uint8_t>(static_cast<unsigned>(kind) | log2_bytes << 2 | (elements - 1) << 4)) {}

  constexpr std::uint8_t code() const { return code_; }
  constexpr PrintfKind kind() const { return static_cast<PrintfKind>(code_ & 3); }
  constexpr unsigned element_bytes() const { return 1U << (code_ >> 2 & 3); }
  constexpr unsigned elements() const { return (code_ >> 4) + 1U; }
  constexpr bool is_pointer() const {
    return kind() == PrintfKind::kOther && element_bytes() == 8 && elements() == 1;
  }
  constexpr bool has_bytes() const {
    return kind() == PrintfKind::kInteger || kind() == PrintfKind::kFloat || is_pointer();
  }
  constexpr std::uint64_t stored_bytes() const {
    return has_bytes() ? (std::uint64_t{element_bytes()} * elements() + 7) / 8 * 8 : 0;
  }

 private:
  std::uint8_t code_;
};

inline constexpr std::uint64_t kPrintfFormatOffset = 8, kPrintfHeaderBytes = 16, kPrintfTypesInHeader = 4;

// Where the type of an argument lies.
constexpr std::uint64_t printf_type_offset(std::uint64_t index) {
  return index < kPrintfTypesInHeader ? 4 + index : kPrintfHeaderBytes + index - kPrintfTypesInHeader;
}
// Where the first argument lies: behind the byte that ends the types.
constexpr std::uint64_t printf_arguments_offset(std::uint64_t count) {
  return count < kPrintfTypesInHeader ? kPrintfHeaderBytes : (printf_type_offset(count) + 8) / 8 * 8;
}

}  // namespace kiesel::isa
