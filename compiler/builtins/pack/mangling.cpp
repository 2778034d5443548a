#include "compiler/builtins/pack/mangling.hpp"

#include <algorithm>
#include <cctype>

namespace kiesel::compiler::builtins {
namespace {

// What a substitution can stand for, in the order in which the components end.
struct Component {
  ParameterType type;
  bool operator==(const Component&) const = default;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  std::optional<Signature> run() {
    Signature signature;
    if (!skip("_Z")) return std::nullopt;
    signature.name = identifier();
    if (signature.name.empty()) return std::nullopt;
    if (rest_ == "v") return signature;
    while (!rest_.empty()) {
      auto type = parse_type();
      if (!type) return std::nullopt;
      signature.parameters.push_back(*type);
    }
    return signature;
  }

 private:
  bool skip(std::string_view prefix) {
    if (!rest_.starts_with(prefix)) return false;
    rest_.remove_prefix(prefix.size());
    return true;
  }

  int number() {
    int value = 0;
    while (!rest_.empty() && std::isdigit(static_cast<unsigned char>(rest_[0]))) {
      value = value * 10 + (rest_[0] - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }

  std::string identifier() {
    std::size_t length = static_cast<std::size_t>(number());
    if (length == 0 || length > rest_.size()) return {};
    std::string text(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return text;
  }

  std::optional<ParameterType> substitution() {
    std::size_t index = 0;
    if (!skip("_")) {
      for (; !rest_.empty() && rest_[0] != '_'; rest_.remove_prefix(1)) {
        char digit = rest_[0];
        index = index * 36 + static_cast<std::size_t>(digit <= '9' ? digit - '0' : digit - 'A' + 10);
      }
      index += 1;
      skip("_");
    }
    if (index >= components_.size()) return std::nullopt;
    return components_[index].type;
  }

  std::optional<ParameterType> parse_scalar() {
    ParameterType type;
    if (rest_.starts_with("Dh")) {
      type.scalar = "Dh";
      rest_.remove_prefix(2);
    } else if (!rest_.empty() && std::isdigit(static_cast<unsigned char>(rest_[0]))) {
      std::string text = identifier();
      if (text.empty()) return std::nullopt;
      type.scalar = std::to_string(text.size()) + text;
      components_.push_back({type});
    } else if (!rest_.empty() && std::string_view("cahstijlmfdbv").find(rest_[0]) != std::string_view::npos) {
      type.scalar = rest_.substr(0, 1);
      rest_.remove_prefix(1);
    } else {
      return std::nullopt;
    }
    return type;
  }

  std::optional<ParameterType> parse_type() {
    if (skip("S")) return substitution();
    if (skip("P")) return parse_pointer();
    if (skip("Dv")) {
      int width = number();
      if (!skip("_")) return std::nullopt;
      auto type = parse_scalar();
      if (!type) return std::nullopt;
      type->width = width;
      components_.push_back({*type});
      return type;
    }
    return parse_scalar();
  }

  std::optional<ParameterType> parse_pointer() {
    int address_space = 0;
    if (skip("U3AS")) address_space = number();
    std::string qualifiers;
    while (!rest_.empty() && std::string_view("rVK").find(rest_[0]) != std::string_view::npos) {
      qualifiers += rest_[0];
      rest_.remove_prefix(1);
    }
    bool atomic = skip("U7_Atomic");
    auto type = parse_type();
    if (!type || type->is_pointer) return std::nullopt;
    if (atomic) {
      type->qualifiers = "A";
      components_.push_back({*type});
    }
    if (address_space != 0 || !qualifiers.empty()) {
      type->address_space = address_space;
      type->qualifiers = qualifiers + type->qualifiers;
      components_.push_back({*type});
    }
    type->is_pointer = true;
    components_.push_back({*type});
    return type;
  }

  std::string_view rest_;
  std::vector<Component> components_;
};

class Printer {
 public:
  std::string run(const Signature& signature) {
    text_ = "_Z" + std::to_string(signature.name.size()) + signature.name;
    for (const ParameterType& type : signature.parameters) print(type);
    if (signature.parameters.empty()) text_ += "v";
    return text_;
  }

 private:
  bool substituted(const ParameterType& type) {
    auto at = std::find(components_.begin(), components_.end(), Component{type});
    if (at == components_.end()) return false;
    std::size_t index = static_cast<std::size_t>(at - components_.begin());
    text_ += "S";
    if (index > 0) text_ += "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[index - 1];
    text_ += "_";
    return true;
  }

  void print(const ParameterType& type) {
    bool builtin = !type.is_pointer && type.qualifiers.empty() && type.address_space == 0 &&
                   type.width == 1 && !std::isdigit(static_cast<unsigned char>(type.scalar[0]));
    if (builtin) {
      text_ += type.scalar;
      return;
    }
    if (substituted(type)) return;
    print_new(type);
    components_.push_back({type});
  }

  void print_new(ParameterType type) {
    if (type.is_pointer) {
      text_ += "P";
      type.is_pointer = false;
      print(type);
    } else if (type.address_space != 0 || (!type.qualifiers.empty() && type.qualifiers != "A")) {
      if (type.address_space != 0) text_ += "U3AS" + std::to_string(type.address_space);
      bool atomic = type.qualifiers.ends_with("A");
      text_ += type.qualifiers.substr(0, type.qualifiers.size() - (atomic ? 1 : 0));
      type.address_space = 0;
      type.qualifiers = atomic ? "A" : "";
      print(type);
    } else if (type.qualifiers == "A") {
      text_ += "U7_Atomic";
      type.qualifiers.clear();
      print(type);
    } else if (type.width > 1) {
      text_ += "Dv" + std::to_string(type.width) + "_" + type.scalar;
    } else {
      text_ += type.scalar;
    }
  }

  std::string text_;
  std::vector<Component> components_;
};

}  // namespace

std::optional<Signature> demangle(std::string_view symbol) { return Parser(symbol).run(); }
std::string mangle(const Signature& signature) { return Printer().run(signature); }

}  // namespace kiesel::compiler::builtins
