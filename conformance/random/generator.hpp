// Random kernels: control flow of every kind over a small state, as text that is both OpenCL C and C.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace kiesel::conformance {

inline constexpr std::uint32_t kTableSize = 64;      // elements of each input, a power of two
inline constexpr std::uint32_t kOutputsPerItem = 8;  // words

struct RandomKernel {
  std::string name;
  std::string text;  // with the helper functions it calls; to be compiled behind a prelude
  std::uint32_t group_size = 1;
  std::uint32_t groups = 1;
  std::uint32_t n = 0;  // its scalar argument
};

// The same seed gives the same kernel everywhere.
class Generator {
 public:
  // `half`: with arithmetic in half precision. `statements`: at most so many that hold others, or stand
  // outside of all.
  Generator(std::uint64_t seed, bool half, unsigned statements)
      : half_(half), statements_(statements), random_(seed) {}

  RandomKernel make(const std::string& name);

 private:
  // Where a statement stands.
  struct Place {
    unsigned depth = 0;   // of nesting
    bool uniform = true;  // all work-items of the group get here together
    bool in_loop = false;
    bool may_return = true;
    bool helper = false;  // in a function, not in the kernel
  };

  std::uint64_t pick(std::uint64_t count) { return random_() % count; }
  bool chance(unsigned percent) { return pick(100) < percent; }

  void line(const std::string& text);
  std::string variable() { return "a" + std::to_string(pick(4)); }
  std::string number();
  std::string word(unsigned depth, const Place& place);
  std::string uniform_word(unsigned depth);
  std::string real(unsigned depth, const Place& place);
  std::string comparison(const Place& place);
  std::string condition(const Place& place, bool uniform);
  std::string builtin(unsigned depth, const Place& place);
  std::string builtin_comparison(const Place& place);
  std::string shifted(unsigned depth, const Place& place);
  std::string end_of_range();

  void statements(Place place, unsigned count);
  void statement(const Place& place);
  void assign(const Place& place);
  void members(const Place& place);
  void lanes(const Place& place);
  void part(Place& place);
  void branch(Place place);
  void loop(Place place);
  void spin(Place place);
  void select_case(Place place);
  void select_end(Place place);
  void jump(const Place& place);
  void exchange();
  void helper(const std::string& name);

  bool half_;
  unsigned statements_;
  std::mt19937_64 random_;
  std::string out_;
  std::string kernel_;
  unsigned indent_ = 0;
  unsigned counters_ = 0;  // loop counters in use; each loop has its own
  unsigned helpers_ = 0;
  unsigned labels_ = 0;  // of this kernel; 0: it has no goto
  unsigned next_label_ = 0;
  bool in_helper_ = false;
  bool barriers_ = false;
  unsigned budget_ = 0;  // statements still to be made
};

}  // namespace kiesel::conformance
