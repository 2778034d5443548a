// printf of kernels: work-items write records (device/isa/launch_block.hpp), this formats them after the
// launch.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/core/event.hpp"
#include "runtime/core/executable.hpp"

namespace kiesel::runtime {

// The characters at a device address, up to its zero; empty when there are none.
using StringAt = std::function<std::string_view(device::Address)>;

// The text of all records, in their order. Stops at the first one that is damaged.
std::string format_records(std::span<const std::byte> records, const StringAt& string_at);

// Launches with a printf buffer of its own and writes what the kernel printed to standard output.
void launch_with_printf(Event& event, Ref<Executable> executable, std::vector<device::Launch> launches);

}  // namespace kiesel::runtime
