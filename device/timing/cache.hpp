// A cache of some banks. A bank does one thing a cycle, in this order: a write that waited for its line, a
// line that memory has brought, a line of a flush, a request. Reads that waited for a line are answered
// beside that.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "device/timing/design.hpp"

namespace kiesel::timing {

// What a level asks the next one for; lines are addresses divided by the line's size.
struct MemoryRequest {
  std::uint64_t cycle = 0, line = 0;
  std::uint32_t source = 0, tag = 0;  // who asks, and what the answer is to bring back
  bool write = false;                 // is not answered
};

struct Answer {
  std::uint64_t cycle = 0, line = 0;
  std::uint32_t source = 0, tag = 0;
};

struct CacheCounts {
  std::uint64_t reads = 0, writes = 0, read_misses = 0, write_misses = 0, evictions = 0, bank_stalls = 0,
                full_stalls = 0;
};

class Bank {
 public:
  explicit Bank(const CacheDesign& design);

  // Whether there is room for a request; nothing is lost when there is none.
  bool takes() const { return requests_.size() < 2; }
  // Whether a read of that line would be answered without waiting for anything.
  bool hits_at_once(std::uint64_t line) { return idle() && drained_ == drain_.size() && find(line); }
  void add(const MemoryRequest& request) { requests_.push_back(request); }
  // The line that a miss asked for is here at that cycle.
  void fill(std::uint64_t cycle, std::uint64_t line);
  void step(std::uint64_t now, std::vector<Answer>& answers, std::vector<MemoryRequest>& below,
            CacheCounts& counts);
  // When it has something to do, at or after this cycle; ~0 while it waits for memory or is idle.
  std::uint64_t next(std::uint64_t now) const;
  bool idle() const { return requests_.empty() && waiting_ == 0 && fills_.empty() && flush_left_ == 0; }
  void flush();
  bool flushes() const { return flush_left_ != 0; }
  std::uint64_t changed_lines() const;
  void clear();  // of all lines; nothing is under way

 private:
  struct Line {
    std::uint64_t line = ~std::uint64_t{0};
    bool dirty = false;
  };
  struct Fill {
    std::uint64_t cycle, line;
  };
  struct Miss {
    std::uint64_t line;
    std::vector<MemoryRequest> waiting;
  };

  std::size_t set_of(std::uint64_t line) const { return line / design_.banks % sets_ * design_.ways; }
  Line* find(std::uint64_t line);
  bool drain(std::uint64_t now, std::vector<Answer>& answers);
  void install(const Fill& fill, std::uint64_t now, std::vector<MemoryRequest>& below, CacheCounts& counts);
  void flush_one(std::uint64_t now, std::vector<MemoryRequest>& below, CacheCounts& counts);
  void look_up(const MemoryRequest& request, std::uint64_t now, std::vector<Answer>& answers,
               std::vector<MemoryRequest>& below, CacheCounts& counts);
  void miss(const MemoryRequest& request, std::uint64_t now, std::vector<MemoryRequest>& below);
  bool hit_answers(std::uint64_t now) const { return hit_at_[now % hit_at_.size()] == now; }

  const CacheDesign& design_;
  std::size_t sets_;
  std::vector<Line> lines_;           // set by set
  std::vector<std::uint8_t> oldest_;  // of each set, the way that is replaced next
  std::deque<MemoryRequest> requests_;
  std::deque<Fill> fills_;
  std::vector<Miss> misses_;
  std::uint32_t waiting_ = 0;         // requests that wait for lines
  std::vector<MemoryRequest> drain_;  // that a line which has come answers
  std::size_t drained_ = 0;
  std::uint64_t drain_from_ = 0;
  std::array<std::uint64_t, 64> hit_at_{};  // cycles at which a hit is answered, each at itself modulo 64
  std::size_t flush_left_ = 0;
};

class Cache {
 public:
  Cache(const CacheDesign& design, std::uint32_t source);

  Bank& bank_of(std::uint64_t line) { return banks_[line % design_.banks]; }
  void fill(std::uint64_t cycle, std::uint64_t line) { bank_of(line).fill(cycle, line); }
  void step(std::uint64_t now);
  std::uint64_t next(std::uint64_t now) const;
  bool idle() const;
  void flush();
  bool flushes() const;
  std::uint64_t changed_lines() const;
  void clear();  // of all lines; nothing is under way

  std::vector<Answer> answers;       // since whoever uses it took them
  std::vector<MemoryRequest> below;  // likewise; their `source` is this cache
  CacheCounts counts;

 private:
  const CacheDesign& design_;
  std::uint32_t source_;
  std::vector<Bank> banks_;
};

}  // namespace kiesel::timing
