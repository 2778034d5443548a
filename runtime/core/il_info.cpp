#include "runtime/core/il_info.hpp"

#include <fmt/format.h>

#include "compiler/il/requirements.hpp"
#include "runtime/core/opencl_3_1.hpp"

namespace kiesel::runtime {
namespace {

constexpr const char* kSpirv = "SPIR-V";

std::vector<NamedVersion> versions() {
  std::vector<NamedVersion> list;
  for (unsigned minor = compiler::kLastSpirvMinor + 1; minor-- > 0;)
    list.push_back({kSpirv, CL_MAKE_VERSION(compiler::kSpirvMajor, minor, 0)});
  return list;
}

std::string version_text() {
  std::string text;
  for (const auto& entry : versions())
    text += fmt::format("{}{}_{}.{}", text.empty() ? "" : " ", entry.name, CL_VERSION_MAJOR(entry.version),
                        CL_VERSION_MINOR(entry.version));
  return text;
}

}  // namespace

std::vector<NamedVersion> il_extensions() {
  constexpr cl_version kVersion = CL_MAKE_VERSION(1, 0, 0);
  return {{"cl_khr_il_program", kVersion},
          {"cl_khr_spirv_linkonce_odr", kVersion},
          {"cl_khr_spirv_no_integer_wrap_decoration", kVersion},
          {"cl_khr_spirv_queries", kVersion}};
}

void add_il_info(InfoTable& info, std::string_view features) {
  info.add_text(CL_DEVICE_IL_VERSION, version_text());
  info.add_array(CL_DEVICE_ILS_WITH_VERSION, name_versions(versions()));
  info.add_array(CL_DEVICE_SPIRV_EXTENDED_INSTRUCTION_SETS, compiler::spirv_instruction_sets());
  info.add_array(CL_DEVICE_SPIRV_EXTENSIONS, compiler::spirv_extensions(features));
  info.add_array(CL_DEVICE_SPIRV_CAPABILITIES, compiler::spirv_capabilities(features));
}

}  // namespace kiesel::runtime
