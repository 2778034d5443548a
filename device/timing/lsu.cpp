#include "device/timing/lsu.hpp"

#include <algorithm>

namespace kiesel::timing {
namespace {

constexpr std::uint64_t kNoWord = ~std::uint64_t{0};
constexpr std::uint64_t kSettleCycles = 4;  // from a cache's last answer until the load's place is free
constexpr std::uint64_t kLaneBytes = 8;     // that a lane's port of the unit has

}  // namespace

Lsu::Lsu(const Design& design, Cache& cache)
    : design_(design), cache_(cache), per_bank_(design.local_banks) {}

void Lsu::send(std::uint64_t arrives, std::uint32_t slot, const Pending& instruction) {
  waiting_.push_back({arrives, slot, instruction});
}

std::uint32_t Lsu::allocate() {
  ++used_;
  if (free_.empty()) {
    accesses_.emplace_back();
    return static_cast<std::uint32_t>(accesses_.size() - 1);
  }
  const std::uint32_t access = free_.back();
  free_.pop_back();
  return access;
}

void Lsu::release(std::uint32_t access) {
  --used_;
  if (!accesses_[access].store) --loads_;
  free_.push_back(access);
}

void Lsu::settle(std::uint64_t now) {
  while (!settling_.empty() && settling_.front().cycle <= now) {
    const std::uint32_t access = settling_.front().access;
    settling_.pop_front();
    if (accesses_[access].fence) fence_ = false;
    release(access);
  }
}

std::uint32_t Lsu::step(std::uint64_t now, const Work& work, const std::vector<WarpSlot>& slots) {
  take_answers();
  if (!out_.empty()) send_words(now);
  if (flushing_) flush(now);
  if (has_global_ && out_.empty()) coalesce(now);
  if (has_local_) local(now);
  if (!queue_.empty()) leave_queue(now);
  return waiting_.empty() ? kNobody : accept(now, work, slots);
}

std::uint32_t Lsu::accept(std::uint64_t now, const Work& work, const std::vector<WarpSlot>& slots) {
  const Waiting& front = waiting_.front();
  const InstructionFacts& facts = *front.instruction.facts;
  const bool store = facts.kind == isa::OperationClass::kStore;
  if (front.arrives > now || fence_ || queue_.size() >= design_.lsu_queue) return kNobody;
  if (!store && loads_ >= design_.lsu_pending) return kNobody;
  const std::uint32_t number = allocate();
  Access& access = accesses_[number];
  access = Access();
  access.slot = front.slot;
  access.writes = facts.writes;
  access.store = store;
  access.fence = facts.kind == isa::OperationClass::kFence;
  access.lanes = static_cast<std::uint32_t>(__builtin_popcountll(front.instruction.step->mask));
  access.insn = front.instruction.step->insn;
  Queued queued{now + design_.lsu_request_cycles - 1, number, {}, 0};
  if (access.fence) {
    fence_ = true;
    if (design_.fence_reads) queued.words.assign(design_.lanes * kLaneBytes / design_.word_bytes, Word{});
  } else {
    find_words(work, slots[front.slot].seat, front.instruction, queued);
  }
  access.left = access.parts = static_cast<std::uint32_t>(queued.words.size()) + queued.local_rounds;
  if (store)
    done.push_back({now + 4, front.slot, access.insn, 0, true});
  else
    ++loads_;
  (store ? counts.store_lanes : counts.load_lanes) += access.lanes;
  queue_.push_back(std::move(queued));
  waiting_.pop_front();
  return access.slot;
}

// What the lanes want: words of the cache, and rounds of local memory.
void Lsu::find_words(const Work& work, const Seat& seat, const Pending& instruction, Queued& out) {
  const model::Step& step = *instruction.step;
  const std::uint64_t* address = instruction.trace->addresses.data() + step.address;
  lanes_.assign(design_.lanes, kNoWord);
  local_words_.clear();
  bool global = false;
  for (std::uint64_t mask = step.mask; mask; mask &= mask - 1) {
    const auto lane = static_cast<unsigned>(__builtin_ctzll(mask));
    const Where where = work.where(seat, lane, *address++);
    if (where.local) {
      local_words_.push_back(where.address / design_.local_word_bytes);
    } else {
      lanes_[lane] = where.address / design_.word_bytes;
      global = true;
    }
  }
  if (global) coalesce(lanes_, out);
  if (!local_words_.empty()) out.local_rounds = rounds();
}

// As many as lanes that want the same bank.
std::uint32_t Lsu::rounds() {
  if (design_.local_broadcast) {
    std::sort(local_words_.begin(), local_words_.end());
    local_words_.erase(std::unique(local_words_.begin(), local_words_.end()), local_words_.end());
  }
  std::fill(per_bank_.begin(), per_bank_.end(), std::uint8_t{0});
  std::uint8_t most = 0;
  for (const std::uint64_t word : local_words_)
    most = std::max(most, ++per_bank_[word % design_.local_banks]);
  return most;
}

// Lanes that lie together share a port. In a batch, each port asks for the word of its first lane that has
// not been served, and serves all its lanes that want the same.
void Lsu::coalesce(const std::vector<std::uint64_t>& words, Queued& out) const {
  const std::size_t lanes = std::max<std::size_t>(1, design_.word_bytes / kLaneBytes);
  for (std::size_t port = 0; port < words.size(); port += lanes) {
    std::uint32_t batch = 0;
    for (std::size_t lane = port; lane < std::min(port + lanes, words.size()); ++lane) {
      if (words[lane] == kNoWord) continue;
      const auto same = [&](std::size_t other) { return words[other] == words[lane]; };
      bool first = true;
      for (std::size_t other = port; other < lane && first; ++other) first = !same(other);
      if (first)
        out.words.push_back(
            {words[lane] * design_.word_bytes / design_.data_cache.line_bytes, batch++, port == 0});
    }
  }
  std::stable_sort(out.words.begin(), out.words.end(), [](auto& a, auto& b) { return a.batch < b.batch; });
}

// To the coalescer, to local memory, or to both.
void Lsu::leave_queue(std::uint64_t now) {
  Queued& front = queue_.front();
  Access& access = accesses_[front.access];
  const bool to_global = access.fence || !front.words.empty(), to_local = front.local_rounds != 0;
  if (front.ready > now || (to_global && (has_global_ || flushing_)) || (to_local && has_local_)) return;
  access.since = now + 1 - design_.lsu_request_cycles;
  if (to_local) {
    has_local_ = true;
    local_ = {std::max(local_free_, now + design_.local_request_cycles - design_.lsu_request_cycles + 1),
              front.access,
              {},
              front.local_rounds};
  }
  if (access.fence) {
    flushing_ = true;
    flushed_ = kNever;
    std::swap(global_, front);
    cache_.flush();
  } else if (to_global) {
    has_global_ = true;
    word_ = 0;
    batch_from_ = std::max(batch_from_, now + 1);
    std::swap(global_, front);
  }
  if (!to_global && !to_local) release(front.access);
  queue_.pop_front();
}

// The fence goes on when nothing is left in the cache: as a load, or as an answer.
void Lsu::flush(std::uint64_t now) {
  if (flushed_ == kNever && !cache_.flushes()) flushed_ = now + design_.data_cache.flush_cycles;
  if (now < flushed_) return;
  flushing_ = false;
  word_ = 0;
  batch_from_ = now;
  has_global_ = !global_.words.empty();
  if (!has_global_) answer(now, global_.access, 0);
}

void Lsu::coalesce(std::uint64_t now) {
  if (now < batch_from_) return;
  const std::uint32_t batch = global_.words[word_].batch;
  const Access& access = accesses_[global_.access];
  ++counts.batches;
  batch_from_ = now + design_.coalescer_cycles;
  out_from_ = now + design_.coalescer_cycles;
  for (; word_ < global_.words.size() && global_.words[word_].batch == batch; ++word_)
    out_.push_back(
        {{0, global_.words[word_].line, 0, global_.access, access.store}, global_.words[word_].first_port});
  if (word_ == global_.words.size()) has_global_ = false;
}

void Lsu::send_words(std::uint64_t now) {
  if (now < out_from_) return;
  std::size_t kept = 0;
  for (const Sent& word : out_) {
    Bank& bank = cache_.bank_of(word.request.line);
    if (!bank.takes()) {
      out_[kept++] = word;
      continue;
    }
    MemoryRequest sent = word.request;
    sent.cycle = now + word.first_port;
    bank.add(sent);
    if (sent.write && --accesses_[sent.tag].left == 0) release(sent.tag);
  }
  out_.resize(kept);
}

// A bank of local memory serves a lane a cycle.
void Lsu::local(std::uint64_t now) {
  if (now < local_.ready) return;
  const std::uint32_t rounds = local_.local_rounds;
  counts.local_rounds += rounds;
  Access& access = accesses_[local_.access];
  if (access.store) {
    access.left -= rounds;
    if (access.left == 0) release(local_.access);
  } else {
    for (std::uint32_t round = 0; round < rounds; ++round)
      answer(now + design_.local_cycles + round + design_.local_response_cycles - design_.lsu_response_cycles,
             local_.access, 1);
  }
  local_free_ = now + rounds;
  has_local_ = false;
}

void Lsu::take_answers() {
  auto& answers = cache_.answers;
  for (std::size_t i = 0; i < answers.size();) {
    std::size_t end = i + 1;  // words of one load that come together go on together
    while (end < answers.size() && answers[end].cycle == answers[i].cycle &&
           answers[end].tag == answers[i].tag)
      ++end;
    answer(answers[i].cycle, answers[i].tag, static_cast<std::uint32_t>(end - i));
    i = end;
  }
  answers.clear();
}

// One answer a cycle goes to the write-back.
void Lsu::answer(std::uint64_t cycle, std::uint32_t number, std::uint32_t parts) {
  Access& access = accesses_[number];
  const std::uint64_t at = answers_.take(cycle);
  access.left -= parts;
  if (access.parts) counts.load_lane_cycles += (at - access.since) * access.lanes * parts / access.parts;
  const bool last = access.left == 0;
  done.push_back({at + design_.lsu_response_cycles - 1, access.slot, access.insn, access.writes, last});
  if (!last) return;
  auto place = settling_.end();
  while (place != settling_.begin() && place[-1].cycle > at + kSettleCycles) --place;
  settling_.insert(place, {at + kSettleCycles, number});
}

std::uint64_t Lsu::next(std::uint64_t now) const {
  std::uint64_t at = kNever;
  const auto wake = [&](std::uint64_t cycle) { at = std::min(at, std::max(cycle, now)); };
  if (!cache_.answers.empty()) wake(now);
  if (!settling_.empty()) wake(settling_.front().cycle);
  if (!out_.empty()) wake(out_from_);
  if (flushing_) wake(flushed_ == kNever ? now : flushed_);
  if (has_global_ && out_.empty()) wake(batch_from_);
  if (has_local_) wake(local_.ready);
  if (!queue_.empty()) wake(queue_.front().ready);
  if (!waiting_.empty() && !fence_ && queue_.size() < design_.lsu_queue) wake(waiting_.front().arrives);
  return at;
}

}  // namespace kiesel::timing
