#include "device/translator/emit/csr.hpp"

#include "device/isa/csr.hpp"
#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/emit.hpp"
#include "device/translator/emit/launch.hpp"
#include "device/translator/emit/masks.hpp"

namespace kiesel::translator {

Value csr(Cursor& here, const Item& item, const Kind& kind) {
  Builder& ir = here.ir;
  namespace numbers = isa::csr;
  const auto number = static_cast<std::uint32_t>(item.in.imm);
  switch (number) {
    case numbers::active_lanes:
      return {kind, mask64(here)};
    case numbers::warp_id:
    case numbers::group_rank:
      return {kind, load(ir, here.segment.rank)};
    case numbers::lane_id:
      return {kind, number64(ir, 0), number64(ir, ir.row)};
    case numbers::mhartid: {
      llvm::Value* warp = ir.CreateAdd(ir.CreateMul(table_csr(here.segment, TableCsr::core_id),
                                                    table_csr(here.segment, TableCsr::num_warps)),
                                       load(ir, here.segment.rank));
      return {kind, ir.CreateMul(warp, number64(ir, ir.lanes)), number64(ir, ir.row)};
    }
    case numbers::local_id_x:
    case numbers::local_id_y:
    case numbers::local_id_z: {
      const unsigned d = number - numbers::local_id_x;
      if (kind.rep == Rep::kNarrow) return {kind, local_ids(here.segment, d, vector_of(ir, ir.i32))};
      return {kind, ir.CreateZExt(local_ids(here.segment, d, ir.i32), ir.i64), number64(ir, d == 1 ? 1 : 0)};
    }
#define KIESEL_CSR(name) \
  case numbers::name:    \
    return {kind, table_csr(here.segment, TableCsr::name)};
      KIESEL_TABLE_CSRS(KIESEL_CSR)
#undef KIESEL_CSR
    default:
      return {kind, unknown(here.kernel, item.in.op, ir.i64)};
  }
}

}  // namespace kiesel::translator
