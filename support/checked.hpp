// Arithmetic on sizes that come from outside: what does not fit is told, or is the largest number.
#pragma once

#include <concepts>
#include <limits>
#include <optional>

namespace kiesel {

// The product of all; none where it does not fit into T.
template <std::unsigned_integral T, std::same_as<T>... Rest>
constexpr std::optional<T> checked_product(T first, Rest... rest) {
  bool fits = true, zero = first == 0;
  T out = first;
  ((zero = zero || rest == 0, fits = !__builtin_mul_overflow(out, rest, &out) && fits), ...);
  if (zero) return T{0};
  return fits ? std::optional<T>(out) : std::nullopt;
}

// The sum of all; none where it does not fit into T.
template <std::unsigned_integral T, std::same_as<T>... Rest>
constexpr std::optional<T> checked_sum(T first, Rest... rest) {
  bool fits = true;
  T out = first;
  ((fits = !__builtin_add_overflow(out, rest, &out) && fits), ...);
  return fits ? std::optional<T>(out) : std::nullopt;
}

template <std::unsigned_integral T, std::same_as<T>... Rest>
constexpr T saturating_product(T first, Rest... rest) {
  return checked_product(first, rest...).value_or(std::numeric_limits<T>::max());
}

template <std::unsigned_integral T, std::same_as<T>... Rest>
constexpr T saturating_sum(T first, Rest... rest) {
  return checked_sum(first, rest...).value_or(std::numeric_limits<T>::max());
}

template <std::unsigned_integral T, std::unsigned_integral From>
constexpr T saturating_cast(From value) {
  return value > std::numeric_limits<T>::max() ? std::numeric_limits<T>::max() : static_cast<T>(value);
}

}  // namespace kiesel
