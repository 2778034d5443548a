// The part of the Itanium C++ ABI's name mangling that OpenCL C builtins use: scalars, vectors, enumerations
// and qualified pointers to them, with substitutions (Itanium C++ ABI 5.1.10).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kiesel::compiler::builtins {

struct ParameterType {
  bool is_pointer = false;
  int address_space = 0;   // of the pointee
  std::string qualifiers;  // of the pointee: any of "r", "V", "K", and "A" for _Atomic
  int width = 1;           // lanes of the vector; 1 is a scalar
  std::string scalar;      // "f", "Dh", "12memory_scope"

  bool operator==(const ParameterType&) const = default;
};

struct Signature {
  std::string name;
  std::vector<ParameterType> parameters;
};

// Nothing for a name that is not mangled or uses more of the ABI.
std::optional<Signature> demangle(std::string_view symbol);
std::string mangle(const Signature& signature);

}  // namespace kiesel::compiler::builtins
