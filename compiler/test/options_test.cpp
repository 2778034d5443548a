#include "compiler/frontend/options.hpp"

#include <catch2/catch.hpp>

using namespace kiesel::compiler;

namespace {

struct Row {
  const char* option;
  bool BuildOptions::*member;
  bool in_build, in_compile, in_link;
};

// OpenCL 3.0 API, 5.8.6 (compile) and 5.8.7 (link).
constexpr Row kRows[] = {
    {"-cl-single-precision-constant", &BuildOptions::single_precision_constant, true, true, false},
    {"-cl-denorms-are-zero", &BuildOptions::denorms_are_zero, true, true, true},
    {"-cl-fp32-correctly-rounded-divide-sqrt", &BuildOptions::correctly_rounded_divide_sqrt, true, true,
     false},
    {"-cl-opt-disable", &BuildOptions::opt_disable, true, true, false},
    {"-cl-strict-aliasing", &BuildOptions::strict_aliasing, true, true, false},
    {"-cl-uniform-work-group-size", &BuildOptions::uniform_work_group_size, true, true, false},
    {"-cl-no-subgroup-ifp", &BuildOptions::no_subgroup_ifp, true, true, true},
    {"-cl-mad-enable", &BuildOptions::mad_enable, true, true, false},
    {"-cl-no-signed-zeros", &BuildOptions::no_signed_zeros, true, true, true},
    {"-cl-unsafe-math-optimizations", &BuildOptions::unsafe_math, true, true, true},
    {"-cl-finite-math-only", &BuildOptions::finite_math, true, true, true},
    {"-cl-fast-relaxed-math", &BuildOptions::fast_relaxed_math, true, true, true},
    {"-w", &BuildOptions::no_warnings, true, true, false},
    {"-Werror", &BuildOptions::warnings_are_errors, true, true, false},
    {"-cl-kernel-arg-info", &BuildOptions::argument_info, true, true, false},
    {"-g", &BuildOptions::debug, true, true, false},
    {"-kiesel-notes", &BuildOptions::notes, true, true, false},
    {"-create-library", &BuildOptions::create_library, false, false, true},
};

void check_place(const Row& row, Operation operation, bool allowed) {
  const auto options = parse_options(row.option, operation);
  INFO(row.option << " in operation " << static_cast<int>(operation));
  REQUIRE(options.ok() == allowed);
  if (allowed) {
    CHECK((*options).*row.member);
  } else {
    CHECK(options.error().log.find(row.option) != std::string::npos);
  }
}

}  // namespace

TEST_CASE("each option is allowed where the specification says") {
  for (const auto& row : kRows) {
    check_place(row, Operation::kBuild, row.in_build);
    check_place(row, Operation::kCompile, row.in_compile);
    check_place(row, Operation::kLink, row.in_link);
    CHECK_FALSE(BuildOptions().*row.member);
  }
}

TEST_CASE("macros and folders are taken with and without a space, and quoted") {
  const auto options = parse_options(
      R"(-D A -DB=1 -D "C=x y" -I dir -I"with space" -I 'more' -DTEXT=\"hi\" -D E\ F)", Operation::kBuild);
  REQUIRE(options.ok());
  CHECK(options->definitions == std::vector<std::string>{"A", "B=1", "C=x y", "TEXT=\"hi\"", "E F"});
  CHECK(options->include_folders == std::vector<std::string>{"dir", "with space", "more"});
}

TEST_CASE("language versions") {
  CHECK(parse_options("", Operation::kBuild)->language == 120);
  CHECK(parse_options("-cl-std=CL1.0", Operation::kBuild)->language == 100);
  CHECK(parse_options("-cl-std=CL1.1", Operation::kBuild)->language == 110);
  CHECK(parse_options("-cl-std=CL1.2", Operation::kBuild)->language == 120);
  CHECK(parse_options("-cl-std=CL3.0", Operation::kCompile)->language == 300);
  CHECK(parse_options("-cl-std=CL2.0", Operation::kBuild)->language == 200);
  CHECK(parse_options("-cl-std=CL3.1", Operation::kBuild)->language == 310);
  for (const char* text : {"-cl-std=CLC++", "-cl-std=CLC++1.0", "-cl-std=CLC++2021"})
    CHECK(parse_options(text, Operation::kBuild)->is_cxx);
  CHECK(!parse_options("-cl-std=CL9.9", Operation::kBuild));
  CHECK(!parse_options("-cl-std=CL1.2", Operation::kLink));
}

TEST_CASE("what is not an option of OpenCL is refused by name") {
  for (const char* text : {"-cl-no-such-thing", "-O3", "file.cl", "-x spir", "-spir-std=1.2", "-D", "-I",
                           "-DA -I", "-cl-mad-enable -foo", "-create-library"}) {
    INFO(text);
    const auto options = parse_options(text, Operation::kBuild);
    REQUIRE_FALSE(options.ok());
    CHECK(options.error().log.find("option '") != std::string::npos);
  }
  CHECK(parse_options("-foo", Operation::kBuild).error().log.find("-foo") != std::string::npos);
}

TEST_CASE("-enable-link-options needs -create-library") {
  CHECK_FALSE(parse_options("-enable-link-options", Operation::kLink).ok());
  CHECK(parse_options("-create-library -enable-link-options", Operation::kLink).ok());
}

TEST_CASE("fast relaxed math includes what the specification says") {
  const auto options = parse_options("-cl-fast-relaxed-math", Operation::kBuild);
  REQUIRE(options.ok());
  CHECK((options->finite() && options->unsafe() && options->unsigned_zeros() && options->mad()));
  const auto mad = parse_options("-cl-mad-enable", Operation::kBuild);
  CHECK((mad->mad() && !mad->unsafe() && !mad->finite() && !mad->unsigned_zeros()));
}

TEST_CASE("options that shape code survive as text") {
  const auto options =
      parse_options("-cl-mad-enable -w -DX -cl-finite-math-only -cl-std=CL3.0", Operation::kBuild);
  CHECK(code_options(*options) == "-cl-mad-enable -cl-finite-math-only");
  const auto other = parse_options("-cl-mad-enable -cl-kernel-arg-info", Operation::kBuild);
  CHECK(code_options(common_options(*options, *other)) == "-cl-mad-enable");
  CHECK(code_options(with_inherited(BuildOptions(), *options)) == code_options(*options));
}

TEST_CASE("a demand of one input holds for the program linked from it, a freedom only if all give it") {
  const auto demands = parse_options(
      "-cl-uniform-work-group-size -cl-fp32-correctly-rounded-divide-sqrt -cl-mad-enable", Operation::kBuild);
  for (const auto& common :
       {common_options(*demands, BuildOptions()), common_options(BuildOptions(), *demands)})
    CHECK(code_options(common) == "-cl-fp32-correctly-rounded-divide-sqrt -cl-uniform-work-group-size");
}
