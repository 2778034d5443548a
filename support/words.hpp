// Lists of words with a space between them, as OpenCL has them of extensions.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

namespace kiesel {

// Whether `is_it` says so of a word.
template <class IsIt>
bool any_word(std::string_view list, IsIt is_it) {
  for (std::size_t at = 0; at < list.size();) {
    const auto end = std::min(list.find(' ', at), list.size());
    if (is_it(list.substr(at, end - at))) return true;
    at = end + 1;
  }
  return false;
}

inline bool has_word(std::string_view list, std::string_view wanted) {
  return any_word(list, [wanted](std::string_view word) { return word == wanted; });
}

// The words of a list that are not empty, which point into it.
inline std::vector<std::string_view> words_of(std::string_view list, char separator = ' ') {
  std::vector<std::string_view> words;
  while (!list.empty()) {
    const auto end = std::min(list.find(separator), list.size());
    if (end) words.push_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return words;
}

}  // namespace kiesel
