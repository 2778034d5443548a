#include "compiler/frontend/options.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

namespace kiesel::compiler {
namespace {

enum Where : unsigned { kInBuild = 1, kInCompile = 2, kInLink = 4 };
constexpr unsigned kSource = kInBuild | kInCompile;
constexpr unsigned kEverywhere = kSource | kInLink;

// What an option means for the SPIR-V that it was given for, and for programs linked from several.
enum class After : std::uint8_t {
  kNothing,
  kFreedom,  // taken where all inputs give it
  kDemand,   // holds where one input makes it
};

struct Flag {
  std::string_view name;
  bool BuildOptions::*member;
  unsigned where;
  After after;
};

// The order is that of the specification.
constexpr Flag kFlags[] = {
    {"-cl-single-precision-constant", &BuildOptions::single_precision_constant, kSource, After::kNothing},
    {"-cl-denorms-are-zero", &BuildOptions::denorms_are_zero, kEverywhere, After::kFreedom},
    {"-cl-fp32-correctly-rounded-divide-sqrt", &BuildOptions::correctly_rounded_divide_sqrt, kSource,
     After::kDemand},
    {"-cl-opt-disable", &BuildOptions::opt_disable, kSource, After::kFreedom},
    {"-cl-strict-aliasing", &BuildOptions::strict_aliasing, kSource, After::kNothing},
    {"-cl-uniform-work-group-size", &BuildOptions::uniform_work_group_size, kSource, After::kDemand},
    {"-cl-no-subgroup-ifp", &BuildOptions::no_subgroup_ifp, kEverywhere, After::kNothing},
    {"-cl-mad-enable", &BuildOptions::mad_enable, kSource, After::kFreedom},
    {"-cl-no-signed-zeros", &BuildOptions::no_signed_zeros, kEverywhere, After::kFreedom},
    {"-cl-unsafe-math-optimizations", &BuildOptions::unsafe_math, kEverywhere, After::kFreedom},
    {"-cl-finite-math-only", &BuildOptions::finite_math, kEverywhere, After::kFreedom},
    {"-cl-fast-relaxed-math", &BuildOptions::fast_relaxed_math, kEverywhere, After::kFreedom},
    {"-w", &BuildOptions::no_warnings, kSource, After::kNothing},
    {"-Werror", &BuildOptions::warnings_are_errors, kSource, After::kNothing},
    {"-cl-kernel-arg-info", &BuildOptions::argument_info, kSource, After::kFreedom},
    {"-g", &BuildOptions::debug, kSource, After::kFreedom},
    {"-kiesel-notes", &BuildOptions::notes, kSource, After::kFreedom},
    {"-create-library", &BuildOptions::create_library, kInLink, After::kNothing},
    {"-enable-link-options", &BuildOptions::enable_link_options, kInLink, After::kNothing},
};

struct Language {
  std::string_view name;
  unsigned version;
  bool is_cxx = false;
};

// OpenCL C 2.0 is not in CL_DEVICE_OPENCL_C_ALL_VERSIONS, for it demands device-side enqueue; programs in it
// that do without are compiled all the same, because applications ask for it more often than they need it.
// C++ for OpenCL 1.0 is built on OpenCL C 2.0, 2021 on 3.0; the name without a number is 1.0.
constexpr Language kLanguages[] = {
    {"CL1.0", 100},       {"CL1.1", 110},          {"CL1.2", 120},           {"CL2.0", 200}, {"CL3.0", 300},
    {"CLC++", 200, true}, {"CLC++1.0", 200, true}, {"CLC++2021", 300, true}, {"CL3.1", 310},
};

unsigned place(Operation operation) {
  constexpr unsigned kPlaces[] = {kInBuild, kInCompile, kInLink};
  return kPlaces[static_cast<unsigned>(operation)];
}

const char* api_name(Operation operation) {
  constexpr const char* kNames[] = {"clBuildProgram", "clCompileProgram", "clLinkProgram"};
  return kNames[static_cast<unsigned>(operation)];
}

OptionFailure invalid(std::string_view option, std::string_view reason) {
  return {"error: option '" + std::string(option) + "': " + std::string(reason) + "\n"};
}

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

bool is_escape(std::string_view text, std::size_t at) {
  return text[at] == '\\' && at + 1 < text.size() &&
         std::string_view("\"'\\ ").find(text[at + 1]) != text.npos;
}

// Reads the options one after the other.
class Parser {
 public:
  Parser(std::vector<std::string> words, Operation operation)
      : words_(std::move(words)), operation_(operation) {}

