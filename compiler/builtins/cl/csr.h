// Reading control and status registers. The values do not change while a work-item runs, so the reads are
// plain expressions that the optimiser may merge and move.
#pragma once

#pragma OPENCL EXTENSION cl_khr_fp16 : enable

#define FUNC __attribute__((overloadable))

#define CSR_READER(name, number)                        \
  static inline ulong name(void) {                      \
    ulong value;                                        \
    __asm__("csrr %0, " number : "=r"(value));          \
    return value;                                       \
  }

CSR_READER(csr_launch_block, "0x340")
CSR_READER(csr_group_slot, "0xCD0")
CSR_READER(csr_group_warps, "0xCD2")
CSR_READER(csr_local_id_x, "0xCD3")
CSR_READER(csr_local_id_y, "0xCD4")
CSR_READER(csr_local_id_z, "0xCD5")
CSR_READER(csr_group_id_x, "0xCD6")
CSR_READER(csr_group_id_y, "0xCD7")
CSR_READER(csr_group_id_z, "0xCD8")
CSR_READER(csr_local_size_x, "0xCD9")
CSR_READER(csr_local_size_y, "0xCDA")
CSR_READER(csr_local_size_z, "0xCDB")
CSR_READER(csr_num_groups_x, "0xCDC")
CSR_READER(csr_num_groups_y, "0xCDD")
CSR_READER(csr_num_groups_z, "0xCDE")
CSR_READER(csr_local_base, "0xFC3")

// The launch header: device/isa/launch_block.hpp.
static inline ulong header_u64(ulong offset) { return *(const constant ulong*)(csr_launch_block() + offset); }
static inline uint header_u32(ulong offset) { return *(const constant uint*)(csr_launch_block() + offset); }
