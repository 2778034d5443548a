// The text of printf's records (device/isa/printf_record.hpp). Nothing in them is believed: a conversion
// writes only arguments of its own type, and strings come from whoever knows which memory is a program's
// data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "device/device.hpp"

namespace kiesel::runtime {

// The characters from a device address to the end of the program's data that it lies in, whether a zero is
// among them or not; empty when it lies in none.
using StringAt = std::function<std::string_view(device::Address)>;
// Takes text, in pieces of some 64 KiB.
using WriteText = std::function<void(std::string_view)>;

struct PrintfResult {
  bool complete = true;  // false: the limit was reached
  std::string unfit;     // the first conversion that did not fit its argument; empty when all did
};

// The text of all records, in their order; stops at the first one that is damaged. `most` is a limit of bytes
// of formats, of strings and of text made of numbers.
PrintfResult format_records(std::span<const std::byte> records, const StringAt& string_at,
                            const WriteText& write, std::uint64_t most);

}  // namespace kiesel::runtime