  Result<BuildOptions, OptionFailure> run() {
    while (next_ < words_.size())
      if (auto failure = take(words_[next_++])) return *failure;
    if (options_.enable_link_options && !options_.create_library)
      return invalid("-enable-link-options", "needs -create-library");
    return std::move(options_);
  }

 private:
  using Failure = std::optional<OptionFailure>;

  Failure take(const std::string& word) {
    for (const auto& flag : kFlags)
      if (word == flag.name) return take_flag(flag);
    const bool from_source = place(operation_) & kSource;
    if (from_source && word.starts_with("-D")) return take_value(word, "a macro name", options_.definitions);
    if (from_source && word.starts_with("-I")) return take_value(word, "a folder", options_.include_folders);
    if (from_source && word.starts_with("-cl-std=")) return take_language(word);
    if (word == "-x" || word.starts_with("-spir-std="))
      return invalid(word, "needs cl_khr_spir, which the device does not have");
    return invalid(word, std::string("unknown to ") + api_name(operation_));
  }

  Failure take_flag(const Flag& flag) {
    if (!(flag.where & place(operation_)))
      return invalid(flag.name, std::string("not allowed in ") + api_name(operation_));
    options_.*flag.member = true;
    return std::nullopt;
  }

  Failure take_value(const std::string& word, const char* what, std::vector<std::string>& values) {
    std::string value = word.substr(2);
    if (value.empty() && next_ < words_.size()) value = words_[next_++];
    if (value.empty()) return invalid(word, std::string("needs ") + what);
    values.push_back(std::move(value));
    return std::nullopt;
  }

  Failure take_language(const std::string& word) {
    const auto name = std::string_view(word).substr(std::string_view("-cl-std=").size());
    const auto* language = std::ranges::find(kLanguages, name, &Language::name);
    if (language == std::end(kLanguages)) return invalid(word, "no such version of OpenCL C");
    options_.language = language->version;
    options_.is_cxx = language->is_cxx;
    return std::nullopt;
  }

  std::vector<std::string> words_;
  Operation operation_;
  std::size_t next_ = 0;
  BuildOptions options_;
};

}  // namespace

std::vector<std::string> split_options(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool inside = false;  // of a word, which may be empty quotes
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_escape(text, i)) {
      word += text[++i];
      inside = true;
    } else if (quote ? text[i] == quote : text[i] == '"' || text[i] == '\'') {
      quote = quote ? 0 : text[i];
      inside = true;
    } else if (!quote && is_space(text[i])) {
      if (inside) words.push_back(std::move(word));
      word.clear();
      inside = false;
    } else {
      word += text[i];
      inside = true;
    }
  }
  if (inside) words.push_back(std::move(word));
  return words;
}

Result<BuildOptions, OptionFailure> parse_options(std::string_view text, Operation operation) {
  return Parser(split_options(text), operation).run();
}

std::string code_options(const BuildOptions& options) {
  std::string text;
  for (const auto& flag : kFlags)
    if (flag.after != After::kNothing && options.*flag.member)
      text.append(text.empty() ? "" : " ").append(flag.name);
  return text;
}

BuildOptions common_options(const BuildOptions& a, const BuildOptions& b) {
  BuildOptions common;
  for (const auto& flag : kFlags) {
    if (flag.after == After::kFreedom) common.*flag.member = a.*flag.member && b.*flag.member;
    if (flag.after == After::kDemand) common.*flag.member = a.*flag.member || b.*flag.member;
  }
  return common;
}

BuildOptions with_inherited(const BuildOptions& asked, const BuildOptions& inherited) {
  auto all = asked;
  for (const auto& flag : kFlags)
    if (flag.after != After::kNothing) all.*flag.member |= inherited.*flag.member;
  return all;
}

}  // namespace kiesel::compiler
