// Expressions of a plan: numbers, names, + - * / %, comparisons, and, or, not, parentheses. Truth is 1, 0
// else.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/result.hpp"

namespace kiesel::sweep {

class Expression {
 public:
  // kInvalidArgument with the place, counted from 1. Names are words with dots in them: data_cache.bytes.
  static Result<Expression> parse(std::string_view text);

  using ValueOf = std::function<std::optional<double>(std::string_view name)>;
  // kInvalidArgument for a name without a value and for a division by zero. What `and` and `or` need not know
  // is not looked at.
  Result<double> evaluate(const ValueOf& value_of) const;

  const std::vector<std::string>& names() const { return names_; }  // each once
  const std::string& text() const { return text_; }

 private:
  friend class ExpressionParser;
  struct Node {
    std::string_view operation;  // empty: a number; "name": names_[left]
    double number = 0;
    std::size_t left = 0, right = 0;
  };
  Result<double> value(std::size_t node, const ValueOf& value_of) const;
  Result<double> logic(const Node& node, double left, const ValueOf& value_of) const;

  std::string text_;
  std::vector<std::string> names_;
  std::vector<Node> nodes_;  // the last one is the whole
};

}  // namespace kiesel::sweep
