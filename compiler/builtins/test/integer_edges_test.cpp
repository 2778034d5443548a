// Every integer builtin at the edges of its types, on the device model: what it gives is stored, and
// compared, shifted, divided and branched on in the kernel itself, where an optimiser that assumes too much
// about it shows.
#include <catch2/catch.hpp>
#include <cstring>

#include "compiler/builtins/test/integer_reference.hpp"
#include "compiler/builtins/test/model_program.hpp"

namespace kiesel::compiler::builtins::test {
namespace {

constexpr IntegerType kUint{"uint", 32, false};
constexpr unsigned kWidths[] = {2, 3, 4, 8, 16};
constexpr std::size_t kWholeVectors = 48;  // a number of values that all widths divide

std::string text(std::uint64_t number) { return std::to_string(number); }

void replace_all(std::string& whole, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = whole.find(from, at)) != std::string::npos; at += to.size())
    whole.replace(at, from.size(), to);
}

std::string call_text(const Integer& builtin, const IntegerType& type, unsigned width) {
  std::string call = builtin.text;
  replace_all(call, "@", width == 1 ? "" : text(width));
  replace_all(call, "#", type.name);
  return call;
}

IntegerType parameter_type(const Integer& builtin, const IntegerType& type, std::size_t index) {
  const char kind = builtin.parameters[index];
  return kind == 'n' ? kUint : kind == 'U' ? type.with_sign(false) : type;
}

// --- what a kernel sees of a result, and the same in C++

std::string probe_text(const IntegerType& type) {
  const std::string name = type.name, bits = text(type.bits);
  const auto special = special_values(type);
  std::string made = "inline uint probe_" + name + "(" + name + " r, " + name + " a) {\n  uint seen = 0u;\n" +
                     "  if (r < 0) seen |= 1u;\n  if (r > " + type.text(type.highest() / 2) +
                     ") seen |= 2u;\n" + "  seen |= (uint)((" + type.with_sign(false).name + ")r >> " +
                     text(type.bits - 1) + ") << 2;\n  switch (r) {\n";
  for (std::size_t i = 0; i < special.size(); ++i)
    made += "    case " + type.text(special[i]) + ": seen |= " + text((i + 1) << 3) + "u; break;\n";
  made += "  }\n";
  for (std::size_t i = 0; i < 4; ++i)
    made += "  if (r " + std::string(i % 2 ? "!= " : "== ") + type.text(special[i]) +
            ") seen |= " + text(64u << i) + "u;\n";
  return made +
         "  seen |= (r == a ? 1024u : 0u) | (r < a ? 2048u : 0u);\n"
         "  seen ^= (uint)((ulong)r >> 31) << 12;\n"
         "  return seen + (uint)(r % 7) * 0x9E3779B1u + (uint)(r / 3) * 0x85EBCA6Bu;\n}\n";
}

std::uint32_t probe(const IntegerType& type, Wide r, Wide a) {
  const auto special = special_values(type);
  const Wide pattern = type.with_sign(false).wrap(r);
  Wide seen = (r < 0 ? 1 : 0) | (r > type.highest() / 2 ? 2 : 0) | (pattern >> (type.bits - 1)) << 2;
  for (std::size_t i = 0; i < special.size(); ++i)
    if (r == special[i]) seen |= static_cast<Wide>(i + 1) << 3;
  for (std::size_t i = 0; i < 4; ++i)
    if ((r == special[i]) != (i % 2 == 1)) seen |= Wide{64} << i;
  seen |= (r == a ? 1024 : 0) | (r < a ? 2048 : 0);
  seen ^= kUint.wrap(integer_types().back().wrap(r) >> 31) << 12;
  return static_cast<std::uint32_t>(
      kUint.wrap(kUint.wrap(seen) + kUint.wrap(r % 7) * 0x9E3779B1 + kUint.wrap(r / 3) * 0x85EBCA6B));
}

// Bits of an unsigned vector as wide as the result.
std::string vector_probe_text(const IntegerType& type, unsigned width) {
  const auto special = special_values(type);
  const std::string n = text(width), name = type.name + n, bits = type.with_sign(false).name + n;
  const auto constant = [&](Wide value) { return "(" + name + ")" + type.text(value); };
  const auto flag = [&](const std::string& test, unsigned bit) {
    return "  seen |= as_" + bits + "(" + test + ") & (" + bits + ")" + text(bit) + ";\n";
  };
  return "inline " + bits + " probe_" + name + "(" + name + " r, " + name + " a) {\n  " + bits +
         " seen = (as_" + bits + "(r) >> (" + bits + ")" + text(type.bits - 1) + ") << (" + bits + ")3;\n" +
         flag("r < " + constant(0), 1) + flag("r == " + constant(special[0]), 2) +
         flag("r > " + constant(type.highest() / 2), 4) + flag("r != " + constant(special[2]), 16) +
         flag("r >= a", 32) + flag("r % " + constant(7) + " == " + constant(1), 64) + "  return seen;\n}\n";
}

