// The options of clBuildProgram, clCompileProgram and clLinkProgram: OpenCL 3.0 API, sections 5.8.6
// and 5.8.7.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/client/client.hpp"
#include "support/result.hpp"

namespace kiesel::compiler {

struct BuildOptions {
  std::vector<std::string> definitions;  // NAME or NAME=TEXT, in the order given
  std::vector<std::string> include_folders;
  unsigned language = 120;  // OpenCL C version * 100
  bool is_cxx = false;      // C++ for OpenCL based on that version

  bool single_precision_constant = false;
  bool denorms_are_zero =
      false;  // a permission (5.8.6.2) that this compiler does not use: subnormals are kept
  bool correctly_rounded_divide_sqrt = false;
  bool opt_disable = false;
  bool strict_aliasing = false;
  bool uniform_work_group_size = false;
  bool no_subgroup_ifp = false;
  bool mad_enable = false;
  bool no_signed_zeros = false;
  bool unsafe_math = false;
  bool finite_math = false;
  bool fast_relaxed_math = false;
  bool no_warnings = false;
  bool warnings_are_errors = false;
  bool argument_info = false;
  bool debug = false;
  bool notes = false;  // -kiesel-notes: of synchronisation, for checks
  bool create_library = false;
  bool enable_link_options = false;

  // What each option includes by the specification: -cl-fast-relaxed-math is -cl-finite-math-only and
  // -cl-unsafe-math-optimizations, which is -cl-no-signed-zeros and -cl-mad-enable.
  bool finite() const { return finite_math || fast_relaxed_math; }
  bool unsafe() const { return unsafe_math || fast_relaxed_math; }
  bool unsigned_zeros() const { return no_signed_zeros || unsafe(); }
  bool mad() const { return mad_enable || unsafe(); }
};

// What is not an option of OpenCL, or not one of this operation.
struct OptionFailure {
  std::string log;  // names the option
};

// Splits at white space; quotes keep it, a backslash takes the meaning of a quote, a space or a backslash.
std::vector<std::string> split_options(std::string_view text);

Result<BuildOptions, OptionFailure> parse_options(std::string_view text, Operation operation);

// The options that matter when the SPIR-V of the program is compiled again, as text for parse_options().
std::string code_options(const BuildOptions& options);

// Of those options: what holds for a program linked from both, and what is asked for on top.
BuildOptions common_options(const BuildOptions& a, const BuildOptions& b);
BuildOptions with_inherited(const BuildOptions& asked, const BuildOptions& inherited);

}  // namespace kiesel::compiler
