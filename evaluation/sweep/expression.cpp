#include "evaluation/sweep/expression.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <span>

namespace kiesel::sweep {
namespace {

constexpr std::size_t kMostText = 4096;  // bounds how deep evaluation goes, too
constexpr unsigned kMostNesting = 100;

bool starts_name(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool continues_name(char c) { return starts_name(c) || is_digit(c) || c == '.'; }

// Signs that are the start of others come after them.
constexpr std::string_view kOr[] = {"or"}, kAnd[] = {"and"};
constexpr std::string_view kCompare[] = {"==", "!=", "<=", ">=", "<", ">"};
constexpr std::string_view kSum[] = {"+", "-"}, kProduct[] = {"*", "/", "%"};
// From the weakest to the strongest; `not` stands between the second and the third.
constexpr std::span<const std::string_view> kLevels[] = {kOr, kAnd, kCompare, kSum, kProduct};
constexpr std::size_t kNotLevel = 2;

double apply(std::string_view operation, double a, double b) {
  if (operation == "+") return a + b;
  if (operation == "-") return a - b;
  if (operation == "*") return a * b;
  if (operation == "/") return a / b;
  if (operation == "%") return std::fmod(a, b);
  if (operation == "==") return a == b;
  if (operation == "!=") return a != b;
  if (operation == "<") return a < b;
  if (operation == "<=") return a <= b;
  if (operation == ">") return a > b;
  return a >= b;
}

}  // namespace

class ExpressionParser {
 public:
  explicit ExpressionParser(std::string_view text) { out_.text_ = text; }

  Result<Expression> parse() {
    if (out_.text_.size() > kMostText)
      return Error{Errc::kInvalidArgument, fmt::format("it has more than {} characters", kMostText)};
    level(0);
    skip_spaces();
    if (problem_.empty() && at_ < out_.text_.size())
      fail(fmt::format("'{}' is not understood", out_.text_.substr(at_)));
    if (!problem_.empty()) return Error{Errc::kInvalidArgument, problem_};
    return std::move(out_);
  }

 private:
  std::size_t fail(std::string_view what) {
    if (problem_.empty()) problem_ = fmt::format("at character {}: {}", at_ + 1, what);
    return 0;
  }
  std::size_t add(Expression::Node node) {
    out_.nodes_.push_back(node);
    return out_.nodes_.size() - 1;
  }
  void skip_spaces() {
    while (at_ < out_.text_.size() && std::isspace(static_cast<unsigned char>(out_.text_[at_]))) ++at_;
  }
  bool take(std::string_view sign) {
    skip_spaces();
    if (!out_.text_.substr(at_).starts_with(sign)) return false;
    const std::size_t end = at_ + sign.size();
    if (starts_name(sign[0]) && end < out_.text_.size() && continues_name(out_.text_[end])) return false;
    at_ = end;
    return true;
  }
  std::string_view take_one_of(std::span<const std::string_view> signs) {
    for (const std::string_view sign : signs)
      if (take(sign)) return sign;
    return {};
  }

  std::size_t level(std::size_t number) {
    if (number == std::size(kLevels)) return prefixed();
    if (number == kNotLevel && take("not")) return nested("not", kNotLevel);
    std::size_t left = level(number + 1);
    while (problem_.empty()) {
      const std::string_view operation = take_one_of(kLevels[number]);
      if (operation.empty()) break;
      const std::size_t right = level(number + 1);
      left = add({operation, 0, left, right});
    }
    return left;
  }
  // An operation of one operand, which is of this level.
  std::size_t nested(std::string_view operation, std::size_t number) {
    if (++depth_ > kMostNesting) return fail("it is nested too deeply");
    const std::size_t operand = number == std::size(kLevels) ? prefixed() : level(number);
    --depth_;
    return add({operation, 0, operand, 0});
  }
  std::size_t prefixed() { return take("-") ? nested("negative", std::size(kLevels)) : primary(); }

  std::size_t primary() {
    if (take("(")) {
      if (++depth_ > kMostNesting) return fail("it is nested too deeply");
      const std::size_t inner = level(0);
      --depth_;
      return take(")") ? inner : fail("')' is missing");
    }
    skip_spaces();
    if (at_ == out_.text_.size()) return fail("it ends too early");
    const char first = out_.text_[at_];
    if (is_digit(first) || first == '.') return number();
    return starts_name(first) ? name() : fail(fmt::format("'{}' is not understood", first));
  }
  std::size_t number() {
    double value = 0;
    const char* const begin = out_.text_.data() + at_;
    const char* const end = out_.text_.data() + out_.text_.size();
    const auto [after, error] = std::from_chars(begin, end, value);
    if (error != std::errc()) return fail("that is no number");
    at_ += static_cast<std::size_t>(after - begin);
    return add({{}, value, 0, 0});
  }
  std::size_t name() {
    const std::size_t begin = at_;
    while (at_ < out_.text_.size() && continues_name(out_.text_[at_])) ++at_;
    const std::string word = out_.text_.substr(begin, at_ - begin);
    if (word == "and" || word == "or" || word == "not") return fail(fmt::format("'{}' has no value", word));
    auto& names = out_.names_;
    const auto found = std::find(names.begin(), names.end(), word);
    const auto index = static_cast<std::size_t>(found - names.begin());
    if (found == names.end()) names.push_back(word);
    return add({"name", 0, index, 0});
  }

  Expression out_;
  std::string problem_;
  std::size_t at_ = 0;
  unsigned depth_ = 0;
};

Result<Expression> Expression::parse(std::string_view text) { return ExpressionParser(text).parse(); }

Result<double> Expression::evaluate(const ValueOf& value_of) const {
  return value(nodes_.size() - 1, value_of);
}

Result<double> Expression::logic(const Node& node, double left, const ValueOf& value_of) const {
  if ((left != 0) == (node.operation == "or")) return left != 0 ? 1.0 : 0.0;
  const auto right = value(node.right, value_of);
  return right ? Result<double>(*right != 0 ? 1.0 : 0.0) : right;
}

Result<double> Expression::value(std::size_t index, const ValueOf& value_of) const {
  const Node& node = nodes_[index];
  if (node.operation.empty()) return node.number;
  if (node.operation == "name") {
    if (const auto found = value_of(names_[node.left])) return *found;
    return Error{Errc::kInvalidArgument, fmt::format("'{}' has no value", names_[node.left])};
  }
  auto left = value(node.left, value_of);
  if (!left) return left;
  if (node.operation == "negative") return -*left;
  if (node.operation == "not") return *left == 0 ? 1.0 : 0.0;
  if (node.operation == "and" || node.operation == "or") return logic(node, *left, value_of);
  auto right = value(node.right, value_of);
  if (!right) return right;
  if (*right == 0 && (node.operation == "/" || node.operation == "%"))
    return Error{Errc::kInvalidArgument, fmt::format("'{}' divides by zero", text_)};
  return apply(node.operation, *left, *right);
}

}  // namespace kiesel::sweep
