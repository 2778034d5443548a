// References: launches, and what hardware or its RTL counted in them (docs/accuracy.md). A file is JSON, as
// it is or compressed by zstd, and hostile until it has been read.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "device/counters.hpp"
#include "support/result.hpp"

namespace kiesel::validate {

inline constexpr std::string_view kFormat = "kiesel-reference";
inline constexpr std::uint64_t kVersion = 1;
inline constexpr std::uint64_t kMostTextBytes = 64 << 20;     // of a file, also once it is decompressed
inline constexpr std::uint64_t kMostBufferBytes = 256 << 20;  // of all buffers of a case

using Bytes = std::shared_ptr<const std::vector<std::byte>>;

struct Buffer {
  std::uint64_t offset = 0;  // of its address in the arguments
  std::uint64_t bytes = 0;
  std::vector<std::byte> contents;  // of its begin; the rest is zero
};

struct Case {
  std::string name, kernel;
  Bytes program;                   // an ELF file
  Bytes start;                     // code that the loader put a page before the program, or null
  std::uint64_t kernel_entry = 0;  // from the program's begin
  std::uint32_t work_dim = 0;
  std::array<std::uint64_t, 3> groups{1, 1, 1};
  std::array<std::uint32_t, 3> local_size{1, 1, 1};
  std::uint32_t local_bytes = 0;                      // of a work-group
  std::vector<std::byte> arguments;                   // what follows the launch block's header
  std::vector<Buffer> buffers;                        // in the order in which they were allocated
  std::map<device::CounterId, std::uint64_t> counts;  // `instructions` and `cycles` always
};

struct Reference {
  std::string name;    // of the file, without what follows the first dot
  std::string design;  // of the machine: a shape's name, or one that --design is needed for
  std::string source;  // where the counts are from
  std::vector<Case> cases;
};

// kNotFound, kIo, kInvalidBinary with the file's name and what is wrong where.
Result<Reference> read_reference(const std::filesystem::path& path);
// As text; `name` for messages.
Result<Reference> parse_reference(std::string_view text, std::string_view name);
// A file, or all references of a folder, by name. kNotFound when there is none.
Result<std::vector<std::filesystem::path>> reference_files(const std::filesystem::path& place);

}  // namespace kiesel::validate
