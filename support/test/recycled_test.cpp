#include "support/recycled.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <cstring>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "support/short_mutex.hpp"

using namespace kiesel;

TEST_CASE("blocks are nobody else's while they are used") {
  for (const std::size_t bytes : {1, 64, 65, 1024, 1025, 100'000}) {
    std::set<char*> blocks;
    for (int i = 0; i < 200; ++i) {
      auto* block = static_cast<char*>(take_recycled(bytes));
      std::memset(block, i, bytes);
      REQUIRE(blocks.insert(block).second);
    }
    char* before = nullptr;
    for (char* block : blocks) {
      CHECK((!before || before + bytes <= block));
      before = block;
    }
    for (char* block : blocks) give_recycled(block, bytes);
  }
}

TEST_CASE("blocks wander from thread to thread") {
  constexpr int kBlocks = 20'000;
  std::vector<std::atomic<unsigned*>> slots(64);
  std::atomic<int> wrong{0};
  std::thread giver([&] {
    for (int i = 0; i < kBlocks; ++i) {
      unsigned* block = nullptr;
      while (!(block = slots[i % slots.size()].exchange(nullptr))) std::this_thread::yield();
      for (int word = 0; word < 25; ++word) wrong += block[word] != static_cast<unsigned>(i);
      give_recycled(block, 100);
    }
  });
  for (int i = 0; i < kBlocks; ++i) {
    auto* block = static_cast<unsigned*>(take_recycled(100));
    for (int word = 0; word < 25; ++word) block[word] = static_cast<unsigned>(i);
    unsigned* free = nullptr;
    while (!slots[i % slots.size()].compare_exchange_strong(free, block)) {
      free = nullptr;
      std::this_thread::yield();
    }
  }
  giver.join();
  CHECK(wrong == 0);
}

TEST_CASE("a short mutex keeps threads apart, also those that sleep for it") {
  ShortMutex mutex;
  std::uint64_t count = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 20'000; ++i) {
        std::lock_guard lock(mutex);
        ++count;
        if (i % 5'000 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(count == 8 * 20'000);
  CHECK(mutex.try_lock());
  CHECK_FALSE(mutex.try_lock());
  mutex.unlock();
}