Wide vector_probe(const IntegerType& type, Wide r, Wide a) {
  const auto special = special_values(type);
  const Wide pattern = type.with_sign(false).wrap(r);
  return (pattern >> (type.bits - 1)) << 3 | (r < 0 ? 1 : 0) | (r == special[0] ? 2 : 0) |
         (r > type.highest() / 2 ? 4 : 0) | (r != special[2] ? 16 : 0) | (r >= a ? 32 : 0) |
         (r % 7 == 1 ? 64 : 0);
}

// --- kernels

std::string kernel_name(const Integer& builtin, unsigned width) { return builtin.name + ("_" + text(width)); }

std::string kernel_head(const std::string& name, const Integer& builtin, const IntegerType& type) {
  std::string made = "kernel void " + name + "(";
  for (std::size_t i = 0; i < std::strlen(builtin.parameters); ++i)
    made += "global const " + std::string(parameter_type(builtin, type, i).name) + "* p" + text(i) + ", ";
  return made;
}

std::string scalar_kernel(const Integer& builtin, const IntegerType& type) {
  const std::string result = builtin.result(type).name;
  std::string made = kernel_head(kernel_name(builtin, 1), builtin, type) + "global " + result +
                     "* values, global uint* seen) {\n  const size_t i = get_global_id(0);\n";
  for (std::size_t i = 0; i < std::strlen(builtin.parameters); ++i)
    made += "  const " + std::string(parameter_type(builtin, type, i).name) + " " + "abcd"[i] + " = p" +
            text(i) + "[i];\n";
  return made + "  const " + result + " r = " + call_text(builtin, type, 1) +
         ";\n  values[i] = r;\n  seen[i] = probe_" + result + "(r, (" + result + ")a);\n}\n";
}

// Offset and count of bit fields are one for all elements: of the first value.
std::string vector_kernel(const Integer& builtin, const IntegerType& type, unsigned width) {
  const IntegerType result = builtin.result(type);
  const std::string n = text(width), name = result.name, bits = result.with_sign(false).name;
  std::string made = kernel_head(kernel_name(builtin, width), builtin, type) + "global " + name +
                     "* values, global " + bits + "* seen, global uint* last) {\n" +
                     "  const size_t i = get_global_id(0);\n";
  for (std::size_t i = 0; i < std::strlen(builtin.parameters); ++i) {
    const std::string from = parameter_type(builtin, type, i).name, variable(1, "abcd"[i]);
    made += builtin.parameters[i] == 'n'
                ? "  const uint " + variable + " = p" + text(i) + "[i * " + n + "];\n"
                : "  const " + from + n + " " + variable + " = vload" + n + "(i, p" + text(i) + ");\n";
  }
  const std::string end = ".s" + std::string(1, "0123456789abcdef"[width - 1]);
  return made + "  const " + name + n + " r = " + call_text(builtin, type, width) + ";\n  vstore" + n +
         "(r, i, values);\n  vstore" + n + "(probe_" + name + n + "(r, convert_" + name + n +
         "(a)), i, seen);\n  last[i] = probe_" + name + "(r" + end + ", (" + name + ")a" + end + ");\n}\n";
}

// Which of the arguments are constants, and which ones; -1 is the one value that comes from memory.
using Pattern = std::vector<int>;

std::vector<Pattern> patterns(std::size_t parameters) {
  constexpr int kSpecial = 6;
  std::vector<Pattern> made;
  for (int i = 0; i < kSpecial; ++i) {
    const int other = (i + 1) % kSpecial;
    if (parameters == 1) made.push_back({i});
    if (parameters == 2) made.insert(made.end(), {{-1, i}, {i, -1}, {i, other}});
    if (parameters == 3)
      made.insert(made.end(),
                  {{-1, i, other}, {-1, other, i}, {i, -1, other}, {i, i, -1}, {-1, -1, i}, {-1, i, -1}});
  }
  if (parameters > 1) made.emplace_back(parameters, -1);
  return made;
}

Wide constant_of(const IntegerType& type, int index) {
  return special_values(type)[static_cast<std::size_t>(index)];
}

