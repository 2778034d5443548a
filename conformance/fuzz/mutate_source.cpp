#include <algorithm>
#include <cctype>

#include "conformance/fuzz/mutate.hpp"

namespace kiesel::conformance {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// Words, numbers, blanks and single signs.
std::vector<std::string> tokens_of(const std::string& text) {
  std::vector<std::string> tokens;
  for (std::size_t at = 0; at < text.size();) {
    auto end = at + 1;
    while (is_word(text[at]) && end < text.size() && is_word(text[end])) ++end;
    tokens.push_back(text.substr(at, end - at));
    at = end;
  }
  return tokens;
}

void change(std::vector<std::string>& tokens, Random& random) {
  constexpr const char* kStrange[] = {"int",
                                      "global",
                                      "local",
                                      "kernel",
                                      "float4",
                                      "((",
                                      "}",
                                      "\"",
                                      "#",
                                      "__attribute__",
                                      "0xffffffffffffffff",
                                      "1e999f",
                                      "->",
                                      "sizeof",
                                      "typedef",
                                      "struct",
                                      "\\\n",
                                      "/*",
                                      "?",
                                      "half",
                                      "image2d_t",
                                      "event_t",
                                      "goto",
                                      "case",
                                      "__builtin_trap()",
                                      "[-1]",
                                      "[1 << 30]",
                                      "asm(\"\")"};
  const auto pick = [&] { return static_cast<std::ptrdiff_t>(random() % tokens.size()); };
  const auto at = tokens.begin() + pick();
  switch (random() % 7) {
    case 0:
      tokens.erase(at);
      return;
    case 1:
      tokens.insert(at, *at);
      return;
    case 2:
      std::iter_swap(at, tokens.begin() + pick());
      return;
    case 3:
      *at = tokens[static_cast<std::size_t>(pick())];
      return;
    case 4:
      *at = kStrange[random() % std::size(kStrange)];
      return;
    case 5: {  // a run of tokens goes away
      const auto count =
          std::min<std::ptrdiff_t>(tokens.end() - at, 1 + static_cast<std::ptrdiff_t>(random() % 12));
      tokens.erase(at, at + count);
      return;
    }
    default:
      at->insert(random() % (at->size() + 1), 1, static_cast<char>(1 + random() % 255));
  }
}

}  // namespace

std::string mutate_source(const std::string& text, Random& random) {
  auto tokens = tokens_of(text);
  const auto changes = 1 + random() % 4 / 2;
  for (std::size_t i = 0; i < changes && !tokens.empty(); ++i) change(tokens, random);
  std::string result;
  for (const auto& token : tokens) result += token;
  return result;
}

}  // namespace kiesel::conformance
