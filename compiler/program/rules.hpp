// What a field of the kernel table may be. Each field names its rule (fields.hpp); the reader applies it to
// what a file says before anybody uses it.
#pragma once

#include <cstdint>
#include <limits>

namespace kiesel::compiler {

// A number, or each number of an array.
struct NumberRule {
  std::uint64_t least = 0, most = 0;
  bool power_of_two = false;

  constexpr bool allows(std::uint64_t value) const {
    return value >= least && value <= most && (!power_of_two || (value & (value - 1)) == 0);
  }
};
struct TextRule {};    // any text: it is shown and compared, never a size or a place
struct SwitchRule {};  // true or false
struct NestedRule {};  // a structure or a list of them, whose fields have rules of their own

constexpr NumberRule at_most(std::uint64_t most) { return {0, most, false}; }
constexpr NumberRule between(std::uint64_t least, std::uint64_t most) { return {least, most, false}; }
constexpr NumberRule exactly(std::uint64_t value) { return {value, value, false}; }
constexpr NumberRule power_of_two(std::uint64_t most) { return {1, most, true}; }
template <class Enum>
constexpr NumberRule up_to(Enum last) {
  return at_most(static_cast<std::uint64_t>(last));
}

inline constexpr TextRule kAnyText;
inline constexpr SwitchRule kSwitch;
inline constexpr NestedRule kNested;
// Shown to the application, used for nothing.
inline constexpr NumberRule kShown32 = at_most(std::numeric_limits<std::uint32_t>::max());
// Bytes of memory that a device is asked for and has or has not; sums of a few of them do not wrap.
inline constexpr NumberRule kMemoryBytes = at_most(std::uint64_t{1} << 48);

}  // namespace kiesel::compiler
