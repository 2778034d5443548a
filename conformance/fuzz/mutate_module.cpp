#include <algorithm>
#include <array>

#include "compiler/il/words.hpp"
#include "conformance/fuzz/mutate.hpp"

namespace kiesel::conformance {
namespace {

using compiler::kHeaderWords;

struct Place {
  std::size_t at, length;
};

std::vector<Place> places_of(const Module& words) {
  std::vector<Place> places;
  std::size_t at = kHeaderWords;
  compiler::for_each_instruction(words, [&](compiler::Instruction instruction) {
    places.push_back({at, instruction.size()});
    at += instruction.size();
  });
  return places;
}

std::size_t below(std::size_t count, Random& random) { return count ? random() % count : 0; }

// What the changes below work on.
struct Subject {
  Module& words;
  const Module& other;
  std::vector<Place> places;
  Random& random;

  Place any() const { return places[below(places.size(), random)]; }
  auto begin(Place place) const { return words.begin() + static_cast<std::ptrdiff_t>(place.at); }
  auto end(Place place) const { return begin(place) + static_cast<std::ptrdiff_t>(place.length); }
};

void set_word(const Subject& subject) {
  auto& word = subject.words[1 + below(subject.words.size() - 1, subject.random)];
  const std::uint32_t interesting[] = {0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff, word + 1, word - 1};
  word = interesting[below(std::size(interesting), subject.random)];
}

void flip_bit(const Subject& subject) {
  subject.words[1 + below(subject.words.size() - 1, subject.random)] ^= 1U << below(32, subject.random);
}

void leave_out(const Subject& subject) {
  const auto place = subject.any();
  subject.words.erase(subject.begin(place), subject.end(place));
}

void repeat(const Subject& subject) {
  const auto place = subject.any();
  const Module copy(subject.begin(place), subject.end(place));
  const auto target = subject.begin(subject.any());
  subject.words.insert(target, copy.begin(), copy.end());
}

void move_away(const Subject& subject) {
  const auto place = subject.any();
  const Module copy(subject.begin(place), subject.end(place));
  subject.words.erase(subject.begin(place), subject.end(place));
  const auto left = places_of(subject.words);
  const auto at = left.empty() ? kHeaderWords : left[below(left.size(), subject.random)].at;
  subject.words.insert(subject.words.begin() + static_cast<std::ptrdiff_t>(at), copy.begin(), copy.end());
}

void exchange_operands(const Subject& subject) {
  const auto place = subject.any();
  if (place.length < 3) return;
  const auto pick = [&] { return place.at + 1 + below(place.length - 1, subject.random); };
  std::swap(subject.words[pick()], subject.words[pick()]);
}

// An operand that stands at the same place of another instruction with the same opcode: most likely of the
// right kind.
void borrow_operand(const Subject& subject) {
  const auto place = subject.any();
  if (place.length < 2) return;
  std::vector<Place> like;
  for (const auto& each : subject.places)
    if ((subject.words[each.at] & 0xffff) == (subject.words[place.at] & 0xffff)) like.push_back(each);
  const auto from = like[below(like.size(), subject.random)];
  const auto operand = 1 + below(std::min(place.length, from.length) - 1, subject.random);
  subject.words[place.at + operand] = subject.words[from.at + operand];
}

// Another opcode of the same number of words, from this module or another one.
void borrow_opcode(const Subject& subject) {
  const auto place = subject.any();
  const auto& lender = subject.random() % 2 ? subject.other : subject.words;
  std::vector<std::uint32_t> codes;
  for (const auto& each : places_of(lender))
    if (each.length == place.length) codes.push_back(lender[each.at]);
  if (!codes.empty()) subject.words[place.at] = codes[below(codes.size(), subject.random)];
}

void replace_by_id(const Subject& subject) {
  const auto place = subject.any();
  if (place.length < 2) return;
  const auto bound = subject.words[compiler::kBoundWord];
  subject.words[place.at + 1 + below(place.length - 1, subject.random)] =
      static_cast<std::uint32_t>(below(bound, subject.random));
}

void cut_off(const Subject& subject) {
  subject.words.resize(kHeaderWords + below(subject.words.size() - kHeaderWords, subject.random));
}

constexpr void (*kChanges[])(const Subject&) = {
    set_word,       flip_bit,      leave_out,     repeat,         move_away,     exchange_operands,
    borrow_operand, borrow_opcode, replace_by_id, borrow_operand, borrow_opcode, exchange_operands};

}  // namespace

Module mutate_module(Module words, const Module& other, Random& random) {
  if (random() % 50 == 0) {
    cut_off({words, other, {}, random});
    return words;
  }
  const auto changes = 1 + below(3, random);
  for (std::size_t i = 0; i < changes; ++i) {
    auto places = places_of(words);
    if (places.empty()) break;
    kChanges[below(std::size(kChanges), random)]({words, other, std::move(places), random});
  }
  return words;
}

}  // namespace kiesel::conformance
