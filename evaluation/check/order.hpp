// What comes before what by atomics and fences: who released on a location, and who has acquired from it.
// Threads: one.
#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

namespace kiesel::check {

// Of a work-item at the time that it releases: what it and, before the last barrier, its work-group did.
struct Moment {
  std::uint32_t group_begin = 0, segment = 0;
  std::uint32_t warp = 0, lane = 0;
  std::uint32_t phase[2]{};  // where accesses to global, local memory are not ordered yet by a barrier
};

// An access, as its record says.
struct Past {
  std::uint32_t segment = 0;
  std::uint32_t group_begin = 0, group_warps = 1;
  std::uint32_t lane = 0;
  unsigned space = 0;
};

class Order {
 public:
  void clear();
  // A work-item of the current work-group, by its number there.
  using Item = std::uint32_t;
  void begin_group();
  // Everybody of the work-group knows what any of them knew.
  void meet();

  void release(Item item, std::uint64_t location, const Moment& moment);
  // It has read what was stored there, and from now on, or from its next fence on, knows what was released.
  void read(Item item, std::uint64_t location, bool acquires);
  void fence(Item item);
  bool has_fenced(Item item) const { return fenced_.contains(item); }

  bool knows(Item item, const Past& past) const;
  // Too much was released to remember: what is ordered cannot be said any more.
  bool lost() const { return lost_; }

 private:
  struct Ref {
    std::uint32_t log;
    std::uint32_t length;
  };
  using Refs = std::vector<Ref>;
  struct Entry {
    Moment moment;
    Refs also;
  };
  struct Log {
    std::vector<Entry> entries;
    std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> by_group;  // of a group's begin
  };
  static void add(Refs& refs, Ref ref);
  bool knows(const Refs& refs, const Past& past, std::vector<std::uint32_t>& seen) const;
  static bool covers(const Moment& moment, const Past& past);

  static constexpr std::size_t kMostEntries = 1 << 20, kMostRefs = 64;
  std::unordered_map<std::uint64_t, std::uint32_t> locations_;
  std::deque<Log> logs_;
  std::unordered_map<Item, Refs> items_, pending_;
  std::unordered_map<Item, bool> fenced_;
  Refs group_;
  std::size_t entries_ = 0;
  bool lost_ = false;
};

}  // namespace kiesel::check
