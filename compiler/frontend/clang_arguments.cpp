#include "compiler/frontend/clang_arguments.hpp"

#include <clang/Basic/OpenCLOptions.h>
#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "compiler/frontend/base_header.hpp"
#include "device/isa/opencl_level.hpp"
#include "support/words.hpp"

namespace kiesel::compiler {
namespace {

constexpr unsigned kLastOfClang = 300;  // version of OpenCL C

struct Forwarded {
  bool BuildOptions::*member;
  const char* argument;
};

// Options that mean the same to Clang. The others permit what is not done: denormal numbers are always kept,
// for one.
constexpr Forwarded kForwarded[] = {
    {&BuildOptions::single_precision_constant, "-cl-single-precision-constant"},
    {&BuildOptions::correctly_rounded_divide_sqrt, "-cl-fp32-correctly-rounded-divide-sqrt"},
    {&BuildOptions::uniform_work_group_size, "-cl-uniform-work-group-size"},
    {&BuildOptions::mad_enable, "-cl-mad-enable"},
    {&BuildOptions::no_signed_zeros, "-cl-no-signed-zeros"},
    {&BuildOptions::unsafe_math, "-cl-unsafe-math-optimizations"},
    {&BuildOptions::finite_math, "-cl-finite-math-only"},
    {&BuildOptions::fast_relaxed_math, "-cl-fast-relaxed-math"},
    {&BuildOptions::no_warnings, "-w"},
    {&BuildOptions::warnings_are_errors, "-Werror"},
};

// What the device has, and nothing else. Feature macros exist from OpenCL C 3.0 on. Extensions that Clang has
// no name for, and sub-groups, whose name it knows from 2.0 on, are nothing but a macro, on which its
// declarations of builtins depend.
void add_extensions(std::vector<std::string>& arguments, const Request& request,
                    const BuildOptions& options) {
  const clang::OpenCLOptions known;
  std::string list = "-cl-ext=-all";
  std::istringstream words(request.extensions);
  for (std::string word; words >> word;) {
    if (word.starts_with("SPV_") || (options.language < 300 && word.starts_with("__opencl_c_"))) continue;
    const bool is_new = word == "cl_khr_subgroups" && options.language < 200;
    if (known.isKnown(word) && !is_new)
      list += ",+" + word;
    else
      arguments.push_back("-D" + word + "=1");
  }
  arguments.push_back(list);
}

std::string standard(const BuildOptions& options) {
  if (options.is_cxx) return options.language < 300 ? "-cl-std=CLC++1.0" : "-cl-std=CLC++2021";
  const auto known = std::min(options.language, kLastOfClang);
  return fmt::format("-cl-std=CL{}.{}", known / 100, known / 10 % 10);
}

// OpenCL C 3.1 is 3.0 with what the device reports as extensions of it, and numbers.
void add_version(std::vector<std::string>& arguments, unsigned language) {
  if (language <= kLastOfClang) return;
  arguments.insert(arguments.end(),
                   {"-U__OPENCL_C_VERSION__", fmt::format("-D__OPENCL_C_VERSION__={}", language),
                    fmt::format("-DCL_VERSION_3_1={}", language)});
}

// What newer_builtins.h declares begins so.
constexpr std::string_view kNewerNames[] = {"intel_sub_group_", "work_group_reduce_",
                                            "work_group_scan_", "async_work_group_copy_",
                                            "intel_convert_",   "clock_read_"};

bool mentions_newer(std::string_view text) {
  return std::ranges::any_of(kNewerNames, [&](auto name) { return text.find(name) != text.npos; });
}

// Files that nobody has looked into may.
bool may_mention_newer(const Request& request) {
  return mentions_newer(request.source) || mentions_newer(request.options) ||
         request.source.find("include") != std::string::npos ||
         std::ranges::any_of(request.headers, [](const auto& header) { return mentions_newer(header.text); });
}

}  // namespace

std::vector<std::string> clang_arguments(const Request& request, const BuildOptions& options) {
  const auto level = isa::opencl_level(request.target);
  std::vector<std::string> arguments = {
      "-triple", "spir64", "-x", "cl", standard(options),
      // Unoptimised, but without what -O0 leaves out (inline definitions) or adds: what the SPIR-V writer
      // takes.
      "-O1", "-disable-llvm-passes", "-no-opaque-pointers",
      // By its whole path: as a name it would be looked for in the working folder.
      "-include", kBaseHeader, "-fdeclare-opencl-builtins", "-cl-kernel-arg-info", "-ffp-contract=on",
      // A number out of range converts to some integer, also where Clang could fold it to none.
      "-fno-strict-float-cast-overflow",
      // The macros of this target promise extensions that the device may not have.
      "-U__SPIR__", "-U__SPIR64__", fmt::format("-D__OPENCL_VERSION__={}", level.number()), "-nostdsysteminc",
      "-nobuiltininc", "-internal-isystem", kBaseHeaderFolder};
  add_extensions(arguments, request, options);
  if (may_mention_newer(request)) arguments.insert(arguments.end(), {"-include", kNewerBuiltins});
  add_version(arguments, options.language);
  if (!level.full_profile) arguments.emplace_back("-D__EMBEDDED_PROFILE__=1");
  const bool has_images = has_word(request.extensions, "__opencl_c_images");
  if (!has_images) arguments.emplace_back("-U__IMAGE_SUPPORT__");
  // Newer than Clang's header.
  if (has_images && options.language >= 300) arguments.emplace_back("-DCLK_UNORM_INT_101010_2=0x10E0");
  if (options.language >= 300) arguments.emplace_back("-D__opencl_c_int64=1");
  for (const auto& [member, argument] : kForwarded)
    if (options.*member) arguments.emplace_back(argument);
  if (options.debug) {
    arguments.emplace_back("-debug-info-kind=line-tables-only");
    arguments.emplace_back("-dwarf-version=4");
  }
  for (const auto& definition : options.definitions) arguments.push_back("-D" + definition);
  // The application's working folder is what a file's own folder is to a C compiler (OpenCL 3.0 API 5.8.6.1):
  // where names in quotes are looked for first. Names in angle brackets come from headers of the request, the
  // folders of -I, then from it.
  arguments.insert(arguments.end(), {"-iquote", "."});
  if (!request.headers.empty()) arguments.emplace_back("-I.");
  for (const auto& folder : options.include_folders) arguments.push_back("-I" + folder);
  if (request.headers.empty()) arguments.emplace_back("-I.");
  return arguments;
}

}  // namespace kiesel::compiler
