// Kernels of the promises, as bodies for Bench::load().
#pragma once

#include <string_view>

namespace kiesel::device::contract {

// One word for each CSR to argument 0; all work-items write the same.
inline constexpr std::string_view kReadShape = R"(
  csrrs t0, local_size_x, zero
  sd t0, 0(a0)
  csrrs t0, local_size_y, zero
  sd t0, 8(a0)
  csrrs t0, local_size_z, zero
  sd t0, 16(a0)
  csrrs t0, num_groups_x, zero
  sd t0, 24(a0)
  csrrs t0, num_groups_y, zero
  sd t0, 32(a0)
  csrrs t0, num_groups_z, zero
  sd t0, 40(a0)
  csrrs t0, num_lanes, zero
  sd t0, 48(a0)
  csrrs t0, num_warps, zero
  sd t0, 56(a0)
  csrrs t0, num_cores, zero
  sd t0, 64(a0)
)";

// Rank and lane to argument 0, mhartid to argument 1.
inline constexpr std::string_view kReadLanes = R"(
  csrrs t0, group_rank, zero
  slli t0, t0, 16
  csrrs t1, lane_id, zero
  or t0, t0, t1
  sd t0, 0(s0)
  slli t1, s1, 3
  add t1, t1, a1
  csrrs t0, mhartid, zero
  sd t0, 0(t1)
)";

// The work-item's numbers in its work-group, 20 bits each, to argument 0.
inline constexpr std::string_view kReadLocalIds = R"(
  csrrs t0, local_id_z, zero
  slli t0, t0, 20
  csrrs t1, local_id_y, zero
  add t0, t0, t1
  slli t0, t0, 20
  csrrs t1, local_id_x, zero
  add t0, t0, t1
  sd t0, 0(s0)
)";

// Argument 1 words of the launch block, its header first, to argument 0.
inline constexpr std::string_view kCopyBlock = R"(
  csrrs t0, mscratch, zero
copy_next:
  ld t1, 0(t0)
  sd t1, 0(a0)
  addi t0, t0, 8
  addi a0, a0, 8
  addi a1, a1, -1
  bne a1, zero, copy_next
)";

// Fills argument 1 bytes of its stack with its number, and adds them up.
inline constexpr std::string_view kUseStack = R"(
  addi t0, sp, 0
  sub t1, sp, a1
fill_next:
  addi t0, t0, -8
  sd s1, 0(t0)
  bne t0, t1, fill_next
  addi t2, zero, 0
add_next:
  ld t3, 0(t0)
  add t2, t2, t3
  addi t0, t0, 8
  bne t0, sp, add_next
  sd t2, 0(s0)
)";

// Lane 0 of warp 0 fills argument 1 bytes of local memory with its group's number plus 1; all add them up.
inline constexpr std::string_view kUseLocal = R"(
  csrrs t0, group_local, zero
  add t1, t0, a1
  csrrs t2, group_id_x, zero
  addi t2, t2, 1
  addi t3, t0, 0
fill_next:
  sd t2, 0(t3)
  addi t3, t3, 8
  bne t3, t1, fill_next
  csrrs t4, group_slot, zero
  csrrs t5, group_warps, zero
  bar t4, t5
  addi t6, zero, 0
add_next:
  ld t3, 0(t0)
  add t6, t6, t3
  addi t0, t0, 8
  bne t0, t1, add_next
  sd t6, 0(s0)
)";

// Argument 1 times: every work-item takes the value of the one behind it, through local memory.
inline constexpr std::string_view kPassAround = R"(
  csrrs t0, group_local, zero
  csrrs t1, local_size_x, zero
  csrrs t2, group_id_x, zero
  mul t2, t2, t1
  sub t2, s1, t2
  csrrs t4, group_slot, zero
  csrrs t5, group_warps, zero
  slli t3, t2, 3
  add t3, t3, t0
  addi a2, t2, 1
  sub a3, a2, t1
  sltiu a3, a3, 1
  sub a3, zero, a3
  xori a3, a3, -1
  and a2, a2, a3
  slli a2, a2, 3
  add a2, a2, t0
  addi a4, t2, 0
pass_next:
  sd a4, 0(t3)
  bar t4, t5
  ld a4, 0(a2)
  bar t4, t5
  addi a1, a1, -1
  bne a1, zero, pass_next
  sd a4, 0(s0)
)";

// The core's clock before a barrier to argument 0, behind it to argument 1.
inline constexpr std::string_view kReadClock = R"(
  csrrs t0, mcycle, zero
  sd t0, 0(s0)
  csrrs t1, group_slot, zero
  csrrs t2, group_warps, zero
  bar t1, t2
  csrrs t0, mcycle, zero
  slli t3, s1, 3
  add t3, t3, a1
  sd t0, 0(t3)
)";

// Two splits, one in the other, then a loop that each lane leaves after (number & 7) turns.
inline constexpr std::string_view kDiverge = R"(
  andi t0, s1, 1
  addi t3, zero, 0
  split t1, t0
  beq t0, zero, even
  andi t2, s1, 2
  sltu t2, zero, t2
  split t4, t2
  beq t2, zero, one
  addi t3, t3, 11
  jal zero, inner_end
one:
  addi t3, t3, 12
inner_end:
  join t4
  jal zero, end
even:
  addi t3, t3, 20
end:
  join t1
  andi t0, s1, 7
  csrrs t5, active_lanes, zero
  sltu t2, zero, t0
  pred t2, t5
  beq t2, zero, loop_end
loop:
  addi t3, t3, 1
  addi t0, t0, -1
  sltu t2, zero, t0
  pred t2, t5
  bne t2, zero, loop
loop_end:
  sd t3, 0(s0)
)";

// The ballot of odd lanes to argument 0, lane 0's number by shuffle to argument 1.
inline constexpr std::string_view kVote = R"(
  csrrs t0, lane_id, zero
  andi t1, t0, 1
  vote.ballot t2, t1
  sd t2, 0(s0)
  slli t3, s1, 3
  add t3, t3, a1
  csrrs t4, num_lanes, zero
  addi t4, t4, -1
  slli t4, t4, 6
  shfl.idx t5, t0, t4
  sd t5, 0(t3)
)";

// Adds 1 to argument 1's word.
inline constexpr std::string_view kCount = R"(
  addi t0, zero, 1
  amoadd.d zero, t0, (a1)
)";

// (i * 1000003 / 7) % 1000 + int((i * 0.5 + 1.0) * 8)
inline constexpr std::string_view kCompute = R"(
  lui t0, 244
  addi t0, t0, 579
  mul t1, s1, t0
  addi t2, zero, 7
  divu t1, t1, t2
  addi t2, zero, 1000
  remu t1, t1, t2
  fcvt.d.lu ft0, s1
  addi t3, zero, 1
  fcvt.d.lu ft1, t3
  addi t3, zero, 2
  fcvt.d.lu ft2, t3
  fdiv.d ft3, ft1, ft2
  fmadd.d ft4, ft0, ft3, ft1
  addi t3, zero, 8
  fcvt.d.lu ft5, t3
  fmul.d ft4, ft4, ft5
  fcvt.lu.d t4, ft4, rtz
  add t1, t1, t4
  sd t1, 0(s0)
)";

}  // namespace kiesel::device::contract
