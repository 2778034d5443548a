#include "device/translator/emit/matrix.hpp"

#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/host_calls.hpp"
#include "device/translator/emit/registers.hpp"
#include "device/translator/emit/state.hpp"

namespace kiesel::translator {

// The interpreter multiplies: a call is little beside a tile's thousands of products, and both give the same
// bits. Operands are put where it finds them, sums are read from where it puts them: singles, a row of 32
// bits a lane.
void emit_matrix_part(Cursor& here, const Item& item) {
  const Operands uses = operands_of(item.in);
  for (unsigned i = 0; i < uses.count; ++i)
    put_register(here.segment, here.known.code.original(uses.reads[i]), read(here, uses.reads[i]));
  if (uses.writes == kNone) return;
  if (item.in.part == Part::kProduct) call_step(here, item, kNoSite);
  Builder& ir = here.ir;
  const StateLayout& at = here.known.request.layout;
  const Register from = here.known.code.original(uses.writes) - kFloat;
  const Kind kind = here.known.kinds.result(item, {});
  write(here, uses.writes,
        {kind, load_state(here.segment, at.f + from * at.width * 8, vector_of(ir, ir.f32))});
}

}  // namespace kiesel::translator
