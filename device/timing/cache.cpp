#include "device/timing/cache.hpp"

#include <algorithm>

namespace kiesel::timing {

Bank::Bank(const CacheDesign& design)
    : design_(design),
      sets_(design.bytes / design.line_bytes / design.ways / design.banks),
      lines_(sets_ * design.ways),
      oldest_(sets_) {}

Bank::Line* Bank::find(std::uint64_t line) {
  Line* const set = lines_.data() + set_of(line);
  for (std::uint32_t way = 0; way < design_.ways; ++way)
    if (set[way].line == line) return set + way;
  return nullptr;
}

void Bank::fill(std::uint64_t cycle, std::uint64_t line) {
  auto at = fills_.end();
  while (at != fills_.begin() && at[-1].cycle > cycle) --at;
  fills_.insert(at, {cycle, line});
}

void Bank::step(std::uint64_t now, std::vector<Answer>& answers, std::vector<MemoryRequest>& below,
                CacheCounts& counts) {
  const bool draining = drained_ < drain_.size();
  const bool used = draining && now >= drain_from_ && drain(now, answers);
  if (!used) {
    if (!draining && !fills_.empty() && fills_.front().cycle <= now) {
      const Fill fill = fills_.front();
      fills_.pop_front();
      install(fill, now, below, counts);
    } else if (flush_left_ && !waiting_) {
      flush_one(now, below, counts);
    } else if (!requests_.empty() && requests_.front().cycle <= now) {
      if (waiting_ >= design_.misses) {
        ++counts.full_stalls;
      } else {
        const MemoryRequest request = requests_.front();
        requests_.pop_front();
        look_up(request, now, answers, below, counts);
      }
    }
  }
}

// True when that took the bank's cycle.
bool Bank::drain(std::uint64_t now, std::vector<Answer>& answers) {
  const MemoryRequest& request = drain_[drained_];
  if (!request.write) {
    if (hit_answers(now)) return false;
    answers.push_back({now, request.line, request.source, request.tag});
  } else if (Line* const line = find(request.line)) {
    line->dirty = design_.write_back;
  }
  ++drained_;
  --waiting_;
  return request.write;
}

void Bank::install(const Fill& fill, std::uint64_t now, std::vector<MemoryRequest>& below,
                   CacheCounts& counts) {
  const std::size_t set = set_of(fill.line);
  std::uint8_t& oldest = oldest_[set / design_.ways];
  Line& line = lines_[set + oldest];
  oldest = static_cast<std::uint8_t>((oldest + 1) % design_.ways);
  if (line.dirty) {
    ++counts.evictions;
    below.push_back({now + design_.hit_cycles, line.line, 0, 0, true});
  }
  line = {fill.line, false};
  const auto found =
      std::find_if(misses_.begin(), misses_.end(), [&](const Miss& m) { return m.line == fill.line; });
  drain_.clear();
  drained_ = 0;
  drain_from_ = now + 1;
  if (found == misses_.end()) return;
  drain_.swap(found->waiting);
  std::swap(*found, misses_.back());
  misses_.pop_back();
}

void Bank::look_up(const MemoryRequest& request, std::uint64_t now, std::vector<Answer>& answers,
                   std::vector<MemoryRequest>& below, CacheCounts& counts) {
  Line* const line = find(request.line);
  const std::uint64_t done = now + design_.hit_cycles;
  ++(request.write ? counts.writes : counts.reads);
  if (!line) ++(request.write ? counts.write_misses : counts.read_misses);
  if (request.write && !design_.write_back) {
    below.push_back({done, request.line, 0, 0, true});
  } else if (!line) {
    miss(request, now, below);
  } else if (request.write) {
    line->dirty = true;
  } else {
    answers.push_back({done, request.line, request.source, request.tag});
    hit_at_[done % hit_at_.size()] = done;
  }
}

void Bank::miss(const MemoryRequest& request, std::uint64_t now, std::vector<MemoryRequest>& below) {
  ++waiting_;
  for (Miss& miss : misses_)
    if (miss.line == request.line) {
      miss.waiting.push_back(request);
      return;
    }
  misses_.push_back({request.line, {request}});
  below.push_back({now + design_.hit_cycles, request.line, 0, 0, false});
}

void Bank::flush() { flush_left_ = design_.write_back ? lines_.size() : sets_; }

void Bank::flush_one(std::uint64_t now, std::vector<MemoryRequest>& below, CacheCounts& counts) {
  const std::size_t ways = design_.write_back ? 1 : design_.ways;
  --flush_left_;
  for (std::size_t way = 0; way < ways; ++way) {
    Line& line = lines_[flush_left_ * ways + way];
    if (line.dirty) {
      ++counts.evictions;
      below.push_back({now + design_.hit_cycles, line.line, 0, 0, true});
    }
    line = {};
  }
}

std::uint64_t Bank::next(std::uint64_t now) const {
  if (drained_ < drain_.size()) return std::max(now, drain_from_);
  std::uint64_t at = ~std::uint64_t{0};
  if (!fills_.empty()) at = std::max(now, fills_.front().cycle);
  if (flush_left_ && !waiting_) return now;
  if (!requests_.empty() && waiting_ < design_.misses)
    at = std::min(at, std::max(now, requests_.front().cycle));
  return at;
}

std::uint64_t Bank::changed_lines() const {
  return static_cast<std::uint64_t>(
      std::count_if(lines_.begin(), lines_.end(), [](const Line& line) { return line.dirty; }));
}

void Bank::clear() {
  std::fill(lines_.begin(), lines_.end(), Line());
  std::fill(oldest_.begin(), oldest_.end(), std::uint8_t{0});
  hit_at_.fill(0);
}

Cache::Cache(const CacheDesign& design, std::uint32_t source) : design_(design), source_(source) {
  for (std::uint32_t bank = 0; bank < design.banks; ++bank) banks_.emplace_back(design_);
}

void Cache::step(std::uint64_t now) {
  const std::size_t before = below.size();
  for (Bank& bank : banks_)
    if (bank.next(now) == now) bank.step(now, answers, below, counts);
  for (std::size_t i = before; i < below.size(); ++i) below[i].source = source_;
}

std::uint64_t Cache::next(std::uint64_t now) const {
  std::uint64_t at = ~std::uint64_t{0};
  for (const Bank& bank : banks_) at = std::min(at, bank.next(now));
  return at;
}

bool Cache::idle() const {
  return std::all_of(banks_.begin(), banks_.end(), [](const Bank& bank) { return bank.idle(); });
}

void Cache::flush() {
  for (Bank& bank : banks_) bank.flush();
}

std::uint64_t Cache::changed_lines() const {
  std::uint64_t sum = 0;
  for (const Bank& bank : banks_) sum += bank.changed_lines();
  return sum;
}

void Cache::clear() {
  for (Bank& bank : banks_) bank.clear();
  counts = {};
}

bool Cache::flushes() const {
  return std::any_of(banks_.begin(), banks_.end(), [](const Bank& bank) { return bank.flushes(); });
}

}  // namespace kiesel::timing
