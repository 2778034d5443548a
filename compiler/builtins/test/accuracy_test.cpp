// Math functions on the device model against the host's long double functions, within the limits of OpenCL
// C 7.4 (full profile), over corner values and random points.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <random>
#include <type_traits>

#include "compiler/builtins/test/model_program.hpp"

namespace kiesel::compiler::builtins::test {
namespace {

using Wide = long double;
using Limits = std::numeric_limits<Wide>;
constexpr Wide kPi = 3.14159265358979323846264338327950288L;

struct Function {
  const char* name;
  int arity;
  double float_limit, double_limit;  // units in the last place
  std::function<Wide(Wide, Wide)> reference;
  bool any_zero = false;  // the specification does not choose the sign of a zero
};

Wide sin_pi(Wide x) {
  if (!std::isfinite(x)) return Limits::quiet_NaN();
  Wide t = std::fmod(x, 2.0L);
  if (std::fmod(t, 1.0L) == 0) return std::copysign(0.0L, x);
  if (std::fabs(t) > 0.5L && std::fabs(t) <= 1.5L) t = std::copysign(1.0L, t) - t;
  if (std::fabs(t) > 1.5L) t -= std::copysign(2.0L, t);
  return std::sin(kPi * t);
}

Wide cos_pi(Wide x) {
  if (!std::isfinite(x)) return Limits::quiet_NaN();
  Wide t = std::fabs(std::fmod(x, 2.0L));
  if (t > 1) t = 2 - t;
  if (t == 0.5L) return 0;
  return t < 0.25L ? std::cos(kPi * t) : std::sin(kPi * (0.5L - t));
}

Wide tan_pi(Wide x) {
  if (!std::isfinite(x)) return Limits::quiet_NaN();
  Wide whole = std::fmod(x, 2.0L), magnitude = std::fabs(whole);
  if (magnitude == 0) return std::copysign(0.0L, x);
  if (magnitude == 1) return std::copysign(0.0L, -x);
  if (magnitude == 0.5L) return std::copysign(Limits::infinity(), x);
  if (magnitude == 1.5L) return std::copysign(Limits::infinity(), -x);
  return sin_pi(x) / cos_pi(x);
}

Wide powr(Wide x, Wide y) {
  bool undefined = std::isnan(x) || std::isnan(y) || x < 0 || (x == 0 && y == 0) ||
                   (std::isinf(x) && y == 0) || (x == 1 && std::isinf(y));
  if (undefined) return Limits::quiet_NaN();
  return std::pow(std::fabs(x), y);
}

Wide larger_magnitude(Wide x, Wide y) {
  return std::fabs(x) > std::fabs(y) ? x : std::fabs(y) > std::fabs(x) ? y : std::fmax(x, y);
}
Wide smaller_magnitude(Wide x, Wide y) {
  return std::fabs(x) < std::fabs(y) ? x : std::fabs(y) < std::fabs(x) ? y : std::fmin(x, y);
}

#define UNARY(expression) [](Wide x, Wide) -> Wide { return expression; }
#define BINARY(expression) [](Wide x, Wide y) -> Wide { return expression; }

// A limit of 0 is what the specification calls correctly rounded where the host's long double holds the exact
// value; sqrt's may lie half way. lgamma has no limit; its relative error grows near the zeros below 0.
const Function kFunctions[] = {
    {"acos", 1, 4, 4, UNARY(std::acos(x))},
    {"acosh", 1, 4, 4, UNARY(std::acosh(x))},
    {"acospi", 1, 5, 5, UNARY(std::acos(x) / kPi)},
    {"asin", 1, 4, 4, UNARY(std::asin(x))},
    {"asinh", 1, 4, 4, UNARY(std::asinh(x))},
    {"asinpi", 1, 5, 5, UNARY(std::asin(x) / kPi)},
    {"atan", 1, 5, 5, UNARY(std::atan(x))},
    {"atanh", 1, 5, 5, UNARY(std::atanh(x))},
    {"atanpi", 1, 5, 5, UNARY(std::atan(x) / kPi)},
    {"cbrt", 1, 2, 2, UNARY(std::cbrt(x))},
    {"ceil", 1, 0, 0, UNARY(std::ceil(x))},
    {"cos", 1, 4, 4, UNARY(std::cos(x))},
    {"cosh", 1, 4, 4, UNARY(std::cosh(x))},
    {"cospi", 1, 4, 4, UNARY(cos_pi(x))},
    {"erf", 1, 16, 16, UNARY(std::erf(x))},
    {"erfc", 1, 16, 16, UNARY(std::erfc(x))},
    {"exp", 1, 3, 3, UNARY(std::exp(x))},
    {"exp10", 1, 3, 3, UNARY(std::pow(10.0L, x))},
    {"exp2", 1, 3, 3, UNARY(std::exp2(x))},
    {"expm1", 1, 3, 3, UNARY(std::expm1(x))},
    {"fabs", 1, 0, 0, UNARY(std::fabs(x))},
    {"floor", 1, 0, 0, UNARY(std::floor(x))},
    {"lgamma", 1, 16, 1024, UNARY(std::lgamma(x))},
    {"log", 1, 3, 3, UNARY(std::log(x))},
    {"log10", 1, 3, 3, UNARY(std::log10(x))},
    {"log1p", 1, 2, 2, UNARY(std::log1p(x))},
    {"log2", 1, 3, 3, UNARY(std::log2(x))},
    {"logb", 1, 0, 0, UNARY(std::logb(x))},
    {"rint", 1, 0, 0, UNARY(std::rint(x))},
    {"round", 1, 0, 0, UNARY(std::round(x))},
    {"rsqrt", 1, 2, 2, UNARY(x == 0 ? std::copysign(Limits::infinity(), x) : 1 / std::sqrt(x))},
    {"sin", 1, 4, 4, UNARY(std::sin(x))},
    {"sinh", 1, 4, 4, UNARY(std::sinh(x))},
    {"sinpi", 1, 4, 4, UNARY(sin_pi(x))},
    {"sqrt", 1, 0.5, 0.5, UNARY(std::sqrt(x))},
    {"tan", 1, 5, 5, UNARY(std::tan(x))},
    {"tanh", 1, 5, 5, UNARY(std::tanh(x))},
    {"tanpi", 1, 6, 6, UNARY(tan_pi(x))},
    {"tgamma", 1, 16, 16, UNARY(std::tgamma(x))},
    {"trunc", 1, 0, 0, UNARY(std::trunc(x))},
    {"atan2", 2, 6, 6, BINARY(std::atan2(x, y))},
    {"atan2pi", 2, 6, 6, BINARY(std::atan2(x, y) / kPi)},
    {"copysign", 2, 0, 0, BINARY(std::copysign(x, y))},
    {"fdim", 2, 0, 0, BINARY(std::fdim(x, y))},
    {"fmax", 2, 0, 0, BINARY(std::fmax(x, y)), true},
    {"fmin", 2, 0, 0, BINARY(std::fmin(x, y)), true},
    {"fmod", 2, 0, 0, BINARY(std::fmod(x, y))},
    {"hypot", 2, 4, 4, BINARY(std::hypot(x, y))},
    {"maxmag", 2, 0, 0, BINARY(larger_magnitude(x, y)), true},
    {"minmag", 2, 0, 0, BINARY(smaller_magnitude(x, y)), true},
    {"pow", 2, 16, 16, BINARY(std::pow(x, y))},
    {"powr", 2, 16, 16, BINARY(powr(x, y))},
    {"remainder", 2, 0, 0, BINARY(std::remainder(x, y))},
};

template <class T>
const char* type_name() {
  return std::is_same_v<T, float> ? "float" : "double";
}

template <class T>
std::string kernel_source(const Function& function) {
  std::string type = type_name<T>();
  return "kernel void " + type + "_" + function.name + "(global const " + type + "* x, global const " + type +
         "* y, global " + type + "* out) { size_t i = get_global_id(0); out[i] = " + function.name +
         (function.arity == 1 ? "(x[i]); }\n" : "(x[i], y[i]); }\n");
}

// Corner values, then random bits, random values in small ranges, and random exponents.
template <class T>
std::vector<T> points(std::size_t count, std::uint64_t seed) {
  using L = std::numeric_limits<T>;
  std::vector<T> values{0,
                        1,
                        2,
                        3,
                        0.5,
                        1.5,
                        2.5,
                        0.25,
                        10,
                        33,
                        88,
                        89,
                        127,
                        128,
                        149,
                        150,
                        170,
                        709,
                        710,
                        745,
                        1023,
                        1024,
                        8388607.5,
                        8388608,
                        1e10,
                        1e30,
                        27,
                        35.5,
                        36,
                        1e-5,
                        1e-20,
                        0.75,
                        T(kPi),
                        T(kPi / 2),
                        T(kPi / 4),
                        L::infinity(),
                        L::denorm_min(),
                        L::min(),
                        L::max(),
                        1 - L::epsilon() / 2,
                        1 + L::epsilon(),
                        T(1) / L::epsilon(),
                        T(0.5) / L::epsilon() - T(0.5)};
  for (std::size_t i = 0, corners = values.size(); i < corners; ++i) values.push_back(-values[i]);
  values.push_back(L::quiet_NaN());
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<T> unit(-1, 1);
  while (values.size() < count) {
    std::uint64_t bits = random();
    T any;
    std::memcpy(&any, &bits, sizeof any);
    values.push_back(any);
    values.push_back(unit(random) * 2);
    values.push_back(unit(random) * 100);
    values.push_back(1 + unit(random) / 16);
    values.push_back(std::ldexp(unit(random), static_cast<int>(random() % 60) - 30));
  }
  values.resize(count);
  return values;
}

// The distance from the exact value in units in the last place of T there; infinite where no number is right.
template <class T>
double error_in_ulps(T found, Wide exact, bool any_zero) {
  using L = std::numeric_limits<T>;
  constexpr double kWrong = std::numeric_limits<double>::infinity();
  if (std::isnan(exact) || std::isnan(found)) return std::isnan(exact) && std::isnan(found) ? 0 : kWrong;
  if (static_cast<Wide>(found) == exact)
    return exact != 0 || any_zero || std::signbit(found) == std::signbit(exact) ? 0 : kWrong;
  T nearest = static_cast<T>(exact);
  if (found == nearest) return 0;
  if (std::isinf(exact)) return kWrong;
  // One beyond the largest number counts as the next number.
  Wide value =
      std::isinf(found) ? std::copysign(std::ldexp(1.0L, L::max_exponent), static_cast<Wide>(found)) : found;
  int exponent = exact == 0 ? L::min_exponent : std::max(std::ilogb(exact) + 1, L::min_exponent);
  return static_cast<double>(std::fabs(value - exact) / std::ldexp(1.0L, exponent - L::digits));
}

template <class T>
void check_function(ModelProgram& program, const Function& function, const std::vector<T>& xs,
                    const std::vector<T>& ys, double limit) {
  Bytes x = bytes_of(xs), y = bytes_of(ys), out(x.size());
  program.run(std::string(type_name<T>()) + "_" + function.name, {&x, &y, &out}, xs.size(), 64);
  std::vector<T> found = values_of<T>(out);
  double worst = -1;
  std::size_t at = 0;
  for (std::size_t i = 0; i < xs.size(); ++i) {
    double error = error_in_ulps(found[i], function.reference(xs[i], ys[i]), function.any_zero);
    if (error > worst) worst = error, at = i;
  }
  CAPTURE(function.name, type_name<T>(), xs[at], ys[at], found[at], function.reference(xs[at], ys[at]));
  CHECK(worst <= limit);
}

template <class T>
void check_all(double Function::*limit) {
  std::string source;
  for (const Function& function : kFunctions) source += kernel_source<T>(function);
  ModelProgram program(source);
  const auto singles = points<T>(1536, 1);
  std::vector<T> xs, ys;
  const auto corners = points<T>(92, 2), others = points<T>(2048, 3);
  for (T x : corners)
    for (T y : corners) xs.push_back(x), ys.push_back(y);
  for (std::size_t i = 0; i + 7 < others.size(); ++i) xs.push_back(others[i]), ys.push_back(others[i + 7]);
  xs.resize(xs.size() / 64 * 64);
  ys.resize(xs.size());
  for (const Function& function : kFunctions) {
    if (function.arity == 1) {
      check_function<T>(program, function, singles, singles, function.*limit);
    } else {
      check_function<T>(program, function, xs, ys, function.*limit);
    }
  }
}

}  // namespace

TEST_CASE("float functions keep the specification's accuracy") { check_all<float>(&Function::float_limit); }

TEST_CASE("double functions keep the specification's accuracy") {
  check_all<double>(&Function::double_limit);
}

}  // namespace kiesel::compiler::builtins::test