std::string constants_kernel(const Integer& builtin, const IntegerType& type) {
  const auto all = patterns(std::strlen(builtin.parameters));
  const std::string result = builtin.result(type).name;
  std::string made = kernel_head(builtin.name + std::string("_constants"), builtin, type) +
                     "global uint* seen) {\n  const size_t i = get_global_id(0);\n";
  for (std::size_t k = 0; k < all.size(); ++k) {
    made += "  {\n";
    for (std::size_t i = 0; i < all[k].size(); ++i) {
      const IntegerType from = parameter_type(builtin, type, i);
      made += "    const " + std::string(from.name) + " " + "abcd"[i] + " = " +
              (all[k][i] < 0 ? "(" + std::string(from.name) + ")p0[i]"
                             : from.text(constant_of(from, all[k][i]))) +
              ";\n";
    }
    made += "    seen[i * " + text(all.size()) + " + " + text(k) + "] = probe_" + result + "(" +
            call_text(builtin, type, 1) + ", (" + result + ")a);\n  }\n";
  }
  return made + "}\n";
}

// --- data

void append(Bytes& bytes, const IntegerType& type, Wide value) {
  const auto* low = reinterpret_cast<const std::byte*>(&value);  // the hosts are little-endian
  bytes.insert(bytes.end(), low, low + type.bits / 8);
}

Wide element(const Bytes& bytes, const IntegerType& type, std::size_t index) {
  Wide value = 0;
  std::memcpy(&value, bytes.data() + index * (type.bits / 8), type.bits / 8);
  return type.wrap(value);
}

// All combinations of edges, in rows; the columns of `n` have the counts of bits.
std::vector<std::vector<Wide>> argument_rows(const Integer& builtin, const IntegerType& type) {
  std::vector<std::vector<Wide>> rows{{}};
  for (std::size_t i = 0; i < std::strlen(builtin.parameters); ++i) {
    const Wide bits = type.bits;
    const std::vector<Wide> column = builtin.parameters[i] == 'n'
                                         ? std::vector<Wide>{0, 1, bits / 2, bits - 1, bits}
                                         : edges(parameter_type(builtin, type, i));
    std::vector<std::vector<Wide>> longer;
    for (const auto& row : rows)
      for (const Wide value : column) {
        longer.push_back(row);
        longer.back().push_back(value);
      }
    rows = std::move(longer);
  }
  while (rows.size() % kWholeVectors) rows.push_back(rows.front());
  return rows;
}

Call make_call(const IntegerType& type, bool vector, std::vector<Wide> row) {
  row.resize(4);
  return {type, vector, row[0], row[1], row[2], row[3]};
}

std::string shown(const std::vector<Wide>& row, std::uint64_t got, std::uint64_t wanted) {
  std::string made = "(";
  for (const Wide value : row) made += " " + std::to_string(static_cast<std::int64_t>(value));
  return made + " ): " + text(got) + ", must be " + text(wanted);
}

// --- runs

class Edges {
 public:
  Edges(const IntegerType& type, bool thorough) : type_(type) {
    std::size_t turn = static_cast<std::size_t>(type.bits) / 8 + type.is_signed;
    for (const Integer& builtin : integer_builtins()) {
      if (!builtin.has(type)) continue;
      builtins_.push_back({builtin, {}});
      ++turn;
      for (std::size_t i = 0; i < std::size(kWidths); ++i)
        if (thorough || i == turn % std::size(kWidths)) builtins_.back().widths.push_back(kWidths[i]);
    }
  }

  void run() {
    ModelProgram program(source());
    for (const auto& [builtin, widths] : builtins_) {
      run_scalar(program, builtin);
      if (std::strlen(builtin.parameters) < 4) run_constants(program, builtin);
      for (const unsigned width : widths) run_vector(program, builtin, width);
    }
  }

 private:
  struct Widths {
    Integer builtin;
    std::vector<unsigned> widths;
  };

  std::string source() const {
    std::string made;
    for (const IntegerType& type : integer_types()) {
      made += probe_text(type);
      for (const unsigned width : kWidths) made += vector_probe_text(type, width);
    }
    for (const auto& [builtin, widths] : builtins_) {
      made += scalar_kernel(builtin, type_);
      if (std::strlen(builtin.parameters) < 4) made += constants_kernel(builtin, type_);
      for (const unsigned width : widths) made += vector_kernel(builtin, type_, width);
    }
    return made;
  }

  // Runs a kernel over the rows; `outputs` follow the arguments.
  void launch(ModelProgram& program, const std::string& kernel, const Integer& builtin,
              const std::vector<std::vector<Wide>>& rows, std::vector<Bytes*> outputs, unsigned width) const {
    const std::size_t parameters = std::strlen(builtin.parameters);
    std::vector<Bytes> columns(parameters);
    for (const auto& row : rows)
      for (std::size_t i = 0; i < parameters; ++i)
        append(columns[i], parameter_type(builtin, type_, i), row[i]);
    std::vector<Bytes*> buffers;
    for (Bytes& column : columns) buffers.push_back(&column);
    buffers.insert(buffers.end(), outputs.begin(), outputs.end());
    program.run(kernel, buffers, rows.size() / width, 1);
  }

