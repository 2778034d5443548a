// Functions that instructions of SPV_KHR_cooperative_matrix become (words/lower_cooperative_matrices.cpp),
// until the back end, which knows the device, makes code of them (backend/matrices.cpp). Their names say all:
// the modules that a device gets may be those of others.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace kiesel::compiler {

// "kiesel.sub_group_matrix.<number>.<words, each after a point>": the number makes the name the only one.
inline constexpr std::string_view kMatrixPrefix = "kiesel.sub_group_matrix.";

// What matrices of a use hold in a work-item: A and B words with elements side by side, sums an element a
// word.
enum class MatrixUse : std::uint32_t { kA, kB, kSum };  // as SPIR-V numbers them

// The words behind the number; none where the name is another one.
inline std::vector<std::string_view> matrix_words(std::string_view name) {
  std::vector<std::string_view> words;
  if (!name.starts_with(kMatrixPrefix)) return words;
  for (std::size_t at = name.find('.', kMatrixPrefix.size()); at != name.npos;) {
    const std::size_t end = name.find('.', at + 1);
    words.push_back(name.substr(at + 1, end == name.npos ? end : end - at - 1));
    at = end;
  }
  return words;
}

inline std::optional<std::uint32_t> matrix_number(std::string_view word) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return number;
}

}  // namespace kiesel::compiler
