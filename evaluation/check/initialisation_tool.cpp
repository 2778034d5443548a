#include "evaluation/check/initialisation_tool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace kiesel::check {

using isa::Op;

// ---- between launches ----

void InitialisationTool::made(const Allocation& allocation) {
  memory_.set(allocation.begin, allocation.bytes, !allocation.has_contents());
}

void InitialisationTool::freed(const Allocation& allocation) {
  memory_.set(allocation.begin, allocation.bytes, false);
  outputs_.erase(outputs_.lower_bound(allocation.begin >> 2), outputs_.lower_bound(allocation.end() >> 2));
}

void InitialisationTool::host_writes(device::Address begin, std::uint64_t bytes) {
  memory_.set(begin, bytes, false);
}

void InitialisationTool::copied(device::Address from, device::Address to, std::uint64_t bytes) {
  memory_.copy(from, to, bytes);
}

// Memory that nobody wrote may be read by the host, which need not use it; what a kernel computed matters.
void InitialisationTool::host_reads(device::Address begin, std::uint64_t bytes) {
  const auto end = outputs_.lower_bound((begin + bytes + 3) >> 2);
  for (auto at = outputs_.lower_bound(begin >> 2); at != end; at = outputs_.erase(at))
    if (memory_.any(at->first << 2, 4))
      reporter_.collector().add(at->second.key, 1, [&] { return *at->second.finding; });
}

// ---- of a launch ----

void InitialisationTool::begin(const LaunchState& launch) {
  launch_ = &launch;
  const auto& shape = launch.shape;
  while (warps_.size() < shape.group_warps) warps_.push_back(std::make_unique<Warp>());
  granules_ = std::min((launch.private_bytes + 7) / 8, (shape.private_end - shape.private_begin) / 8);
  private_begin_ = shape.private_end - granules_ * 8;
  private_.resize(granules_ * 8 * shape.lanes * shape.group_warps);
  origins_.assign(1, Origin());
}

void InitialisationTool::begin_group() {
  const auto& shape = launch_->shape;
  memory_.set(shape.local_begin, shape.local_bytes, true);
  if (!stored_origins_.empty()) stored_origins_.clear();
}

void InitialisationTool::begin_warp(unsigned rank) {
  warp(rank).interesting = 0;
  const std::size_t bytes = granules_ * 8 * launch_->shape.lanes;
  if (bytes) std::memset(private_.data() + rank * bytes, 0xFF, bytes);
}

void InitialisationTool::end() {
  known_origins_.clear();
  known_outputs_.clear();
  stored_origins_.clear();
  launch_ = nullptr;
}

// ---- memory ----

void InitialisationTool::address(const Access& access) {
  const unsigned number = access.fact->in.rs1, rank = access.warp->rank;
  const Warp& own = warp(rank);
  if (!(own.interesting >> number & 1)) return;
  bool told = false;
  for_lanes(access.mask, [&](unsigned lane) {
    if (told || !own.x[number][lane]) return;
    told = true;
    report(Kind::kUndefinedAddress, rank, lane, access.instruction, own.origin[number]);
  });
  if (told) clear(*access.warp, number);
}

std::uint8_t* InitialisationTool::private_bits(const Access& access, unsigned lane) {
  const std::uint64_t address = access.address(lane);
  if (address < private_begin_) return nullptr;
  const std::uint64_t offset = address - private_begin_, lanes = launch_->shape.lanes;
  return private_.data() + ((access.warp->rank * granules_ + (offset >> 3)) * lanes + lane) * 8 +
         (offset & 7);
}

std::uint64_t InitialisationTool::bits_at(const Access& access, unsigned lane) {
  if (access.space != Space::kPrivate) return memory_.load(access.address(lane), access.fact->bytes);
  std::uint64_t bits = 0;
  if (const auto* at = private_bits(access, lane)) std::memcpy(&bits, at, access.fact->bytes);
  return bits;
}

void InitialisationTool::set_bits(const Access& access, unsigned lane, std::uint64_t bits) {
  if (access.space != Space::kPrivate) return memory_.store(access.address(lane), access.fact->bytes, bits);
  if (auto* at = private_bits(access, lane)) std::memcpy(at, &bits, access.fact->bytes);
}

bool InitialisationTool::all_defined(const Access& access) {
  const unsigned bytes = access.fact->bytes;
  if (access.space != Space::kPrivate && access.is_line && (access.is_row() || access.slope == 0))
    return !memory_.any(access.least, access.most - access.least + bytes);
  std::uint64_t any = 0;
  for_lanes(access.mask, [&](unsigned lane) { any |= bits_at(access, lane); });
  return !any;
}

void InitialisationTool::access(const Access& access) {
  if (access.fact->loads) load(access);
  if (access.fact->stores) store(access);
}

void InitialisationTool::load(const Access& access) {
  const isa::Instruction& in = access.fact->in;
  const bool real = isa::info(in.op).syntax[0] == 'D';
  if (!real && in.rd == 0) return;
  const std::uint64_t mask = access.warp->mask;
  access.warp->mask = access.mask;
  if (all_defined(access)) {
    clear(*access.warp, real ? in.rd + 32U : in.rd);
    access.warp->mask = mask;
    return;
  }
  const auto values = isa::info(in.op).values;
  const bool is_signed = values == isa::Values::i8 || values == isa::Values::i16 ||
                         values == isa::Values::i32 || access.fact->atomic;
  const unsigned bytes = access.fact->bytes;
  Lanes bits{};
  unsigned which = 64;
  for_lanes(access.mask, [&](unsigned lane) {
    std::uint64_t undefined = bits_at(access, lane);
    if (undefined && which == 64) which = lane;
    if (!real && is_signed && (undefined >> (8 * bytes - 1) & 1)) undefined |= ~low_bits(bytes);
    bits[lane] = undefined;
  });
  const std::uint32_t origin = which < 64 ? find_origin(access, which) : 0;
  if (real)
    write_real(*access.warp, in.rd, bits, origin);
  else
    write_integer(*access.warp, in.rd, bits, origin);
  access.warp->mask = mask;
}

