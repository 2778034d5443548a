// What a device model is like: built-in shapes and TOML files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "device/isa/target.hpp"
#include "device/timing/design.hpp"
#include "support/result.hpp"

namespace kiesel::model {

// What runs kernels: the interpreter until a translation is worth it, the interpreter only, translated code
// from a launch's first work-group on, where the translator understands the kernel, or the cycle model.
enum class EngineChoice : std::uint8_t { kAuto, kInterpreter, kTranslator, kCycles };
std::optional<EngineChoice> engine_choice(std::string_view name);

// Peaks of a machine; 0: not known.
struct Roofline {
  bool only = false;  // there is not enough known for a cycle model
  double gflops = 0, gigabytes_a_second = 0;
  std::string source;
};

// What applications see; nothing in Kiesel looks at it.
struct Identity {
  std::string name;  // empty: device_name() makes one of the shape
  std::string vendor = "Kiesel";
  std::uint32_t vendor_id = 0x4B53;
};
// The table of a device's file that has it: of all tables the one that applications can tell.
inline constexpr std::string_view kIdentityTable = "identity";

struct Configuration {
  std::string name = "kiesel";  // of the shape
  Identity identity;
  isa::Target target;
  std::uint32_t cores = 8;
  std::uint32_t clock_mhz = 1000;
  std::uint64_t global_memory_bytes = 0;           // 0: by this computer (docs/device.md)
  std::uint64_t private_memory_bytes = 256 << 10;  // of one lane
  // false: as devices that have less, for studies and tests of what is above them.
  bool host_visible = true, core_ranges = true;  // device::Description

  std::uint64_t launch_seconds = 0;  // a launch that takes longer is stopped; 0: none is
  EngineChoice engine = EngineChoice::kAuto;
  timing::Design design;                                // for the cycle model
  Roofline roofline;                                    // where that is all that is known of the machine
  bool sample = false;                                  // the cycle model times a part (sampling.hpp)
  bool device_time = false;                             // a launch's times are the design's, not the host's
  std::string translations_folder;                      // on disk; empty: they are not kept
  std::uint64_t translations_folder_bytes = 512 << 20;  // most that it may take
  std::uint64_t memory_near = 0;  // address that device memory should have, if that can be; 0: any
  bool exact_bounds = false;      // fault at a buffer's last byte instead of its last page

  std::string device_name() const;  // as applications see it
};

std::vector<std::string_view> built_in_shapes();
Result<Configuration> built_in_shape(std::string_view name);

// kInvalidArgument with file, line and key. Keys that are missing keep the default shape's values.
Result<Configuration> parse_configuration(std::string_view text, std::string_view file_name);

// The text of a built-in shape, design or file, as parse_configuration() takes it.
Result<std::string> configuration_source(std::string_view name);
// Keys of such a text, those of tables as "table.key", in the order of the lists that they come from; and
// what a key with a number has become, or nothing.
std::vector<std::string> configuration_keys();
std::optional<std::uint64_t> number_of(const Configuration& configuration, std::string_view key);

// A file's text for a model of this name and target.
std::string configuration_text(std::string_view name, const isa::Target& target);

// A built-in shape or a TOML file, by what the option `device` calls it.
Result<Configuration> find_configuration(std::string_view name);
// The names in the option `device`, or the default shape's.
std::vector<std::string_view> configured_names(std::string_view option);
// Devices that the option `device` asks for; what cannot be had is logged and left out.
std::vector<Configuration> configured_devices(std::string_view option);

}  // namespace kiesel::model
