#include "device/translator/emit/sites.hpp"

#include <cstddef>

#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/fields.hpp"
#include "device/translator/emit/host_calls.hpp"
#include "device/translator/emit/lane_by_lane.hpp"
#include "device/translator/emit/masks.hpp"
#include "device/translator/emit/scalar_loop.hpp"
#include "device/translator/emit/values.hpp"

namespace kiesel::translator {

namespace {

// Address, or each lane's, lies in the site's range.
llvm::Value* site_check(Segment& segment, std::uint32_t site, llvm::Value* address) {
  Builder& ir = segment.ir;
  const auto [begin, limit] = site_range(segment, site);
  llvm::Value* units = units_from(segment.kernel, site, begin, address);
  return ir.CreateICmpULT(units, units->getType()->isVectorTy() ? splat(ir, limit) : limit);
}

// Likewise, of offsets: they are compared with the range's numbers of units, counted from the base on. What
// an offset counts is so many units, or a part of one. Offsets without a sign are those with one from a base
// that lies 2^31 of them higher (zero_extended()): counted from there they are right without the sum, which
// would wrap.
llvm::Value* offsets_inside(Cursor& here, std::uint32_t site, const Value& place) {
  Builder& ir = here.ir;
  const auto [begin, limit] = site_range(here.segment, site);
  const unsigned stride = llvm::Log2_64(static_cast<std::uint64_t>(place.kind.stride));
  const unsigned shift = here.kernel.out.sites[site].shift, more = stride > shift ? stride - shift : 0,
                 less = shift > stride ? shift - stride : 0;
  constexpr std::int64_t kHalf = std::int64_t{1} << 31;
  llvm::Value* base = ir.CreateAdd(place.step, ir.getInt64(kUnitsBefore << stride));
  llvm::Value* units = rotated(ir, ir.CreateSub(base, begin), shift - less);
  llvm::Value* first = ir.CreateSub(ir.CreateLShr(units, more), ir.getInt64(kUnitsBefore));
  // Where offsets count parts of units their sums with the base are needed.
  const std::int64_t most = kHalf + static_cast<std::int64_t>(less ? 0 : kMostUnits);
  llvm::Value* near = ir.CreateICmpULE(
      units, ir.getInt64(static_cast<std::uint64_t>(most + static_cast<std::int64_t>(kUnitsBefore)) << more));
  llvm::Value* count = limit;
  if (more) {
    const std::uint64_t rest = (std::uint64_t{1} << more) - 1;
    count = ir.CreateAdd(ir.CreateSub(limit, ir.CreateAnd(units, rest)), ir.getInt64(rest));
    count = ir.CreateLShr(count, more);
  }
  if (less) count = ir.CreateBinaryIntrinsic(llvm::Intrinsic::umin, limit, ir.getInt64(kMostUnits >> less));
  llvm::Value* added = ir.CreateBinaryIntrinsic(llvm::Intrinsic::smin, first, number64(ir, kHalf));
  count = ir.CreateBinaryIntrinsic(llvm::Intrinsic::usub_sat, count, ir.CreateSub(first, added));
  llvm::Value* number = rotated(ir, ir.CreateAdd(place.v, splat(ir, ir.CreateTrunc(added, ir.i32))), less);
  llvm::Value* outside = bits(ir, ir.CreateICmpUGE(number, splat(ir, ir.CreateTrunc(count, ir.i32))));
  if (!here.node.full) outside = ir.CreateAnd(outside, mask(here));
  return ir.CreateAnd(near, ir.CreateICmpEQ(outside, no_lanes(ir)));
}

// What a group's check found, for those that rely on it.
llvm::AllocaInst* check_variable(Segment& segment, std::uint32_t block, std::uint32_t group) {
  Builder& ir = segment.ir;
  llvm::AllocaInst*& made = segment.checks[{block, group}];
  if (!made) made = new_variable(ir, ir.i1, "inside", ir.getFalse());
  return made;
}

}  // namespace

// For accesses of `bytes` at `place`, a multiple of `alignment`, of a line for those of a whole row.
std::uint32_t new_site(Cursor& here, const Value& place, std::uint64_t bytes, unsigned alignment,
                       bool writes) {
  Builder& ir = here.ir;
  if (is_row(here, place, alignment))
    bytes += static_cast<std::uint64_t>(std::abs(place.kind.stride)) * (ir.row - 1);
  here.kernel.out.sites.push_back({static_cast<std::uint32_t>(bytes),
                                   static_cast<std::uint8_t>(llvm::Log2_32(alignment)), is_offset(place.kind),
                                   writes});
  return static_cast<std::uint32_t>(here.kernel.out.sites.size() - 1);
}

// A line that is aligned where its first lane is; one that falls, whose last lane is the lowest, where a
// whole row or nothing but active lanes is accessed. It is checked and accessed row by row.
bool is_row(Cursor& here, const Value& place, unsigned alignment) {
  return is_line(place.kind) && place.kind.stride % alignment == 0 &&
         (place.kind.stride >= 0 || here.node.full || loads_active_only(here));
}

// The lowest addresses of rows.
std::vector<llvm::Value*> row_starts(Builder& ir, const Value& place) {
  std::vector<llvm::Value*> rows = row_bases(ir, place);
  if (place.kind.stride < 0)
    for (llvm::Value*& row : rows) row = ir.CreateAdd(row, number64(ir, place.kind.stride * (ir.row - 1)));
  return rows;
}

// The site's units from `begin` to an address, one or a vector.
llvm::Value* units_from(Kernel& kernel, std::uint32_t site, llvm::Value* begin, llvm::Value* address) {
  Builder& ir = kernel.ir;
  llvm::Value* bytes = ir.CreateSub(address, address->getType()->isVectorTy() ? splat(ir, begin) : begin);
  return rotated(ir, bytes, kernel.out.sites[site].shift);
}

std::pair<llvm::Value*, llvm::Value*> site_range(Segment& segment, std::uint32_t site) {
  Builder& ir = segment.ir;
  const auto field = [&](std::size_t offset) {
    auto* made = ir.CreateLoad(
        ir.i64, ir.CreateConstInBoundsGEP1_64(ir.i8, segment.sites, site * sizeof(SiteRange) + offset));
    made->setMetadata(llvm::LLVMContext::MD_tbaa, ir.state_tag);
    return made;
  };
  llvm::Value* begin = field(offsetof(SiteRange, begin));
  return {begin, field(offsetof(SiteRange, limit))};
}

// Whether loads touch active lanes only: where others lie outside of the range that is no reason to ask then.
bool loads_active_only(Cursor& here) {
  Builder& ir = here.ir;
  return !here.node.full && ir.rows == 1 && ir.host.gathers;
}

// Whether the site's bytes from each active lane's address on are in one known range, and the address a
// multiple of its unit. Of a line that is whole, or else, where that is enough, the ends of what is active.
llvm::Value* inside(Cursor& here, std::uint32_t site, const Value& place) {
  Builder& ir = here.ir;
  const unsigned alignment = 1u << here.kernel.out.sites[site].shift;
  if (place.kind.rep == Rep::kUniform) return site_check(here.segment, site, place.v);
  if (is_row(here, place, alignment) && loads_active_only(here)) {
    llvm::BasicBlock *ends = new_block(ir, "ends"), *known = new_block(ir, "known");
    llvm::Value* whole = site_check(here.segment, site, row_starts(ir, place)[0]);
    llvm::BasicBlock* from = ir.GetInsertBlock();
    branch_likely(ir, whole, known, ends);
    ir.SetInsertPoint(ends);
    const std::int64_t stride = place.kind.stride, others = std::abs(stride) * (ir.row - 1);
    llvm::Value* some = call_host(here.segment, "ends_inside", offsetof(WarpContext, ends_inside),
                                  {here.segment.warp, ir.getInt32(site), place.v, number64(ir, stride),
                                   number64(ir, here.kernel.out.sites[site].span - others), mask64(here)});
    ir.CreateBr(known);
    ir.SetInsertPoint(known);
    llvm::PHINode* phi = ir.CreatePHI(ir.i1, 2);
    phi->addIncoming(ir.getTrue(), from);
    phi->addIncoming(some, ends);
    return phi;
  }
  if (is_row(here, place, alignment)) {
    llvm::Value* ok = nullptr;
    for (llvm::Value* row : row_starts(ir, place)) {
      llvm::Value* one = site_check(here.segment, site, row);
      ok = ok ? ir.CreateAnd(ok, one) : one;
    }
    return ok;
  }
  if (is_offset(place.kind)) return offsets_inside(here, site, place);
  llvm::Value* ok = bits(ir, site_check(here.segment, site, wide(ir, place)));
  if (!here.node.full) ok = ir.CreateOr(ok, ir.CreateNot(mask(here)));
  return ir.CreateICmpEQ(ok, all_lanes(ir));
}

void find_groups(Cursor& here) {
  Builder& ir = here.ir;
  here.groups.clear();
  const BlockAccesses& accesses = here.known.accesses[here.node.block];
  for (std::uint32_t g = 0; g < accesses.groups.size(); ++g) {
    here.groups.push_back({&accesses.groups[g], kNoSite, nullptr, accesses.groups[g].end, {}});
    if (accesses.groups[g].is_asked)
      ir.CreateStore(ir.getFalse(), check_variable(here.segment, here.node.block, g));
  }
}

void check(Cursor& here, std::uint32_t number, const Value& address) {
  Builder& ir = here.ir;
  Group& group = here.groups[number];
  const AccessGroup& of = *group.of;
  if (of.known_in != kNone) {
    group.ok = load(ir, check_variable(here.segment, of.known_in, of.known_by));
    return;
  }
  const std::pair place{here.node.block, number};
  if (here.turn && here.turn->walks &&
      here.turn->loop.walks.contains(place)) {  // asked where the turn starts
    group.site = here.turn->sites.at(place);
    group.ok = ir.getTrue();
  } else {
    group.end = whole_end(here, of, address);
    group.site =
        new_site(here, address, static_cast<std::uint64_t>(group.end - of.first), of.alignment, of.writes);
    group.ok = here.turn ? inside_in_turn(here, place, group.site, address, of.first)
                         : inside(here, group.site, displaced(ir, address, of.first));
  }
  if (of.is_asked) ir.CreateStore(group.ok, check_variable(here.segment, here.node.block, number));
}

}  // namespace kiesel::translator
