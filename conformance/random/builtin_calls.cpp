// Integer builtins in random kernels: their results are words, are compared, shifted and switched on.
#include <array>

#include "conformance/random/generator.hpp"

namespace kiesel::conformance {
namespace {

constexpr std::array<const char*, 8> kTypes{"char", "uchar", "short", "ushort",
                                            "int",  "uint",  "long",  "ulong"};
constexpr std::array<const char*, 4> kOfOne{"abs", "clz", "ctz", "popcount"};
constexpr std::array<const char*, 10> kOfTwo{"abs_diff", "add_sat", "sub_sat", "hadd",   "rhadd",
                                             "max",      "min",     "mul_hi",  "rotate", "mul_hi"};
constexpr std::array<const char*, 2> kOfThree{"mad_hi", "mad_sat"};

// Where the results of builtins end.
constexpr std::array<const char*, 10> kEnds{"0u",  "1u",  "0x80000000u", "0x7fffffffu", "0xffffffffu",
                                            "32u", "31u", "255u",        "0x7fu",       "0xffff8000u"};

template <std::size_t N>
std::string one_of(const std::array<const char*, N>& list, std::uint64_t number) {
  return list[number % N];
}

}  // namespace

std::string Generator::end_of_range() { return one_of(kEnds, random_()); }

// A call, scalar or of a vector's element, as a word.
std::string Generator::builtin(unsigned depth, const Place& place) {
  const auto next = [&] { return word(depth ? depth - 1 : 0, place); };
  const std::string type = one_of(kTypes, random_());
  const auto call = [&](const std::string& form, const std::string& name, const std::string& arguments) {
    return "TO_UINT(" + form + "(" + name + ", " + type + ", " + arguments + "))";
  };
  switch (pick(9)) {
    case 0:
      return call("CALL1", one_of(kOfOne, random_()), next());
    case 1:
    case 2: {
      const std::string one = next();
      return call("CALL2", one_of(kOfTwo, random_()), one + ", " + (chance(30) ? end_of_range() : next()));
    }
    case 3: {
      const std::string one = next(), two = next();
      return call("CALL3", one_of(kOfThree, random_()), one + ", " + two + ", " + next());
    }
    case 4:
      return call("CALL3", "clamp", next() + ", " + (chance(50) ? "0, 1" : "1, 100"));
    case 5: {
      const std::string product = next() + "), SIGNED24(" + next() + ")";
      return chance(50) ? "(uint)CALL2(mul24, int, SIGNED24(" + product + ")"
                        : "(uint)CALL3(mad24, int, SIGNED24(" + product + ", " + next() + ")";
    }
    case 6:
      return call("ELEMENT1", one_of(kOfOne, random_()), next());
    case 7: {
      const std::string one = next();
      return call("ELEMENT2", one_of(kOfTwo, random_()), one + ", " + next());
    }
    default:
      if (chance(50)) return "COMPARED(" + type + ", " + next() + ", " + next() + ")";
      return "TO_UINT(SATURATED(" + type + ", " + real(0, place) + "))";
  }
}

// By the whole count: only its low bits matter.
std::string Generator::shifted(unsigned depth, const Place& place) {
  const std::string value = chance(50) ? builtin(depth, place) : word(depth - 1, place);
  const std::string count = chance(50) ? builtin(0, place) : word(0, place);
  return std::string(chance(50) ? "SHIFT_LEFT(" : "SHIFT_RIGHT(") + value + ", " + count + ")";
}

std::string Generator::builtin_comparison(const Place& place) {
  const std::string result = builtin(1, place);
  switch (pick(5)) {
    case 0:
      return result + " == " + end_of_range();
    case 1:
      return result + " >= " + end_of_range();
    case 2:
      return "(int)" + result + " < 0";
    case 3:
      return "(" + result + " >> " + std::to_string(pick(2) ? 31 : 7) + ") != 0u";
    default:
      return result + " > " + word(0, place);
  }
}

// A switch on the result itself, with the ends of its range as cases.
void Generator::select_end(Place place) {
  line("switch (" + builtin(1, place) + ") {");
  part(place);
  ++place.depth;
  const std::uint64_t first = pick(kEnds.size());
  const unsigned cases = 2 + static_cast<unsigned>(pick(4));
  for (unsigned i = 0; i < cases; ++i) {
    line("case " + one_of(kEnds, first + i) + ":");
    ++indent_;
    statements(place, 1);
    if (chance(80)) line("break;");
    --indent_;
  }
  line("default:");
  ++indent_;
  statements(place, 1);
  --indent_;
  line("}");
}

}  // namespace kiesel::conformance
