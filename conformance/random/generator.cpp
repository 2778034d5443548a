#include "conformance/random/generator.hpp"

#include <algorithm>
#include <array>

namespace kiesel::conformance {
namespace {

constexpr unsigned kMaxCounters = 16;

std::string text(std::uint64_t number) { return std::to_string(number); }

}  // namespace

void Generator::line(const std::string& statement) {
  out_ += std::string(2 * indent_, ' ') + statement + "\n";
}

std::string Generator::number() {
  constexpr std::array<const char*, 8> kNumbers{"0u", "1u", "3u", "7u", "13u", "64u", "255u", "0x80000001u"};
  return chance(20) ? end_of_range() : kNumbers[pick(kNumbers.size())];
}

// What all work-items of a group agree on; mostly the compiler can see it.
std::string Generator::uniform_word(unsigned depth) {
  if (depth == 0) {
    switch (pick(in_helper_ ? 4 : 5)) {
      case 0:
        return "N";
      case 4:
        // The compiler does not know that groups are small: to it the lanes may disagree.
        return "IN((LID >> 6) + " + text(pick(kTableSize)) + "u)";
      case 1:
        return "IN(" + text(pick(kTableSize)) + "u)";
      case 2:
        return number();
      default:
        return "u" + text(pick(2));
    }
  }
  constexpr std::array<const char*, 5> kOperators{" + ", " ^ ", " * ", " - ", " & "};
  return "(" + uniform_word(depth - 1) + kOperators[pick(kOperators.size())] + uniform_word(depth - 1) + ")";
}

std::string Generator::word(unsigned depth, const Place& place) {
  if (depth == 0) {
    switch (pick(place.helper ? 5 : 8)) {
      case 0:
        return number();
      case 1:
        return "IN(" + variable() + ")";
      case 2:
      case 3:
      case 4:
        return variable();
      case 5:
        return "GID";
      case 6:
        return "LID";
      default:
        return uniform_word(0);
    }
  }
  const auto next = [&] { return word(depth - 1, place); };
  if (chance(20)) return chance(75) ? builtin(depth, place) : shifted(depth, place);
  switch (pick(place.helper ? 16 : 18)) {
    case 0:
      return "(" + next() + " + " + next() + ")";
    case 1:
      return "(" + next() + " - " + next() + ")";
    case 2:
      return "(" + next() + " * " + next() + ")";
    case 3:
      return "(" + next() + " ^ " + next() + ")";
    case 4:
      return "(" + next() + " >> (" + next() + " & 31u))";
    case 5:
      return "(" + next() + " / (" + next() + " | 1u))";
    case 6:
      return "(" + next() + " % (" + next() + " | 3u))";
    case 7:
      return "(" + condition(place, false) + " ? " + next() + " : " + next() + ")";
    case 8:
      return "MINIMUM((int)" + next() + ", (int)" + next() + ")";
    case 9:
      return "MAXIMUM(" + next() + ", " + next() + ")";
    case 10:
      return "(uint)(" + condition(place, false) + ")";
    case 11:
      return "TO_WORD(" + real(depth - 1, place) + ")";
    case 12:
      return "(uint)((ulong)" + next() + " * (ulong)" + next() + " >> 17)";
    case 13:
      return "(uint)(uchar)" + next();
    case 14:
      return "(uint)(int)(short)" + next();
    case 15:
      return "(uint)(((long)(int)" + next() + " < 0L ? -(long)" + next() + " : (long)" + next() + ") >> 3)";
    case 16:
      return "p[" + next() + " & 7u]";
    default:
      return helpers_ ? "h" + kernel_ + text(pick(helpers_)) + "(" + next() + ", " + next() + ", TABLES)"
                      : next();
  }
}

std::string Generator::real(unsigned depth, const Place& place) {
  if (depth == 0) {
    switch (pick(4)) {
      case 0:
        return "FIN(" + variable() + ")";
      case 1:
        return "1.5f";
      case 2:
        return "(float)(int)(" + variable() + " & 1023u)";
      default:
        return "f" + text(pick(2));
    }
  }
  const auto next = [&] { return real(depth - 1, place); };
  switch (pick(half_ ? 8 : 7)) {
    case 0:
      return "(" + next() + " + " + next() + ")";
    case 1:
      return "(" + next() + " - " + next() + ")";
    case 2:
      return "(" + next() + " * " + next() + ")";
    case 7:
      return "(float)(half)((half)" + next() + (chance(50) ? " * (half)" : " + (half)") + next() + ")";
    case 3:
      return "(" + condition(place, false) + " ? " + next() + " : " + next() + ")";
    case 4:
      return "SMALLER(" + next() + ", " + next() + ")";
    case 5:
      return "(float)((double)" + next() + " * 0.75)";
    default:
      return "(float)(" + condition(place, false) + ")";
  }
}

std::string Generator::comparison(const Place& place) {
  if (chance(20)) return builtin_comparison(place);
  switch (pick(4)) {
    case 0:
      return "(" + word(0, place) + " & " + text(1 + pick(7)) + "u) != 0u";
    case 1:
      return "(int)" + word(0, place) + " < (int)" + word(0, place);
    case 2:
      return word(0, place) + " > " + word(0, place);
    default:
      return real(0, place) + " < " + real(0, place);
  }
}

std::string Generator::condition(const Place& place, bool uniform) {
  if (uniform) return "(" + uniform_word(1) + " & " + text(1 + pick(7)) + "u) != 0u";
  const auto next = [&] { return comparison(place); };
  switch (pick(6)) {
    case 0:
      return "(" + next() + " && " + next() + ")";
    case 1:
      return "(" + next() + " || " + next() + ")";
    case 2:
      return "(" + next() + " && (" + next() + " || " + next() + "))";
    default:
      return next();
  }
}

// Words side by side: from a table, from private memory, to private memory.
void Generator::members(const Place& place) {
  const std::uint64_t words = chance(50) ? 2 : 4;
  const std::string count = text(words);
  switch (pick(place.helper ? 1 : 3)) {
    case 0:
      return line(variable() + " += MEMBERS" + count + "(in, (" + word(1, place) + " & " +
                  text(kTableSize / words - 1) + "u) * " + count + "u);");
    case 1:
      return line(variable() + " ^= MEMBERS" + count + "(p, (" + word(0, place) + " & 1u) * 4u);");
    default:
      return line("SET_MEMBERS" + count + "(p, (" + word(0, place) + " & 1u) * 4u, " + variable() + ", " +
                  variable() + ");");
  }
}

// A law of sub-group operations among the lanes that get here.
void Generator::lanes(const Place& place) {
  constexpr std::array<const char*, 7> kLaws{"count", "scan", "first", "own", "ballot", "elect", "vote"};
  const std::string law = kLaws[pick(kLaws.size())];
  line(variable() + " += HOLDS(" + law + ", " + word(1, place) + ");");
}

void Generator::assign(const Place& place) {
  if (chance(10)) return lanes(place);
  if (chance(8)) return members(place);
  switch (pick(place.helper ? 6 : 10)) {
    case 9:
      // Private memory for some work-items, global memory for others.
      line("q = " + condition(place, false) + " ? (const uint*)p : (const uint*)WORDS;");
      return line(variable() + " += q[" + word(0, place) + " & 7u];");
    case 0:
      return line("f" + text(pick(2)) + " = " + real(2, place) + ";");
    case 6:
      return line("p[" + word(0, place) + " & 7u] ^= " + word(1, place) + ";");
    case 7:
      return line("l0 += (ulong)" + word(1, place) + " * 0x9E3779B97F4A7C15ul;");
    case 8:
      if (place.uniform) return line("u" + text(pick(2)) + " = " + uniform_word(1) + ";");
      [[fallthrough]];
    default:
      return line(variable() + (chance(50) ? " += " : " ^= ") + word(2, place) + ";");
  }
}

// What is inside may be reached by some work-items only. Nobody may then leave the loop around it: it may
// hold a barrier.
void Generator::part(Place& place) {
  if (barriers_ && place.uniform) place.in_loop = false;
  place.uniform = false;
}

void Generator::branch(Place place) {
  const bool uniform = chance(25);
  line("if (" + condition(place, uniform) + ") {");
  if (!uniform) part(place);
  ++place.depth;
  ++indent_;
  statements(place, 1 + static_cast<unsigned>(pick(3)));
  --indent_;
  if (chance(50)) {
    line("} else {");
    ++indent_;
    statements(place, 1 + static_cast<unsigned>(pick(3)));
    --indent_;
  }
  line("}");
}

// A counted loop, of as many iterations for all or of different ones.
void Generator::loop(Place place) {
  if (counters_ == kMaxCounters) return assign(place);
  const std::string counter = "i" + text(counters_++);
  const bool uniform = chance(40) || (barriers_ && place.uniform && chance(60));
  const std::string bound = uniform ? uniform_word(0) : word(1, place);
  const bool at_end = chance(25);
  if (at_end)
    line(counter + " = 0u; do {");
  else
    line("for (" + counter + " = 0u; " + counter + " < ((" + bound + ") & 3u) + " + text(pick(2)) + "u; " +
         counter + "++) {");
  place.uniform &= uniform && !at_end;
  place.in_loop = true;
  ++place.depth;
  ++indent_;
  statements(place, 1 + static_cast<unsigned>(pick(4)));
  --indent_;
  line(at_end ? "} while (++" + counter + " < ((" + bound + ") & 3u));" : "}");
}

// Endless but for a break somewhere inside, and fuel.
void Generator::spin(Place place) {
  line(chance(50) ? "for (;;) {" : "while (" + condition(place, false) + ") {");
  place.uniform = false;
  place.in_loop = true;
  ++place.depth;
  ++indent_;
  line("if (fuel == 0u) break;");
  line("fuel--;");
  statements(place, 1 + static_cast<unsigned>(pick(3)));
  line("if (" + condition(place, false) + ") break;");
  statements(place, 1);
  --indent_;
  line("}");
}

void Generator::select_case(Place place) {
  if (chance(40)) return select_end(place);
  line("switch (" + (chance(20) ? uniform_word(0) : word(1, place)) + " & " + (chance(50) ? "7u" : "1029u") +
       ") {");
  part(place);
  ++place.depth;
  const bool sparse = chance(30);
  const unsigned cases = 2 + static_cast<unsigned>(pick(4));
  for (unsigned i = 0; i < cases; ++i) {
    line("case " + text(sparse ? i * 257 + i % 2 * 4 : i) + "u:");
    ++indent_;
    statements(place, 1 + static_cast<unsigned>(pick(2)));
    if (chance(70)) line("break;");
    --indent_;
  }
  if (chance(70)) {
    line("default:");
    ++indent_;
    statements(place, 1);
    --indent_;
  }
  line("}");
}

// Labels stand anywhere, so a jump may enter loops and branches from outside: fuel makes it end.
void Generator::jump(const Place& place) {
  if (next_label_ < labels_ && chance(60)) return line("L" + text(next_label_++) + ": ;");
  line("if (fuel > 0u && " + condition(place, false) + ") { fuel--; goto L" + text(pick(labels_)) + "; }");
}

// Through local memory, with all work-items at both barriers.
void Generator::exchange() {
  line("lds[LID] = " + variable() + ";");
  line("BARRIER;");
  line(variable() + " ^= lds[(LID + " + text(1 + pick(5)) + "u) % GROUP_SIZE];");
  line("BARRIER;");
}

void Generator::statement(const Place& place) {
  if (barriers_ && place.uniform && chance(30)) return exchange();
  const unsigned kind = static_cast<unsigned>(pick(100));
  if (budget_ == 0 || place.depth >= 4) return assign(place);
  --budget_;
  if (kind < 30) return assign(place);
  if (kind < 52) return branch(place);
  if (kind < 66) return loop(place);
  if (kind < 73) return spin(place);
  if (kind < 80) return select_case(place);
  if (kind < 85 && place.in_loop && !place.uniform)
    return line("if (" + condition(place, false) + ") break;");
  if (kind < 89 && place.in_loop && !place.uniform)
    return line("if (" + condition(place, false) + ") continue;");
  if (kind < 91 && place.may_return)
    return line("if (" + condition(place, false) + ") return" + (place.helper ? " " + word(1, place) : "") +
                ";");
  if (labels_ && !place.helper) return jump(place);
  return assign(place);
}

void Generator::statements(Place place, unsigned count) {
  for (unsigned i = 0; i < count; ++i) statement(place);
}

// A function that stays one: called from wherever the kernel happens to be.
void Generator::helper(const std::string& name) {
  line("NOINLINE uint " + name + "(uint a0, uint a1, TABLE_ARGUMENTS) {");
  ++indent_;
  line("uint a2 = a0 ^ a1, a3 = 5u, fuel = 6u, u0 = N, u1 = a1;");
  line("float f0 = 0.5f, f1 = 2.0f;");
  line("uint i0, i1, i2, i3, i4, i5, i6, i7, i8, i9, i10, i11, i12, i13, i14, i15;");
  in_helper_ = true;
  Place place;
  place.helper = true;
  place.uniform = false;
  place.depth = 1;
  budget_ = std::min(5U, statements_);
  statements(place, std::min(4U, statements_));
  line("return a0 + a1 + a2 + a3 + TO_WORD(f0 + f1);");
  in_helper_ = false;
  --indent_;
  line("}");
}

RandomKernel Generator::make(const std::string& name) {
  constexpr std::array<std::uint32_t, 6> kGroupSizes{1, 7, 16, 29, 33, 64};
  RandomKernel kernel;
  kernel.name = name;
  kernel_ = name + "_";
  out_.clear();
  indent_ = labels_ = next_label_ = helpers_ = 0;
  barriers_ = false;
  const unsigned helpers = chance(40) ? 1 + static_cast<unsigned>(pick(2)) : 0;
  for (unsigned i = 0; i < helpers; ++i) {
    counters_ = 0;
    helper("h" + kernel_ + text(i));
  }
  helpers_ = helpers;
  kernel.group_size = kGroupSizes[pick(kGroupSizes.size())];
  kernel.groups = 1 + static_cast<std::uint32_t>(pick(3));
  kernel.n = static_cast<std::uint32_t>(pick(16));
  barriers_ = chance(40);
  labels_ = !barriers_ && chance(45) ? 1 + static_cast<unsigned>(pick(4)) : 0;

  line("KERNEL(" + name + ") {");
  ++indent_;
  line("PROLOGUE");
  line("uint a0 = GID, a1 = IN(GID), a2 = IN(N), a3 = LID * 3u, fuel = 12u, u0 = N + 1u, u1 = 2u;");
  line("float f0 = FIN(GID), f1 = 0.25f;");
  line("ulong l0 = 1ul;");
  line("uint p[8];");
  line("const uint* q = p;");
  line("uint i0 = 0u, i1 = 0u, i2 = 0u, i3 = 0u, i4 = 0u, i5 = 0u, i6 = 0u, i7 = 0u;");
  line("uint i8 = 0u, i9 = 0u, i10 = 0u, i11 = 0u, i12 = 0u, i13 = 0u, i14 = 0u, i15 = 0u;");
  line("for (i0 = 0u; i0 < 8u; i0++) p[i0] = i0 * a1;");
  counters_ = 1;
  budget_ = std::min(14 + static_cast<unsigned>(pick(16)), statements_);
  Place place;
  place.may_return = !barriers_;
  statements(place, std::min(6 + static_cast<unsigned>(pick(6)), statements_));
  while (next_label_ < labels_) line("L" + text(next_label_++) + ": ;");
  line("OUT(0) = a0; OUT(1) = a1; OUT(2) = a2; OUT(3) = a3;");
  line("OUT(4) = FLOAT_BITS(f0); OUT(5) = FLOAT_BITS(f1); OUT(6) = (uint)(l0 ^ l0 >> 32) + u0 + u1;");
  line("for (i0 = 0u, a0 = 0u; i0 < 8u; i0++) a0 = a0 * 31u + p[i0];");
  line("OUT(7) = a0;");
  --indent_;
  line("}");
  kernel.text = std::move(out_);
  return kernel;
}

}  // namespace kiesel::conformance
