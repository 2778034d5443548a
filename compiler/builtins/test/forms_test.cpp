// Every conversion, every comparison that becomes a number, every builtin, in every width: plain OpenCL C has
// to build, whatever branches the code generator would like to make of it. What they compute is tested
// elsewhere.
#include <array>
#include <catch2/catch.hpp>
#include <fstream>
#include <regex>

#include "compiler/builtins/test/build_forms.hpp"

namespace kiesel::compiler::builtins::test {
namespace {

struct Scalar {
  const char* name;
  const char* same_size;  // the signed integer
  unsigned bits;
  bool is_float;
};
constexpr Scalar kScalars[] = {
    {"char", "char", 8, false},     {"uchar", "char", 8, false},  {"short", "short", 16, false},
    {"ushort", "short", 16, false}, {"int", "int", 32, false},    {"uint", "int", 32, false},
    {"long", "long", 64, false},    {"ulong", "long", 64, false}, {"half", "short", 16, true},
    {"float", "int", 32, true},     {"double", "long", 64, true}};
constexpr const char* kWidths[] = {"", "2", "3", "4", "8", "16"};

bool exists(const Scalar& type, const isa::Target& target) {
  return target.half || std::string_view(type.name) != "half";
}

std::string load(const char* from, const std::string& type, const std::string& n) {
  const std::string pointer = "((global const " + type + "*)" + from + ")";
  return n.empty() ? pointer + "[i]" : "vload" + n + "(i, " + pointer + ")";
}

std::string store(const std::string& value, const std::string& type, const std::string& n) {
  const std::string pointer = "((global " + type + "*)out)";
  return n.empty() ? pointer + "[i] = " + value + ";" : "vstore" + n + "(" + value + ", i, " + pointer + ");";
}

std::string kernel(const std::string& body) {
  return "kernel void KERNEL(global const uchar* in, global const uchar* other, global uchar* out) {\n"
         "  const size_t i = get_global_id(0);\n" +
         body + "}\n";
}

// --- conversions

std::vector<std::string> modes(const Scalar& to) {
  std::vector<std::string> made;
  for (const char* saturated : {"", "_sat"})
    for (const char* rounding : {"", "_rte", "_rtz", "_rtp", "_rtn"})
      if (!to.is_float || !*saturated) made.push_back(std::string(saturated) + rounding);
  return made;
}

std::vector<std::string> conversions(const isa::Target& target) {
  std::vector<std::string> pieces;
  for (const Scalar& to : kScalars)
    for (const Scalar& from : kScalars) {
      if (!exists(to, target) || !exists(from, target)) continue;
      for (const std::string n : kWidths) {
        std::string body;
        for (const std::string& mode : modes(to))
          body +=
              "  " +
              store("convert_" + (to.name + n) + mode + "(" + load("in", from.name, n) + ")", to.name, n) +
              "\n";
        pieces.push_back(kernel(body));
      }
    }
  return pieces;
}

// --- comparisons that become numbers

constexpr const char* kOperators[] = {"a < b", "a <= b", "a > b", "a >= b", "a == b", "a != b"};
constexpr const char* kFloatTests[] = {
    "isless(a, b)",    "isgreaterequal(a, b)", "islessgreater(a, b)", "isunordered(a, b)",
    "isordered(a, b)", "isequal(a, b)",        "isnotequal(a, b)",    "isnan(a)",
    "isinf(a)",        "isfinite(a)",          "isnormal(a)",         "signbit(a)"};

std::vector<std::string> tests_of(const Scalar& type) {
  std::vector<std::string> all(std::begin(kOperators), std::end(kOperators));
  if (type.is_float) all.insert(all.end(), std::begin(kFloatTests), std::end(kFloatTests));
  return all;
}

// Of m, what a comparison gave, as a signed integer of the operands' size and number; I, U and F are that
// type, the unsigned one and the operands'.
constexpr const char* kNumbers[] = {"m",
                                    "-m",
                                    "m & (I)1",
                                    "~m",
                                    "m + (I)1",
                                    "m * m",
                                    "m << (I)1",
                                    "(I)(m >> (I)3)",
                                    "m / (I)3",
                                    "m % (I)5",
                                    "convert_I(as_U(m) >> (U)LAST)",
                                    "as_I(abs(m))",
                                    "as_I(abs_diff(m, (I)0))",
                                    "max(m, (I)0)",
                                    "clamp(m, (I)-1, (I)0)",
                                    "popcount(m)",
                                    "clz(m)",
                                    "ctz(m)",
                                    "hadd(m, as_I(a))",
                                    "add_sat(m, as_I(b))",
                                    "rotate(m, (I)1)",
                                    "mul_hi(m, as_I(a))",
                                    "bitselect(m, as_I(a), as_I(b))",
                                    "select(as_I(a), as_I(b), m)",
                                    "as_I((F)(m ? a : b))",
                                    "as_I(select(a, b, m))",
                                    "m & as_I(a)",
                                    "m ^ (I)(a == b)",
                                    "(I)!m",
                                    "(I)(m && (a != b))",
                                    "(I)(convert_U(m) > (U)0)"};

std::string number_text(std::string text, const Scalar& type, const std::string& n) {
  const std::string integer = type.same_size + n;
  const std::pair<std::regex, std::string> names[] = {
      {std::regex("as_I\\b"), "as_" + integer},
      {std::regex("convert_I\\b"), "convert_" + integer},
      {std::regex("convert_U\\b"), "convert_u" + integer},
      {std::regex("as_U\\b"), "as_u" + integer},
      {std::regex("\\bI\\b"), integer},
      {std::regex("\\bU\\b"), "u" + integer},
      {std::regex("\\bF\\b"), type.name + n},
      {std::regex("\\bLAST\\b"), std::to_string(type.bits - 1)}};
  for (const auto& [name, meaning] : names) text = std::regex_replace(text, name, meaning);
  return text;
}

// A comparison, a number made of it, and that converted to all types.
std::string comparison(const Scalar& type, const std::string& n, const std::string& test, const char* number,
                       const isa::Target& target) {
  const std::string from = type.name + n, integer = type.same_size + n;
  std::string body = "  const " + from + " a = " + load("in", type.name, n) +
                     ", b = " + load("other", type.name, n) + ";\n  const " + integer + " m = (" + integer +
                     ")(" + test + ");\n  const " + integer + " x = (" + integer + ")(" +
                     number_text(number, type, n) + ");\n";
  for (const Scalar& to : kScalars)
    if (exists(to, target))
      body += "  " + store("convert_" + (to.name + n) + "(x)", to.name, n) + " out += 1024;\n";
  body += "  " +
          store("convert_float" + n + "(convert_u" + integer + "(x) >> (u" + integer + ")" +
                    std::to_string(type.bits - 1) + ")",
                "float", n) +
          "\n";
  return kernel(body);
}

std::vector<std::string> comparisons(const isa::Target& target) {
  std::vector<std::string> pieces;
  for (const char* number : kNumbers)
    for (const Scalar& type : kScalars) {
      if (!exists(type, target)) continue;
      for (const std::string& test : tests_of(type))
        for (const char* n : kWidths) pieces.push_back(comparison(type, n, test, number, target));
    }
  return pieces;
}

// --- builtins as Clang's header declares them

// A kernel that loads what the function takes by value; pointers, images and samplers are its own arguments.
std::string kernel_of(const std::smatch& function, const isa::Target& target) {
  static const std::regex value(
      "(u?(?:char|short|int|long)|float|double|half|size_t|bool)(?:2|3|4|8|16)? a\\d+");
  // Not loads and stores of half, which every device has; pixels of images may be halves.
  static const std::regex needs_extensions(
      "image|sampler|atomic|atom_|sub_group|convert_half|as_half|^half |[(, ]half a|(^|[^_])half\\d+ ");
  static const std::regex argument(".*(?:\\*|image\\w+_t|sampler_t) ?a\\d+");
  const std::string whole = function[0], result = function[1], name = function[2];
  std::string parameters, call, list = function[3];
  if (!target.half && std::regex_search(whole, needs_extensions)) return {};
  static const std::regex comma(", ");
  for (std::sregex_token_iterator at(list.begin(), list.end(), comma, -1), end; at != end; ++at) {
    const std::string one = *at;
    if (one == "void") continue;
    const std::string variable = one.substr(one.rfind('a'));
    const std::string type = one.substr(0, one.size() - variable.size());
    const bool by_value = std::regex_match(one, value);
    if (!by_value && (!std::regex_match(one, argument) || one.find("private") != std::string::npos))
      return {};
    const bool generic =
        !by_value && one.find('*') != std::string::npos && one.find("__") == std::string::npos;
    parameters +=
        (by_value ? "global const " + type + "*" : (generic ? "global " : "") + type) + variable + ", ";
    call += (call.empty() ? "" : ", ") + variable + (by_value ? "[get_global_id(0)]" : "");
  }
  if (result == "void")
    return whole + "\nkernel void KERNEL(" + parameters + "int unused) { " + name + "(" + call + "); }\n";
  return whole + "\nkernel void KERNEL(" + parameters + "global " + result +
         "* result) { result[get_global_id(0)] = " + name + "(" + call + "); }\n";
}

std::vector<std::string> declared(const isa::Target& target) {
  static const std::regex function("(\\S.*\\S) (f\\d+)\\((.*)\\) \\{.*\\}");
  std::ifstream file(KIESEL_DECLARED_CL3_0);
  std::vector<std::string> pieces;
  for (std::string line; std::getline(file, line);) {
    std::smatch parts;
    if (!std::regex_match(line, parts, function)) continue;
    if (const std::string piece = kernel_of(parts, target); !piece.empty()) pieces.push_back(piece);
  }
  return pieces;
}

void check(std::vector<std::string> (*forms)(const isa::Target&), std::size_t step, std::size_t at_least) {
  for (const auto& [name, target] : build_targets()) {
    const auto pieces = forms(target);
    REQUIRE(pieces.size() >= at_least);
    INFO(name << ": " << pieces.size() << " kernels, every " << step << "th");
    CHECK(build_failures(every(step, step / 2, pieces), target) == "");
  }
}

// The steps have no divisor in common with the lengths of the lists, so that all of each list come by.
TEST_CASE("conversions build") { check(conversions, 7, 600); }
TEST_CASE("comparisons that become numbers build") { check(comparisons, 61, 10'000); }
TEST_CASE("declared builtins build") { check(declared, 13, 2'000); }

TEST_CASE("all conversions build", "[.long]") { check(conversions, 1, 600); }
TEST_CASE("all comparisons that become numbers build", "[.long]") { check(comparisons, 1, 10'000); }
TEST_CASE("all declared builtins build", "[.long]") { check(declared, 1, 2'000); }

}  // namespace
}  // namespace kiesel::compiler::builtins::test
