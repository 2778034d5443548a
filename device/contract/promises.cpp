#include "device/contract/promises.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <set>
#include <thread>

#include "device/contract/bench.hpp"
#include "device/contract/kernels.hpp"

namespace kiesel::device::contract {
namespace {

std::vector<std::byte> counting(std::size_t bytes) {
  std::vector<std::byte> out(bytes);
  for (std::size_t i = 0; i < bytes; ++i) out[i] = static_cast<std::byte>(i * 2654435761U >> 13);
  return out;
}

// ---- description and memory ----

void describes_itself(Bench& b) {
  const Description& d = b.description();
  b.expect(d.name.starts_with("Kiesel"), "the name is '{}'", d.name);
  b.expect(d.cores > 0, "there are no cores");
  b.expect(d.global_memory_bytes >= d.max_allocation_bytes && d.max_allocation_bytes > 0,
           "one allocation may have {} bytes of {}", d.max_allocation_bytes, d.global_memory_bytes);
  b.expect((d.target.lanes & (d.target.lanes - 1)) == 0, "there are {} lanes", d.target.lanes);
}

void allocates(Bench& b) {
  std::vector<std::pair<Address, std::uint64_t>> all;
  for (const std::uint64_t bytes : {1, 64, 4096, 5000, 70000, 1 << 20})
    for (const std::uint64_t alignment : {64, 128, 4096})
      all.emplace_back(b.allocate(bytes, alignment), bytes);
  std::sort(all.begin(), all.end());
  for (std::size_t i = 1; i < all.size(); ++i)
    b.expect(all[i - 1].first + all[i - 1].second <= all[i].first, "allocations at {:#x} and {:#x} overlap",
             all[i - 1].first, all[i].first);
}

void refuses_too_much(Bench& b) {
  const auto too_much = b.device().allocate(b.description().max_allocation_bytes + 1, 64);
  b.expect(!too_much.ok(), "an allocation of max_allocation_bytes + 1 was given");
  b.expect(too_much.error().code == Errc::kOutOfMemory, "too large an allocation was refused with '{}'",
           too_much.error().reason);
  for (int i = 0; i < 3; ++i) {
    const auto most = b.device().allocate(b.description().max_allocation_bytes, 64);
    b.expect(most.ok(), "max_allocation_bytes were refused, try {}: {}", i + 1,
             most ? "" : most.error().reason);
    b.device().free(*most);
  }
}

void moves_bytes(Bench& b) {
  constexpr std::size_t kBytes = 4096;
  const Address from = b.allocate(kBytes), to = b.allocate(kBytes);
  const auto data = counting(kBytes);
  std::vector<std::byte> back(kBytes);
  b.succeed(Write{data.data(), from, flat(kBytes)}, "a write");
  b.succeed(Copy{from, to, flat(kBytes)}, "a copy");
  b.succeed(Fill{to + 96, 300, {std::byte{1}, std::byte{2}, std::byte{3}}}, "a fill");
  b.succeed(Read{to, back.data(), flat(kBytes)}, "a read");
  for (std::size_t i = 0; i < kBytes; ++i) {
    const auto wanted = i >= 96 && i < 396 ? static_cast<std::byte>(1 + (i - 96) % 3) : data[i];
    b.expect(back[i] == wanted, "byte {} is {}, not {}, after write, copy, fill and read", i,
             std::to_integer<int>(back[i]), std::to_integer<int>(wanted));
  }
}

void moves_boxes(Bench& b) {
  const Address at = b.filled(1000, std::byte{7});
  const auto data = counting(1000);
  std::vector<std::byte> back(1000);
  // 3 bytes, 4 rows, 2 slices; host rows are 10 and slices 100 apart, the device's 20 and 200.
  b.succeed(Write{data.data() + 5, at + 11, {{3, 4, 2}, 10, 100, 20, 200}}, "a write of a box");
  b.succeed(Read{at, back.data(), flat(1000)}, "a read");
  for (std::size_t i = 0; i < 1000; ++i) {
    const std::size_t in = i - 11, z = in / 200, y = in % 200 / 20, x = in % 20;
    const bool inside = i >= 11 && z < 2 && y < 4 && x < 3;
    const auto wanted = inside ? data[5 + z * 100 + y * 10 + x] : std::byte{7};
    b.expect(back[i] == wanted, "byte {} is {}, not {}, after a box was written", i,
             std::to_integer<int>(back[i]), std::to_integer<int>(wanted));
  }
}

void moves_much(Bench& b) {
  constexpr std::size_t kBytes = (3 << 20) + 12345;
  const Address at = b.allocate(kBytes + 64);
  const auto data = counting(kBytes);
  for (const std::size_t offset : {0, 7}) {
    std::vector<std::byte> back(kBytes);
    b.succeed(Write{data.data(), at + offset, flat(kBytes)}, "a long write");
    b.succeed(Read{at + offset, back.data(), flat(kBytes)}, "a long read");
    b.expect(back == data, "{} bytes at offset {} came back changed", kBytes, offset);
  }
}

void keeps_to_allocations(Bench& b) {
  const Address at = b.allocate(64);
  std::vector<std::byte> data(4096);
  const Command commands[] = {Write{data.data(), at, flat(8192)}, Read{at + 60, data.data(), flat(8192)},
                              Copy{at, at + 8192, flat(8192)}, Fill{at, 64, {}},
                              Write{data.data(), 1, flat(1)}};
  for (const Command& command : commands)
    b.expect(!b.run(command, "a transfer outside of an allocation").ok(),
             "transfer {} outside of an allocation went well", command.index());
}

// ---- commands ----

void ends_once(Bench& b) {
  const Address at = b.allocate(64 * 8);
  std::vector<std::uint64_t> values(64);
  std::iota(values.begin(), values.end(), 1);
  std::vector<Bench::Started> started;
  for (std::size_t i = 0; i < 64; ++i) started.push_back(b.start(Write{&values[i], at + i * 8, flat(8)}));
  for (const auto& one : started) b.expect(b.wait(one, "a write").ok(), "a write failed");
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  for (const auto& one : started) b.expect(one.ends() == 1, "a command ended {} times", one.ends());
  b.expect(b.words(at, 64) == values, "of 64 writes at once some are missing");
}

void does_not_end_inside_submit(Bench& b) {
  static thread_local bool submitting = false;
  std::atomic<int> done{0};
  std::atomic<bool> inside{false};
  const Address at = b.allocate(8);
  const std::uint64_t value = 5;
  for (int i = 0; i < 100; ++i) {
    submitting = true;
    const Command command = i % 2 ? Command(Write{&value, at, flat(8)}) : Command(Fill{at, 8, {}});
    b.device().submit(command, [&](const Completion&) {
      if (submitting) inside = true;
      ++done;
    });
    submitting = false;
  }
  for (int i = 0; i < 100'000 && done < 100; ++i)
    if (!b.device().help()) std::this_thread::sleep_for(std::chrono::microseconds(50));
  b.expect(done == 100, "{} of 100 commands ended", done.load());
  b.expect(!inside, "a completion ran inside of submit()");
}

void goes_on_by_itself(Bench& b) {
  constexpr int kCommands = 200;
  const Address at = b.allocate(8);
  const std::uint64_t value = 5;
  struct Chain {
    std::atomic<int> left{kCommands};
    std::function<void(const Completion&)> next;
  };
  const auto chain = std::make_shared<Chain>();
  chain->next = [&device = b.device(), at, &value, weak = std::weak_ptr(chain)](const Completion&) {
    const auto self = weak.lock();
    if (--self->left > 0) device.submit(Write{&value, at, flat(8)}, self->next);
  };
  b.device().submit(Write{&value, at, flat(8)}, chain->next);
  for (int i = 0; i < 10'000 && chain->left > 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  b.expect(chain->left == 0, "{} of {} commands that completions submit did not run while nobody helps",
           chain->left.load(), kCommands);
}

void tells_times(Bench& b) {
  const Address at = b.allocate(8);
  const std::uint64_t value = 5;
  for (const bool timed : {true, false}) {
    const auto started = b.start(Write{&value, at, flat(8)}, {.timed = timed});
    b.expect(b.wait(started, "a write").ok(), "a write failed");
    const Completion& how = started.how();
    b.expect((how.start_ns != 0) == timed && how.start_ns <= how.end_ns,
             "times are {} to {} where {} are wanted", how.start_ns, how.end_ns, timed ? "some" : "none");
  }
}

// ---- programs ----

void refuses_damaged_programs(Bench& b) {
  const auto good = program("sd s1, 0(s0)");
  for (std::size_t length = 0; length < good.size(); length += 97)
    b.expect(!b.device().load(std::span(good).first(length)).ok(), "the first {} of {} bytes were loaded",
             length, good.size());
  auto other = good;
  other[18] = std::byte{0x3E};  // e_machine: x86-64
  b.expect(!b.device().load(other).ok(), "a program for another machine was loaded");
}

void finds_symbols(Bench& b) {
  const ModuleId module = b.load("sd s1, 0(s0)");
  b.expect(b.device().symbol(module, "kernel").ok(), "the symbol 'kernel' was not found");
  b.expect(!b.device().symbol(module, "nothing").ok(), "a symbol was found that is not there");
  b.expect(!b.device().symbol(module + 1, "kernel").ok(), "a symbol was found in no program");
}

void keeps_programs_apart(Bench& b) {
  const Address out = b.filled(64, std::byte{0});
  const ModuleId one = b.load("addi t0, zero, 1\n sd t0, 0(s0)"),
                 two = b.load("addi t0, zero, 2\n sd t0, 8(s0)");
  for (int i = 0; i < 3; ++i)
    for (const ModuleId module : {one, two})
      b.succeed(b.launch(module, {1, 1, 1}, {1, 1, 1}, {out}), "a launch");
  const auto words = b.words(out, 2);
  b.expect(words[0] == 1 && words[1] == 2, "two programs wrote {} and {}, not 1 and 2", words[0], words[1]);
}

void says_why_launches_cannot_run(Bench& b) {
  const ModuleId module = b.load("sd s1, 0(s0)");
  const Address out = b.filled(64, std::byte{0});
  const Launch good = b.launch(module, {1, 1, 1}, {1, 1, 1}, {out});
  const std::pair<const char*, void (*)(Launch&)> bad[] = {
      {"of no module", [](Launch& l) { l.module += 12345; }},
      {"whose entry is not in the module", [](Launch& l) { l.entry = 64; }},
      {"with a local size of 0", [](Launch& l) { l.region.local_size[0] = 0; }},
      {"of more work-groups than the NDRange has", [](Launch& l) { l.region.groups[1] = 2; }},
      {"of too large a work-group", [](Launch& l) { l.region.local_size[0] = 1 << 16; }},
      {"with too much local memory", [](Launch& l) { l.local_memory_bytes = 1U << 31; }},
      {"with too much private memory", [](Launch& l) { l.private_memory_bytes = std::uint64_t{1} << 40; }},
      {"on cores that do not exist",
       [](Launch& l) {
         l.cores = {1 << 20, 1};
       }},
  };
  for (const auto& [what, change] : bad) {
    Launch launch = good;
    change(launch);
    const Status status = b.run(launch, "a launch that cannot run");
    b.expect(!status.ok(), "a launch {} went well", what);
    b.expect(status.error().code == Errc::kInvalidArgument && !status.error().reason.empty(),
             "a launch {} was refused with '{}'", what, status.error().reason);
  }
  Launch empty = good;
  empty.region.groups[0] = 0;
  b.succeed(empty, "a launch without work-groups");
}

// ---- launches ----

struct Range {
  std::array<std::uint64_t, 3> global;
  std::array<std::uint32_t, 3> local;
};

std::vector<Range> ranges(const isa::Target& target) {
  const std::uint32_t lanes = target.lanes, most = target.max_work_group_size();
  const std::uint32_t partial = std::max(1U, most - 1);
  return {{{1, 1, 1}, {1, 1, 1}},
          {{std::uint64_t{lanes} * 4, 1, 1}, {lanes, 1, 1}},
          {{std::uint64_t{most} * 5, 1, 1}, {most, 1, 1}},
          {{std::uint64_t{partial} * 7, 1, 1}, {partial, 1, 1}},
          {{std::uint64_t{1} * 33, 1, 1}, {1, 1, 1}},
          {{6, 4, 2}, {std::min(2U, most), 1, 1}},
          {{4, 6, 4}, {1, std::min(2U, most), most >= 4 ? 2U : 1U}}};
}

std::uint64_t items(const Range& range) { return range.global[0] * range.global[1] * range.global[2]; }

void runs_every_work_item(Bench& b) {
  const ModuleId module = b.load("ld t0, 0(s0)\n add t0, t0, s1\n addi t0, t0, 1\n sd t0, 0(s0)");
  for (const Range& range : ranges(b.target())) {
    const std::uint64_t count = items(range);
    const Address out = b.filled((count + 8) * 8, std::byte{0});
    b.succeed(b.launch(module, range.global, range.local, {out}), "a launch");
    const auto words = b.words(out, count + 8);
    for (std::uint64_t i = 0; i < words.size(); ++i)
      b.expect(words[i] == (i < count ? i + 1 : 0),
               "work-item {} of {} ({} a work-group of {} x {} x {}) wrote {}: it ran not once", i, count,
               range.local[0] * range.local[1] * range.local[2], range.local[0], range.local[1],
               range.local[2], words[i]);
  }
}

void numbers_work_items(Bench& b) {
  const ModuleId module = b.load(kReadLocalIds);
  for (const Range& range : ranges(b.target())) {
    const auto [x, y, z] = range.local;
    const std::uint32_t size = x * y * z;
    const Address out = b.filled(items(range) * 8, std::byte{0});
    b.succeed(b.launch(module, range.global, range.local, {out}), "a launch");
    const auto words = b.words(out, items(range));
    for (std::uint32_t i = 0; i < words.size(); ++i) {
      const std::uint64_t at = i % size, mask = 0xFFFFF;
      const std::uint64_t wanted[] = {at % x, at / x % y, at / x / y};
      const std::uint64_t seen[] = {words[i] & mask, words[i] >> 20 & mask, words[i] >> 40};
      b.expect(std::ranges::equal(wanted, seen),
               "in work-groups of {} x {} x {} work-item {} has local ids {}, {}, {}, not {}, {}, {}", x, y,
               z, at, seen[0], seen[1], seen[2], wanted[0], wanted[1], wanted[2]);
    }
  }
}

// Each CSR that is the same for all lanes of a launch.
void tells_the_shape(Bench& b) {
  const ModuleId module = b.load(kReadShape);
  const Address out = b.filled(16 * 8, std::byte{0});
  const std::uint32_t y = b.target().max_work_group_size() >= 2 ? 2 : 1;
  b.succeed(b.launch(module, {3, 2ULL * y, 1}, {1, y, 1}, {out}), "a launch");
  const auto words = b.words(out, 9);
  const std::uint64_t wanted[] = {
      1, y, 1, 3, 2, 1, b.target().lanes, b.target().warps, b.description().cores};
  constexpr const char* kNames[] = {"local_size_x", "local_size_y", "local_size_z",
                                    "num_groups_x", "num_groups_y", "num_groups_z",
                                    "num_lanes",    "num_warps",    "num_cores"};
  for (std::size_t i = 0; i < 9; ++i)
    b.expect(words[i] == wanted[i], "CSR {} reads {}, not {}", kNames[i], words[i], wanted[i]);
}

void numbers_lanes(Bench& b) {
  const isa::Target& target = b.target();
  const std::uint32_t most = target.max_work_group_size();
  const ModuleId module = b.load(kReadLanes);
  const Address out = b.filled(std::uint64_t{most} * 8, std::byte{0}),
                harts = b.filled(std::uint64_t{most} * 8, std::byte{0});
  b.succeed(b.launch(module, {most, 1, 1}, {most, 1, 1}, {out, harts}), "a launch");
  const auto lanes = b.words(out, most), hart = b.words(harts, most);
  const std::uint64_t all = std::uint64_t{b.description().cores} * most;
  std::set<std::uint64_t> seen;
  for (std::uint32_t i = 0; i < most; ++i) {
    b.expect(lanes[i] == (i / target.lanes << 16 | i % target.lanes), "work-item {} has rank {} and lane {}",
             i, lanes[i] >> 16, lanes[i] & 0xFFFF);
    b.expect(hart[i] < all && seen.insert(hart[i]).second, "work-item {} has mhartid {}, of {}", i, hart[i],
             all);
  }
}

constexpr std::size_t kHeaderWords = 16;

void hands_over_arguments(Bench& b) {
  const ModuleId module = b.load(kCopyBlock);
  for (const std::uint64_t count : {2, 100, 600}) {
    const std::uint64_t words = kHeaderWords + count;
    const Address out = b.filled(words * 8, std::byte{0});
    std::vector<std::uint64_t> arguments(count);
    std::iota(arguments.begin(), arguments.end(), 1000);
    arguments[0] = out, arguments[1] = words;
    b.succeed(b.launch(module, {1, 1, 1}, {1, 1, 1}, arguments), "a launch");
    auto block = b.words(out, words);
    block.erase(block.begin(), block.begin() + kHeaderWords);
    b.expect(block == arguments, "{} bytes of arguments did not arrive as they were", count * 8);
  }
}

void hands_over_the_header(Bench& b) {
  const ModuleId module = b.load(kCopyBlock);
  const Address out = b.filled(kHeaderWords * 8, std::byte{0});
  Launch launch = b.launch(module, {6, 4, 2}, {1, 1, 1}, {out, kHeaderWords});
  launch.region.first_global_id = {100, 200, 300};
  launch.region.first_group = {1, 1, 0};
  launch.region.groups = {1, 1, 1};
  launch.printf_buffer = 0x123456789A;
  b.succeed(launch, "a launch of a part of an NDRange");
  const auto w = b.words(out, kHeaderWords);
  b.expect(w[2] == 100 && w[3] == 200 && w[4] == 300, "first_global_id is {}, {}, {}", w[2], w[3], w[4]);
  b.expect(w[5] == 6 && w[6] == 4 && w[7] == 2, "global_size is {}, {}, {}", w[5], w[6], w[7]);
  b.expect(w[8] == (std::uint64_t{1} << 32 | 3) && w[9] == 1, "work_dim and first_group are {:#x}, {:#x}",
           w[8], w[9]);
  b.expect(w[10] == 0x123456789A, "printf_buffer is {:#x}", w[10]);
  b.expect(w[14] < w[0], "private memory is [{:#x}, {:#x})", w[14], w[0]);
  b.expect(w[15] <= b.target().local_memory_bytes, "local_bytes is {}", w[15]);
}

void gives_each_lane_a_stack(Bench& b) {
  const std::uint32_t most = b.target().max_work_group_size();
  const std::uint64_t bytes = std::min<std::uint64_t>(b.description().private_memory_bytes, 2048);
  const ModuleId module = b.load(kUseStack);
  const Address out = b.filled(std::uint64_t{most} * 3 * 8, std::byte{0});
  Launch launch = b.launch(module, {std::uint64_t{most} * 3, 1, 1}, {most, 1, 1}, {out, bytes});
  launch.private_memory_bytes = bytes;
  b.succeed(launch, "a launch that uses its stacks");
  const auto words = b.words(out, std::size_t{most} * 3);
  for (std::size_t i = 0; i < words.size(); ++i)
    b.expect(words[i] == i * (bytes / 8), "of {} bytes of stack work-item {} did not find what it wrote",
             bytes, i);
}

void gives_groups_local_memory(Bench& b) {
  const std::uint32_t bytes = b.target().local_memory_bytes;
  b.needs(bytes >= 64, "local memory");
  const std::uint32_t most = b.target().max_work_group_size();
  const ModuleId module = b.load(kUseLocal);
  for (const std::uint32_t part : {bytes, bytes / 2, std::uint32_t{64}}) {
    const std::uint64_t groups = 9;
    const Address out = b.filled(groups * most * 8, std::byte{0});
    Launch launch = b.launch(module, {groups * most, 1, 1}, {most, 1, 1}, {out, part});
    launch.local_memory_bytes = part;
    b.succeed(launch, "a launch with local memory");
    const auto words = b.words(out, groups * most);
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::uint64_t group = i / most + 1;
      b.expect(words[i] == group * (part / 8), "of {} bytes of local memory work-item {} read {}, not {}",
               part, i, words[i], group * (part / 8));
    }
  }
}

void holds_at_barriers(Bench& b) {
  const std::uint32_t most = b.target().max_work_group_size();
  b.needs(most >= 2 && b.target().local_memory_bytes >= most * 8, "local memory for all work-items");
  const ModuleId module = b.load(kPassAround);
  const std::uint64_t groups = 6, rounds = 20;
  const Address out = b.filled(groups * most * 8, std::byte{0});
  Launch launch = b.launch(module, {groups * most, 1, 1}, {most, 1, 1}, {out, rounds});
  launch.local_memory_bytes = most * 8;
  b.succeed(launch, "a launch with barriers");
  const auto words = b.words(out, groups * most);
  for (std::size_t i = 0; i < words.size(); ++i)
    b.expect(words[i] == (i % most + rounds) % most,
             "after {} rounds of passing values on, work-item {} has {}: a barrier let somebody through",
             rounds, i, words[i]);
}

void tells_the_time(Bench& b) {
  const std::uint32_t most = b.target().max_work_group_size();
  const ModuleId module = b.load(kReadClock);
  const Address first = b.filled(std::uint64_t{most} * 8, std::byte{0});
  const Address second = b.filled(std::uint64_t{most} * 8, std::byte{0});
  b.succeed(b.launch(module, {most, 1, 1}, {most, 1, 1}, {first, second}), "a launch that reads mcycle");
  const auto before = b.words(first, most), after = b.words(second, most);
  const auto latest = *std::max_element(before.begin(), before.end());
  for (std::uint32_t i = 0; i < most; ++i)
    b.expect(after[i] >= latest, "work-item {} reads {} behind a barrier, and {} was read before it", i,
             after[i], latest);
}

void splits_and_joins(Bench& b) {
  const std::uint32_t most = b.target().max_work_group_size();
  const ModuleId module = b.load(kDiverge);
  const Address out = b.filled(std::uint64_t{most} * 8, std::byte{0});
  b.succeed(b.launch(module, {most, 1, 1}, {most, 1, 1}, {out}), "a launch that diverges");
  const auto words = b.words(out, most);
  for (std::uint32_t i = 0; i < most; ++i) {
    const std::uint64_t wanted = (i & 1 ? (i & 2 ? 11 : 12) : 20) + (i & 7);
    b.expect(words[i] == wanted, "work-item {} has {}, not {}, after split, join and pred", i, words[i],
             wanted);
  }
}

void votes_and_shuffles(Bench& b) {
  b.needs(b.target().votes, "vote and shuffle");
  const std::uint32_t lanes = b.target().lanes;
  const ModuleId module = b.load(kVote);
  const Address out = b.filled(lanes * 8, std::byte{0}), moved = b.filled(lanes * 8, std::byte{0});
  b.succeed(b.launch(module, {lanes, 1, 1}, {lanes, 1, 1}, {out, moved}), "a launch that votes");
  const auto ballots = b.words(out, lanes), values = b.words(moved, lanes);
  std::uint64_t odd = 0;
  for (std::uint32_t i = 1; i < lanes; i += 2) odd |= std::uint64_t{1} << i;
  for (std::uint32_t i = 0; i < lanes; ++i) {
    b.expect(ballots[i] == odd, "lane {} has ballot {:#x}, not {:#x}", i, ballots[i], odd);
    b.expect(values[i] == 0, "lane {} got {} of lane 0 by shfl.idx", i, values[i]);
  }
}

void adds_atomically(Bench& b) {
  b.needs(b.target().atomics, "A");
  const std::uint32_t most = b.target().max_work_group_size();
  const ModuleId module = b.load(kCount);
  const Address out = b.filled(8, std::byte{0});
  b.succeed(b.launch(module, {std::uint64_t{most} * 8, 1, 1}, {most, 1, 1}, {out, out}),
            "a launch of atomics");
  const auto word = b.words(out, 1)[0];
  b.expect(word == std::uint64_t{most} * 8, "{} work-items counted to {}", std::uint64_t{most} * 8, word);
}

void computes(Bench& b) {
  const ModuleId module = b.load(kCompute);
  const Address out = b.filled(64 * 8, std::byte{0});
  const std::uint32_t local = std::min(8U, b.target().max_work_group_size());
  b.succeed(b.launch(module, {64, 1, 1}, {local, 1, 1}, {out}), "a launch that computes");
  const auto words = b.words(out, 64);
  for (std::uint64_t i = 0; i < 64; ++i) {
    const std::uint64_t whole = (i * 1000003 / 7) % 1000;
    const double real = static_cast<double>(i) * 0.5 + 1.0;
    const std::uint64_t wanted = whole + static_cast<std::uint64_t>(real * 8);
    b.expect(words[i] == wanted, "work-item {} computed {}, not {}", i, words[i], wanted);
  }
}

void stays_on_its_cores(Bench& b) {
  const std::uint32_t cores = b.description().cores;
  b.needs(cores >= 2, "two cores");
  const ModuleId module = b.load("csrrs t0, core_id, zero\n sd t0, 0(s0)");
  const Address out = b.filled(64 * 8, std::byte{0xFF});
  const std::uint32_t half = cores / 2;
  for (const Cores part : {Cores{0, half}, Cores{half, cores - half}}) {
    Launch launch = b.launch(module, {64, 1, 1}, {1, 1, 1}, {out});
    launch.cores = part;
    const Status status = b.run(launch, "a launch on some cores");
    b.needs(status.ok(), "launches on some of its cores");
    for (const std::uint64_t core : b.words(out, 64))
      b.expect(core >= part.first && core - part.first < part.count,
               "a launch for cores {} to {} ran on core {}", part.first, part.first + part.count - 1, core);
  }
}

void runs_launches_of_threads(Bench& b) {
  constexpr int kThreads = 4, kLaunches = 10;
  const ModuleId module = b.load("ld t0, 0(s0)\n addi t0, t0, 1\n sd t0, 0(s0)");
  std::array<Address, kThreads> out{};
  for (Address& at : out) at = b.filled(8 * 8, std::byte{0});
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (const Address at : out)
    threads.emplace_back([&, at] {
      try {
        for (int i = 0; i < kLaunches; ++i)
          b.succeed(b.launch(module, {8, 1, 1}, {1, 1, 1}, {at}), "a launch");
      } catch (const Broken&) {
        ++failed;
      }
    });
  for (auto& thread : threads) thread.join();
  b.expect(failed == 0, "of {} threads that launch, {} failed", kThreads, failed.load());
  for (const Address at : out)
    for (const std::uint64_t word : b.words(at, 8))
      b.expect(word == kLaunches, "after {} launches in a row a counter is {}", kLaunches, word);
}

void goes_on_after_a_fault(Bench& b) {
  const ModuleId good = b.load("sd s1, 0(s0)"), bad = b.load(".word 0xFFFFFFFF");
  const Address out = b.filled(8 * 8, std::byte{0});
  for (int i = 0; i < 2; ++i) {
    const Status status = b.run(b.launch(bad, {8, 1, 1}, {1, 1, 1}, {out}), "a launch that faults");
    b.expect(!status.ok(), "an instruction that does not exist went well");
    b.expect(status.error().code == Errc::kFault && !status.error().reason.empty(),
             "the fault was told as: {}", status.error().reason);
    b.succeed(b.launch(good, {8, 1, 1}, {1, 1, 1}, {out}), "the launch after a fault");
    const auto words = b.words(out, 8);
    for (std::uint64_t k = 0; k < 8; ++k)
      b.expect(words[k] == k, "after a fault work-item {} wrote {}", k, words[k]);
  }
}

void counts(Bench& b) {
  const auto before = b.device().counters();
  b.expect(!before.empty(), "there are no counters");
  for (const Counter& counter : before) b.expect(!counter.name.empty(), "a counter has no name");
  const ModuleId module = b.load("sd s1, 0(s0)");
  const Address out = b.filled(64, std::byte{0});
  b.succeed(b.launch(module, {8, 1, 1}, {1, 1, 1}, {out}), "a launch");
  const auto after = b.device().counters();
  b.expect(after.size() == before.size(), "there were {} counters, then {}", before.size(), after.size());
  for (std::size_t i = 0; i < after.size(); ++i)
    b.expect(after[i].name == before[i].name, "counter {} was '{}', then '{}'", i, before[i].name,
             after[i].name);
}

struct Row {
  Promise promise;
  void (*check)(Bench&);
};

constexpr Row kRows[] = {
    {{"description", "its description is whole and fits together"}, describes_itself},
    {{"allocate", "allocations are aligned and do not overlap"}, allocates},
    {{"limits", "what is too large is refused, what is not too large is given, again and again"},
     refuses_too_much},
    {{"transfers", "what is written is read, copied and filled"}, moves_bytes},
    {{"boxes", "boxes move rows and slices, and touch nothing between them"}, moves_boxes},
    {{"long-transfers", "long transfers are whole, wherever they begin"}, moves_much},
    {{"bounds", "transfers outside of an allocation fail"}, keeps_to_allocations},
    {{"completion", "every command ends once"}, ends_once},
    {{"submit", "no completion runs inside of submit()"}, does_not_end_inside_submit},
    {{"progress", "commands run while nobody helps"}, goes_on_by_itself},
    {{"times", "commands tell their times where these are wanted"}, tells_times},
    {{"damaged-programs", "what is no program is refused"}, refuses_damaged_programs},
    {{"symbols", "symbols of a program are found"}, finds_symbols},
    {{"programs", "programs that are loaded at the same time do not disturb each other"},
     keeps_programs_apart},
    {{"refusals", "launches that cannot run are refused with a sentence"}, says_why_launches_cannot_run},
    {{"work-items", "every work-item runs once, in all shapes of work-groups"}, runs_every_work_item},
    {{"local-ids", "work-items know their numbers in their work-group"}, numbers_work_items},
    {{"shape", "CSRs tell sizes and counts"}, tells_the_shape},
    {{"lanes", "lanes and warps of a work-group are numbered as work-items are"}, numbers_lanes},
    {{"arguments", "arguments arrive as they were"}, hands_over_arguments},
    {{"header", "the launch block's header arrives"}, hands_over_the_header},
    {{"stacks", "each lane has a stack of its own"}, gives_each_lane_a_stack},
    {{"local-memory", "each work-group has local memory of its own"}, gives_groups_local_memory},
    {{"barriers", "barriers hold all warps of a work-group"}, holds_at_barriers},
    {{"clock", "the work-items of a work-group read one clock"}, tells_the_time},
    {{"divergence", "split, join and pred send each lane its way"}, splits_and_joins},
    {{"votes", "ballots and shuffles reach all lanes of a warp"}, votes_and_shuffles},
    {{"atomics", "atomic additions of all work-items arrive"}, adds_atomically},
    {{"arithmetic", "integers and floating-point numbers are computed"}, computes},
    {{"cores", "launches stay on the cores that they name"}, stays_on_its_cores},
    {{"threads", "launches of several threads run"}, runs_launches_of_threads},
    {{"faults", "a fault is told with a sentence, and the next launch works"}, goes_on_after_a_fault},
    {{"counters", "counters have names, and stay the same ones"}, counts},
};

}  // namespace

std::vector<Promise> promises() {
  std::vector<Promise> out;
  for (const Row& row : kRows) out.push_back(row.promise);
  return out;
}

Outcome check(Device& device, std::string_view name, unsigned seconds) {
  for (const Row& row : kRows) {
    if (row.promise.name != name) continue;
    try {
      Bench bench(device, seconds);
      row.check(bench);
      return {};
    } catch (const Broken& broken) {
      return {Outcome::Kind::kBroken, broken.seen};
    } catch (const NotAsked& not_asked) {
      return {Outcome::Kind::kNotAsked, not_asked.lacks};
    }
  }
  return {Outcome::Kind::kBroken, "there is no such promise"};
}

}  // namespace kiesel::device::contract