  bool defined(const Integer& builtin, const Call& call) const {
    return !builtin.defined || builtin.defined(call);
  }

  void run_scalar(ModelProgram& program, const Integer& builtin) const {
    const auto rows = argument_rows(builtin, type_);
    const IntegerType result = builtin.result(type_);
    Bytes values(rows.size() * result.bits / 8), seen(rows.size() * 4);
    launch(program, kernel_name(builtin, 1), builtin, rows, {&values, &seen}, 1);
    std::string wrong;
    for (std::size_t i = 0; i < rows.size() && wrong.empty(); ++i) {
      const Call call = make_call(type_, false, rows[i]);
      if (!defined(builtin, call)) continue;
      const Wide wanted = builtin.value(call);
      note(wrong, rows[i], element(values, result, i), wanted);
      note(wrong, rows[i], element(seen, kUint, i), probe(result, wanted, result.wrap(call.a)));
    }
    INFO(type_.name << ": " << builtin.text);
    CHECK(wrong == "");
  }

  void run_constants(ModelProgram& program, const Integer& builtin) const {
    const std::size_t parameters = std::strlen(builtin.parameters);
    const auto all = patterns(parameters);
    std::vector<std::vector<Wide>> rows;
    for (const Wide value : edges(type_)) rows.emplace_back(parameters, value);
    for (auto& row : rows)
      for (std::size_t i = 0; i < parameters; ++i) row[i] = parameter_type(builtin, type_, i).wrap(row[i]);
    Bytes seen(rows.size() * all.size() * 4);
    launch(program, builtin.name + std::string("_constants"), builtin, rows, {&seen}, 1);
    std::string wrong;
    for (std::size_t i = 0; i < rows.size() * all.size() && wrong.empty(); ++i) {
      auto row = rows[i / all.size()];
      const Pattern& pattern = all[i % all.size()];
      for (std::size_t k = 0; k < parameters; ++k)
        if (pattern[k] >= 0) row[k] = constant_of(parameter_type(builtin, type_, k), pattern[k]);
      const Call call = make_call(type_, false, row);
      if (!defined(builtin, call)) continue;
      const IntegerType result = builtin.result(type_);
      note(wrong, row, element(seen, kUint, i), probe(result, builtin.value(call), result.wrap(call.a)));
    }
    INFO(type_.name << " with constants: " << builtin.text);
    CHECK(wrong == "");
  }

  void run_vector(ModelProgram& program, const Integer& builtin, unsigned width) const {
    auto rows = argument_rows(builtin, type_);
    // As the kernel does: one offset and count for a vector.
    for (std::size_t i = 0; i < rows.size(); ++i)
      for (std::size_t k = 0; k < rows[i].size(); ++k)
        if (builtin.parameters[k] == 'n') rows[i][k] = rows[i / width * width][k];
    const IntegerType result = builtin.result(type_), bits = result.with_sign(false);
    Bytes values(rows.size() * result.bits / 8), seen(values.size()), last(rows.size() / width * 4);
    launch(program, kernel_name(builtin, width), builtin, rows, {&values, &seen, &last}, width);
    std::string wrong;
    for (std::size_t i = 0; i < rows.size() && wrong.empty(); ++i) {
      const Call call = make_call(type_, true, rows[i]);
      if (!defined(builtin, call)) continue;
      const Wide wanted = builtin.value(call), first = result.wrap(call.a);
      note(wrong, rows[i], element(values, result, i), wanted);
      note(wrong, rows[i], element(seen, bits, i), vector_probe(result, wanted, first));
      if (i % width == width - 1)
        note(wrong, rows[i], element(last, kUint, i / width), probe(result, wanted, first));
    }
    INFO(type_.name << width << ": " << builtin.text);
    CHECK(wrong == "");
  }

  static void note(std::string& wrong, const std::vector<Wide>& row, Wide got, Wide wanted) {
    if (wrong.empty() && got != wanted)
      wrong = shown(row, static_cast<std::uint64_t>(got), static_cast<std::uint64_t>(wanted));
  }

  IntegerType type_;
  std::vector<Widths> builtins_;
};

TEST_CASE("integer builtins keep their values at the edges when a kernel branches on them") {
  for (const IntegerType& type : integer_types()) Edges(type, false).run();
}

TEST_CASE("integer builtins keep their values at the edges in every width", "[.long]") {
  for (const IntegerType& type : integer_types()) Edges(type, true).run();
}

}  // namespace
}  // namespace kiesel::compiler::builtins::test
