#include "device/plugin/tasks.hpp"

#include <algorithm>

#include "device/box.hpp"

namespace kiesel::device::plugin {
namespace {

kiesel_transfer transfer(std::uint32_t kind, Address source, Address target, std::uint64_t bytes,
                         const void* host) {
  return {sizeof(kiesel_transfer), kind, source, target, bytes, const_cast<void*>(host), 0};
}

struct Planner {
  std::uint32_t flags;
  TransferPlan plan{};

  // A box with gaps is read with them where they are few, and sorted out here.
  void operator()(const Read& c) {
    if (is_empty(c.box)) return;
    auto* const target = static_cast<std::byte*>(c.target);
    const std::uint64_t wanted = c.box.size[0] * c.box.size[1] * c.box.size[2], all = source_extent(c.box);
    auto& stage = plan.stages.emplace_back();
    if (all > wanted && all / kFewGaps <= wanted) {
      plan.passage.resize(all);
      stage.push_back(transfer(KIESEL_READ, c.source, 0, all, plan.passage.data()));
      plan.finish = [passage = plan.passage.data(), target, &box = c.box] { copy_box(passage, target, box); };
      return;
    }
    for_each_row(c.box, [&](std::uint64_t from, std::uint64_t to, std::uint64_t bytes) {
      stage.push_back(transfer(KIESEL_READ, c.source + from, 0, bytes, target + to));
    });
  }

  void operator()(const Write& c) {
    if (is_empty(c.box)) return;
    auto& stage = plan.stages.emplace_back();
    for_each_row(c.box, [&](std::uint64_t from, std::uint64_t to, std::uint64_t bytes) {
      const auto* const source = static_cast<const std::byte*>(c.source) + from;
      stage.push_back(transfer(KIESEL_WRITE, 0, c.target + to, bytes, source));
    });
  }

  void operator()(const Copy& c) {
    if (is_empty(c.box)) return;
    if (flags & KIESEL_COPIES) {
      auto& stage = plan.stages.emplace_back();
      for_each_row(c.box, [&](std::uint64_t from, std::uint64_t to, std::uint64_t bytes) {
        stage.push_back(transfer(KIESEL_COPY, c.source + from, c.target + to, bytes, nullptr));
      });
      return;
    }
    plan.passage.resize(c.box.size[0] * c.box.size[1] * c.box.size[2]);
    plan.stages.resize(2);
    std::byte* at = plan.passage.data();
    for_each_row(c.box, [&](std::uint64_t from, std::uint64_t to, std::uint64_t bytes) {
      plan.stages[0].push_back(transfer(KIESEL_READ, c.source + from, 0, bytes, at));
      plan.stages[1].push_back(transfer(KIESEL_WRITE, 0, c.target + to, bytes, at));
      at += bytes;
    });
  }

  void operator()(const Fill& c) {
    if (c.bytes == 0) return;
    auto& stage = plan.stages.emplace_back();
    if (flags & KIESEL_FILLS) {
      auto& fill = stage.emplace_back(transfer(KIESEL_FILL, 0, c.target, c.bytes, c.pattern.data()));
      fill.pattern_bytes = static_cast<std::uint32_t>(c.pattern.size());
      return;
    }
    const std::uint64_t part = std::min(c.bytes, kPart / c.pattern.size() * c.pattern.size());
    plan.passage.resize(part);
    for (std::uint64_t i = 0; i < part; ++i) plan.passage[i] = c.pattern[i % c.pattern.size()];
    for (std::uint64_t done = 0; done < c.bytes; done += part)
      stage.push_back(
          transfer(KIESEL_WRITE, 0, c.target + done, std::min(part, c.bytes - done), plan.passage.data()));
  }

  void operator()(const Launch&) {}

  static constexpr std::uint64_t kFewGaps = 4, kPart = 1 << 20;
};

}  // namespace

TransferPlan plan_transfer(const Command& command, std::uint32_t flags) {
  Planner planner{flags};
  std::visit(planner, command);
  return std::move(planner.plan);
}

}  // namespace kiesel::device::plugin
