#include "compiler/il/requirements.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/il/constants.hpp"
#include "support/words.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kOpExtension = 10, kOpExtInstImport = 11, kOpMemoryModel = 14, kOpCapability = 17,
                        kOpReadClock = 5056;
constexpr std::uint32_t kSwappedMagic = 0x03022307;
constexpr std::string_view kNonSemantic = "NonSemantic.";

struct Capability {
  std::uint32_t number;
  const char* name;
  const char* features;  // one of these must be there; none needs nothing, null is never there
};
constexpr Capability kCapabilities[] = {
#define CAPABILITY(number, name, features) {number, #name, features},
#define NO(number, name) {number, #name, nullptr},
#include "compiler/il/capabilities.def"
};

struct Extension {
  const char* name;
  const char* features;
};
constexpr Extension kExtensions[] = {
    {"SPV_KHR_no_integer_wrap_decoration", ""},
    {"SPV_KHR_linkonce_odr", ""},
    {"SPV_KHR_float_controls", ""},
    {"SPV_KHR_bfloat16", ""},
    {"SPV_KHR_expect_assume", "cl_khr_expect_assume"},
    {"SPV_KHR_bit_instructions", "cl_khr_extended_bit_ops"},
    {"SPV_KHR_integer_dot_product", "cl_khr_integer_dot_product"},
    {"SPV_KHR_shader_clock", "cl_khr_kernel_clock"},
    {"SPV_KHR_subgroup_rotate", "cl_khr_subgroup_rotate"},
    {"SPV_KHR_uniform_group_instructions", "cl_khr_work_group_uniform_arithmetic"},
    {"SPV_KHR_non_semantic_info", ""},
    {"SPV_KHR_cooperative_matrix", "SPV_KHR_cooperative_matrix"},
    {"SPV_EXT_relaxed_printf_string_address_space", ""},
    {"SPV_EXT_shader_atomic_float_add", "cl_ext_float_atomics"},
    {"SPV_EXT_shader_atomic_float_min_max", "cl_ext_float_atomics"},
    {"SPV_INTEL_bfloat16_conversion", "cl_intel_bfloat16_conversions"},
    {"SPV_INTEL_fp_fast_math_mode", ""},
    {"SPV_INTEL_memory_access_aliasing", ""},
    {"SPV_INTEL_subgroups", "cl_intel_spirv_subgroups"},
};

constexpr const char* kInstructionSets[] = {"OpenCL.std", "OpenCL.DebugInfo.100"};

// `needed` as in the tables above.
bool available(const char* needed, std::string_view features) {
  if (!needed) return false;
  return !*needed || any_word(needed, [&](std::string_view word) { return has_word(features, word); });
}

// What a device of another shape may have.
std::string hint(const char* needed) {
  if (!needed || !*needed) return {};
  std::string list;
  for (const char* at = needed; *at; ++at) list += *at == ' ' ? " or " : std::string(1, *at);
  return " (it comes with " + list + ")";
}

std::string missing_capability(std::uint32_t number, std::string_view features) {
  const auto* row = std::ranges::find(kCapabilities, number, &Capability::number);
  if (row == std::end(kCapabilities))
    return fmt::format("the SPIR-V module needs capability {}, which is not known", number);
  if (available(row->features, features)) return {};
  return fmt::format("the SPIR-V module needs capability {}, which the device does not have{}", row->name,
                     hint(row->features));
}

std::string missing_extension(std::string_view name, std::string_view features) {
  const auto* row =
      std::ranges::find_if(kExtensions, [&](const Extension& known) { return known.name == name; });
  if (row == std::end(kExtensions))
    return fmt::format("the SPIR-V module needs the extension {}, which is not known", name);
  if (available(row->features, features)) return {};
  return fmt::format("the SPIR-V module needs the extension {}, which the device does not have{}", name,
                     hint(row->features));
}

std::string missing_instructions(std::string_view name) {
  const bool known = std::ranges::any_of(kInstructionSets, [&](const char* set) { return name == set; });
  if (known || name.starts_with(kNonSemantic)) return {};
  return fmt::format("the SPIR-V module imports the instructions '{}', which are not known", name);
}

