#include "evaluation/check/order.hpp"

#include <algorithm>

namespace kiesel::check {

void Order::clear() {
  locations_.clear();
  logs_.clear();
  entries_ = 0;
  lost_ = false;
  begin_group();
}

void Order::begin_group() {
  items_.clear();
  pending_.clear();
  fenced_.clear();
  group_.clear();
}

void Order::add(Refs& refs, Ref ref) {
  for (Ref& known : refs)
    if (known.log == ref.log) {
      known.length = std::max(known.length, ref.length);
      return;
    }
  refs.push_back(ref);
}

void Order::meet() {
  for (const auto& [item, refs] : items_)
    for (const Ref ref : refs) add(group_, ref);
  items_.clear();
}

void Order::release(Item item, std::uint64_t location, const Moment& moment) {
  if (lost_) return;
  const auto [found, is_new] = locations_.try_emplace(location, static_cast<std::uint32_t>(logs_.size()));
  if (is_new) logs_.emplace_back();
  const std::uint32_t number = found->second;
  Log& log = logs_[number];
  Refs also = group_;
  if (const auto own = items_.find(item); own != items_.end())
    for (const Ref ref : own->second) add(also, ref);
  std::erase_if(also, [&](const Ref& ref) { return ref.log == number; });  // who reads this reads those
  entries_ += 1 + also.size();
  lost_ = entries_ > kMostEntries || also.size() > kMostRefs * 4;
  log.by_group[moment.group_begin].push_back(static_cast<std::uint32_t>(log.entries.size()));
  log.entries.push_back({moment, std::move(also)});
}

void Order::read(Item item, std::uint64_t location, bool acquires) {
  const auto found = locations_.find(location);
  if (found == locations_.end()) return;
  const Ref ref{found->second, static_cast<std::uint32_t>(logs_[found->second].entries.size())};
  Refs& refs = acquires ? items_[item] : pending_[item];
  add(refs, ref);
  if (refs.size() <= kMostRefs) return;
  for (const Ref known : refs) add(group_, known);  // the others know it, too: nothing is found too much
  refs.clear();
}

void Order::fence(Item item) {
  fenced_[item] = true;
  const auto found = pending_.find(item);
  if (found == pending_.end()) return;
  Refs& own = items_[item];
  for (const Ref ref : found->second) add(own, ref);
}

bool Order::covers(const Moment& moment, const Past& past) {
  if (past.segment < moment.phase[past.space]) return true;
  const bool same =
      (past.segment - past.group_begin) % past.group_warps == moment.warp && past.lane == moment.lane;
  return same && past.segment <= moment.segment;
}

bool Order::knows(const Refs& refs, const Past& past, std::vector<std::uint32_t>& seen) const {
  for (const Ref ref : refs) {
    const Log& log = logs_[ref.log];
    if (const auto group = log.by_group.find(past.group_begin); group != log.by_group.end())
      for (const std::uint32_t at : group->second)
        if (at < ref.length && covers(log.entries[at].moment, past)) return true;
    if (std::ranges::find(seen, ref.log) != seen.end()) continue;
    seen.push_back(ref.log);
    for (std::uint32_t at = 0; at < ref.length; ++at)
      if (!log.entries[at].also.empty() && knows(log.entries[at].also, past, seen)) return true;
  }
  return false;
}

bool Order::knows(Item item, const Past& past) const {
  if (lost_) return true;
  std::vector<std::uint32_t> seen;
  if (knows(group_, past, seen)) return true;
  const auto own = items_.find(item);
  seen.clear();
  return own != items_.end() && knows(own->second, past, seen);
}

}  // namespace kiesel::check
