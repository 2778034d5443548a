// The program binary: one ELF file that standard tools read.
//   code and data          RV64, ET_DYN, placed and relocated by the device
//   .kiesel.program        JSON: format version, target, kernel table (this header)
//   .kiesel.spirv          the SPIR-V it was made from, so that another device can rebuild it
//   .kiesel.hash           XXH3-128 of the file with this section's bytes as zero: any damage is found
// No LLVM here: the runtime reads it in the application's process.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "device/isa/launch_block.hpp"
#include "device/isa/target.hpp"
#include "support/result.hpp"

namespace kiesel::compiler {

inline constexpr std::uint32_t kFormatVersion = 7;
// Of one kernel: what any device must take is 1,024 bytes (CL_DEVICE_MAX_PARAMETER_SIZE).
inline constexpr std::uint32_t kMostArgumentBytes = 1 << 20;
inline constexpr std::uint32_t kMostArgumentEnd = sizeof(isa::LaunchHeader) + kMostArgumentBytes;
inline constexpr std::uint32_t kMostSubGroups = 1 << 16;
inline constexpr std::uint32_t kMostLanes = 64;              // work-items of a sub-group
inline constexpr std::uint32_t kPointerBytes = 8;            // of an argument that is no value
inline constexpr std::uint32_t kLargestTypeAlignment = 128;  // of double16

enum class AddressSpace : std::uint8_t {
  kPrivate,
  kGlobal,
  kConstant,
  kLocal
};  // of the pointee; by value = private
enum class ArgumentKind : std::uint8_t { kValue, kPointer, kLocalPointer, kImage, kSampler, kPipe };
enum class ArgumentAccess : std::uint8_t { kNone, kReadOnly, kWriteOnly, kReadWrite };

struct KernelArgument {
  std::string name;
  std::string type_name;  // as CL_KERNEL_ARG_TYPE_NAME wants it: "float*", "uint4"
  ArgumentKind kind = ArgumentKind::kValue;
  AddressSpace address_space = AddressSpace::kPrivate;
  ArgumentAccess access = ArgumentAccess::kNone;
  bool is_const = false, is_restrict = false, is_volatile = false;
  std::uint32_t offset = 0;     // bytes from the start of the launch block, header included
  std::uint32_t size = 0;       // bytes clSetKernelArg takes; 8 for pointers
  std::uint32_t alignment = 1;  // for a local pointer: of the pointee, what its offset must be a multiple of
};

struct Kernel {
  std::string name;
  std::string symbol;  // ELF symbol of its entry point
  std::vector<KernelArgument> arguments;
  std::uint32_t argument_bytes = 0;                         // from the end of the header
  std::uint64_t local_memory_bytes = 0;                     // of its __local variables
  std::uint64_t private_memory_bytes = 0;                   // stack of one lane, over the deepest call chain
  std::array<std::uint32_t, 3> required_work_group_size{};  // reqd_work_group_size, or zeros
  std::array<std::uint32_t, 3> work_group_size_hint{};
  std::uint32_t required_sub_groups = 0;      // of a work-group; 0: any number
  std::uint32_t required_sub_group_size = 0;  // intel_reqd_sub_group_size; 0: any
  std::string vector_type_hint;               // vec_type_hint, or empty
  std::string attributes;                     // as CL_KERNEL_ATTRIBUTES wants it
  bool uses_printf = false;
  bool observes_work_groups = true;  // it may tell how the NDRange is cut into them
};

struct Program {
  std::uint32_t format = kFormatVersion;
  isa::Target target;
  std::vector<Kernel> kernels;
  std::uint64_t global_variable_bytes = 0;  // program-scope variables in __global
  bool has_code = true;                     // false: compiled but not linked (SPIR-V only)
  bool is_library = false;
  bool uniform_work_groups = false;  // an NDRange must consist of whole work-groups
  bool has_argument_info = false;    // made with -cl-kernel-arg-info
  std::string source;                // with -g: the text it was made from, for listings
  std::string options;               // those that still matter when it is made anew from its SPIR-V
};

inline constexpr std::string_view kProgramSection = ".kiesel.program";
inline constexpr std::string_view kSpirvSection = ".kiesel.spirv";
inline constexpr std::string_view kHashSection = ".kiesel.hash";
inline constexpr std::size_t kHashBytes = 16;

std::string to_json(const Program& program);
// kInvalidBinary for text that is no kernel table, or one with a field that its rule does not allow
// (fields.hpp). Takes no more memory than a few times the text's size, whatever it says.
Result<Program> from_json(std::string_view text);

// Reads and verifies a program binary. kInvalidBinary for everything that is not a whole, undamaged one. The
// hash finds damage, not malice: all that the file says is checked against the file before anybody uses it.
Result<Program> read_program(std::span<const std::byte> elf);
// The SPIR-V inside a verified program binary.
Result<std::vector<std::uint32_t>> read_spirv(std::span<const std::byte> elf);
// Writes the hash into the .kiesel.hash section of a finished file (16 bytes).
Status seal(std::span<std::byte> elf);

}  // namespace kiesel::compiler