std::string wrong_model(std::uint32_t addressing, std::uint32_t memory) {
  constexpr std::uint32_t kPhysical32 = 1, kPhysical64 = 2, kOpenCl = 2;
  if (addressing == kPhysical32)
    return "the SPIR-V module uses 32-bit addresses (Physical32): the device has 64-bit ones";
  if (addressing != kPhysical64) return "the SPIR-V module's addressing model is not Physical64";
  if (memory != kOpenCl) return "the SPIR-V module's memory model is not OpenCL";
  return {};
}

std::string missing_for(Instruction instruction, std::string_view features) {
  switch (opcode(instruction)) {
    case kOpCapability:
      return instruction.size() < 2 ? std::string() : missing_capability(instruction[1], features);
    case kOpExtension:
      return missing_extension(literal_at(instruction, 1), features);
    case kOpExtInstImport:
      return missing_instructions(literal_at(instruction, 2));
    case kOpMemoryModel:
      return instruction.size() < 3 ? std::string() : wrong_model(instruction[1], instruction[2]);
    default:
      return {};
  }
}

std::string missing_clock(std::span<const std::uint32_t> words, Instruction instruction,
                          std::string_view features) {
  constexpr std::uint32_t kDevice = 1;
  constexpr const char* kFeature = "__opencl_c_kernel_clock_scope_device";
  if (instruction.size() != 4 || Constants(words).value(instruction[3]) != kDevice ||
      available(kFeature, features))
    return {};
  return "the program reads a clock of the device, which it does not have" + hint(kFeature);
}

}  // namespace

Result<Words> read_words(std::span<const std::byte> bytes) {
  const auto wrong = [](std::string reason) { return Error{Errc::kInvalidArgument, std::move(reason)}; };
  if (bytes.size() % sizeof(std::uint32_t) != 0 || bytes.size() < kHeaderWords * sizeof(std::uint32_t))
    return wrong(fmt::format("{} bytes are no SPIR-V module", bytes.size()));
  Words words(bytes.size() / sizeof(std::uint32_t));
  std::memcpy(words.data(), bytes.data(), bytes.size());
  if (words[0] == kSwappedMagic) return wrong("the SPIR-V module has the byte order of another machine");
  if (words[0] != kSpirvMagic) return wrong("not a SPIR-V module: it does not begin with 0x07230203");
  const unsigned major = words[kVersionWord] >> 16 & 0xff, minor = words[kVersionWord] >> 8 & 0xff;
  if (major != kSpirvMajor || minor > kLastSpirvMinor)
    return wrong(fmt::format("SPIR-V {}.{} is not supported; {}.0 to {}.{} are", major, minor, kSpirvMajor,
                             kSpirvMajor, kLastSpirvMinor));
  if (!for_each_instruction(words, [](Instruction) {}))
    return wrong("the SPIR-V module is cut off in the middle of an instruction");
  return words;
}

std::vector<std::string> missing_requirements(std::span<const std::uint32_t> words,
                                              std::string_view features) {
  std::vector<std::string> missing;
  for_each_instruction(words, [&](Instruction instruction) {
    auto text = opcode(instruction) == kOpReadClock ? missing_clock(words, instruction, features)
                                                    : missing_for(instruction, features);
    if (!text.empty()) missing.push_back(std::move(text));
  });
  return missing;
}

std::vector<std::uint32_t> spirv_capabilities(std::string_view features) {
  std::vector<std::uint32_t> list;
  for (const auto& row : kCapabilities)
    if (available(row.features, features)) list.push_back(row.number);
  return list;
}

std::vector<const char*> spirv_extensions(std::string_view features) {
  std::vector<const char*> list;
  for (const auto& row : kExtensions)
    if (available(row.features, features)) list.push_back(row.name);
  return list;
}

std::vector<const char*> spirv_instruction_sets() {
  return {std::begin(kInstructionSets), std::end(kInstructionSets)};
}

}  // namespace kiesel::compiler
