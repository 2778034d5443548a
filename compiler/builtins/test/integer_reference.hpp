// The integer builtins and operators with their specified values in plain C++, and the edges of the types.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kiesel::compiler::builtins::test {

using Wide = __int128;

struct IntegerType {
  const char* name;
  unsigned bits;
  bool is_signed;

  Wide lowest() const { return is_signed ? -(Wide{1} << (bits - 1)) : 0; }
  Wide highest() const { return (Wide{1} << (is_signed ? bits - 1 : bits)) - 1; }
  bool holds(Wide value) const { return value >= lowest() && value <= highest(); }
  Wide wrap(Wide value) const;
  Wide saturate(Wide value) const;
  IntegerType with_sign(bool wanted) const;
  IntegerType doubled() const;
  // As a constant expression of OpenCL C.
  std::string text(Wide value) const;
};

const std::vector<IntegerType>& integer_types();
// Where results of this type change what they look like.
std::vector<Wide> edges(const IntegerType& type);
// What switches and comparisons ask for.
std::vector<Wide> special_values(const IntegerType& type);

struct Call {
  IntegerType type;
  bool vector;  // operators of vectors do not promote
  Wide a, b, c, d;
};

// `text` is OpenCL C of a, b, c and d, where @ is the width of vectors and # the name of the type.
struct Integer {
  const char* name;
  const char* text;
  const char* parameters;  // T: of the type, U: unsigned, n: a uint whatever the type
  Wide (*value)(const Call&);
  IntegerType (*result)(const IntegerType&);
  bool (*has)(const IntegerType&);
  bool (*defined)(const Call&);  // null: always
};

std::vector<Integer> integer_builtins();

}  // namespace kiesel::compiler::builtins::test
