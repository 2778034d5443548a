#include "runtime/core/argument_values.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <thread>

using namespace kiesel;
using namespace kiesel::runtime;

namespace {

std::vector<compiler::KernelArgument> arguments_of(const std::vector<std::uint32_t>& sizes) {
  std::vector<compiler::KernelArgument> out;
  for (const std::uint32_t size : sizes) {
    compiler::KernelArgument argument;
    argument.size = size;
    out.push_back(argument);
  }
  return out;
}

}  // namespace

TEST_CASE("arguments of all sizes keep their values apart") {
  const std::vector<std::uint32_t> sizes{1, 2, 3, 4, 8, 12, 16, 127, 128, 0};
  ArgumentValues values(arguments_of(sizes));
  REQUIRE(values.count() == sizes.size());
  const auto byte = [](std::size_t i, std::size_t at) { return static_cast<std::byte>(37 * i + at + 128); };
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    std::vector<std::byte> bytes;
    for (std::size_t at = 0; at < sizes[i]; ++at) bytes.push_back(byte(i, at));
    ArgumentValues::Copy before;
    values.read(before);
    CHECK(before.state(i) == ArgumentState::kUnset);
    values.set(values.place(i), ArgumentState::kBytes, bytes.data(), bytes.size());
  }
  const ArgumentValues copy(values);
  for (const ArgumentValues* all : {static_cast<const ArgumentValues*>(&values), &copy}) {
    ArgumentValues::Copy now;
    all->read(now);
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      CHECK(now.state(i) == ArgumentState::kBytes);
      for (std::size_t at = 0; at < sizes[i]; ++at)
        CHECK(static_cast<const std::byte*>(now.bytes(i))[at] == byte(i, at));
    }
  }
}

TEST_CASE("a copy of the original does not change with it") {
  ArgumentValues values(arguments_of({8}));
  std::uint64_t value = 1;
  values.set(values.place(0), ArgumentState::kMemory, &value, sizeof value);
  const ArgumentValues copy(values);
  value = 2;
  values.set(values.place(0), ArgumentState::kLocal, &value, sizeof value);
  ArgumentValues::Copy now;
  copy.read(now);
  CHECK(now.state(0) == ArgumentState::kMemory);
  CHECK(now.word(0) == 1);
}

TEST_CASE("who reads while another thread sets sees the old value or the new one") {
  ArgumentValues values(arguments_of({128}));
  std::array<std::uint64_t, 16> words{};
  values.set(values.place(0), ArgumentState::kBytes, words.data(), sizeof words);
  std::atomic<bool> end{false};
  std::thread setter([&] {
    for (std::uint64_t i = 1; !end; ++i) {
      words.fill(i);
      values.set(values.place(0), ArgumentState::kBytes, words.data(), sizeof words);
    }
  });
  bool torn = false;
  std::uint64_t last = 0, changes = 0;
  for (int i = 0; i < 200'000 || (changes < 10 && i < 100'000'000); ++i) {
    ArgumentValues::Copy now;
    values.read(now);
    const auto* seen = static_cast<const std::uint64_t*>(now.bytes(0));
    for (int word = 1; word < 16; ++word) torn |= seen[word] != seen[0];
    torn |= seen[0] < last;
    changes += seen[0] != last;
    last = seen[0];
  }
  end = true;
  setter.join();
  CHECK_FALSE(torn);
  CHECK(changes >= 10);
}

TEST_CASE("who reads a word while another thread sets it sees what kind of word it is") {
  ArgumentValues values(arguments_of({8, 8}));
  const auto place = values.place(1);
  std::atomic<bool> end{false};
  std::thread setter([&] {
    for (std::uint64_t i = 0; !end; ++i)
      values.set_word(place, i / 4 % 2 ? ArgumentState::kMemory : ArgumentState::kSvm, i / 4);
  });
  bool mixed = false;
  std::uint64_t last = 0, changes = 0;
  for (int i = 0; i < 200'000 || (changes < 10 && i < 100'000'000); ++i) {
    ArgumentValues::Copy now;
    values.read(now);
    mixed |= now.state(0) != ArgumentState::kUnset;
    if (now.state(1) == ArgumentState::kUnset) continue;
    mixed |= (now.word(1) % 2 != 0) != (now.state(1) == ArgumentState::kMemory);
    changes += now.word(1) != last;
    last = now.word(1);
  }
  end = true;
  setter.join();
  CHECK_FALSE(mixed);
  CHECK(changes >= 10);
}