void InitialisationTool::store(const Access& access) {
  const isa::Instruction& in = access.fact->in;
  const bool real = isa::info(in.op).syntax[0] == 'T';
  const unsigned number = real ? in.rs2 + 32U : in.rs2;
  const Warp& own = warp(access.warp->rank);
  const bool tainted = own.interesting >> number & 1;
  const bool computes = access.fact->atomic && !(in.op == Op::amoswap_w || in.op == Op::amoswap_d ||
                                                 in.op == Op::sc_w || in.op == Op::sc_d);
  const unsigned bytes = access.fact->bytes;
  if (!tainted && !computes && access.space != Space::kPrivate && access.is_row() &&
      !(access.mask & (access.mask + 1))) {  // the first lanes, without a gap
    memory_.set(access.least, access.most - access.least + bytes, false);
    return;
  }
  const std::uint32_t origin = tainted ? own.origin[number] : 0;
  for_lanes(access.mask, [&](unsigned lane) {
    std::uint64_t undefined =
        tainted ? (real ? own.f[in.rs2][lane] : own.x[in.rs2][lane]) & low_bits(bytes) : 0;
    if (computes && (undefined || bits_at(access, lane))) undefined = low_bits(bytes);
    set_bits(access, lane, undefined);
    if (undefined) note_output(access, lane, origin ? origin : find_origin(access, lane));
  });
}

std::uint32_t InitialisationTool::find_origin(const Access& access, unsigned lane) {
  const std::uint64_t address = access.address(lane);
  if (access.space != Space::kPrivate)
    if (const auto stored = stored_origins_.find(address >> 2); stored != stored_origins_.end())
      return stored->second;
  std::optional<Allocation> allocation;
  if (access.space == Space::kGlobal) allocation = map_.find(address);
  const auto [found, is_new] =
      known_origins_.try_emplace(std::pair(access.instruction, allocation ? allocation->begin : 0), 0);
  if (!is_new || origins_.size() >= kMostOrigins) return found->second;
  Origin origin;
  origin.deed =
      launch_->deed(access.instruction, what_of(*access.fact), launch_->who(access.warp->rank, lane));
  if (access.space == Space::kPrivate) {
    origin.memory = {"private memory", "a private variable of the work-item"};
    origin.what = "a private variable";
  } else if (access.space == Space::kLocal) {
    const auto offset = address - launch_->shape.local_begin;
    origin.memory = launch_->local_name(offset);
    origin.what = fmt::format("byte {} of {}", offset, origin.memory.name);
  } else if (allocation) {
    origin.memory = launch_->name_of(*allocation, address);
    origin.what = fmt::format("byte {} of {}", address - allocation->begin, origin.memory.name);
  }
  found->second = static_cast<std::uint32_t>(origins_.size());
  origins_.push_back(std::move(origin));
  return found->second;
}

void InitialisationTool::note_output(const Access& access, unsigned lane, std::uint32_t origin) {
  if (access.space == Space::kPrivate) return;
  const std::uint64_t address = access.address(lane);
  if (stored_origins_.size() < kMostOutputs)
    for (unsigned byte = 0; byte < access.fact->bytes; byte += 4)
      stored_origins_[(address + byte) >> 2] = origin;
  if (access.space != Space::kGlobal || outputs_.size() >= kMostOutputs) return;
  Output& output = known_outputs_[{access.instruction, origin}];
  if (!output.finding) {
    auto finding = finding_of(Kind::kUndefinedOutput, access.warp->rank, lane, access.instruction, origin);
    output.key = {finding.kind,
                  launch_->program->name(),
                  launch_->kernel,
                  finding.deed.place.address,
                  finding.other ? finding.other->place.address : 0,
                  finding.name};
    output.finding = std::make_shared<const Finding>(std::move(finding));
  }
  for (unsigned byte = 0; byte < access.fact->bytes; byte += 4) outputs_[(address + byte) >> 2] = output;
}

// ---- findings ----

Finding InitialisationTool::finding_of(Kind kind, unsigned rank, unsigned lane, std::size_t instruction,
                                       std::uint32_t origin) {
  const Origin& from = origins_[origin];
  const Fact& fact = launch_->program->facts()[instruction];
  Finding finding;
  finding.kind = kind;
  finding.kernel = launch_->kernel;
  finding.launch = launch_->number;
  const char* what = kind == Kind::kUndefinedAddress  ? "the address depends on"
                     : kind == Kind::kUndefinedBranch ? "the branch depends on"
                                                      : "the host reads what depends on";
  finding.deed = launch_->deed(instruction, fact.bytes ? what_of(fact) : "branch", launch_->who(rank, lane));
  finding.what = fmt::format("{} {}, which nobody wrote", what,
                             from.what.empty() ? "a value of a work-item that is not there" : from.what);
  if (!from.deed.who.empty()) finding.other = from.deed;
  finding.object = from.memory.object;
  finding.name = from.memory.name;
  return finding;
}

void InitialisationTool::report(Kind kind, unsigned rank, unsigned lane, std::size_t instruction,
                                std::uint32_t origin) {
  reporter_.add(*launch_, kind, instruction, origin,
                [&] { return finding_of(kind, rank, lane, instruction, origin); });
}

}  // namespace kiesel::check
