// OpenCL C 6.15.1: work-item functions. A dimension out of range gives 0 or 1 as the table there says;
// a constant dimension folds to one register read.
#include "csr.h"

#define BY_DIMENSION(dimension, x, y, z, otherwise) \
  ((dimension) == 0 ? (x) : (dimension) == 1 ? (y) : (dimension) == 2 ? (z) : (otherwise))

FUNC uint get_work_dim(void) { return header_u32(64); }

// A launch runs a region of the NDRange, see device/isa/launch_block.hpp: the CSRs count from the region's start.
FUNC size_t get_global_size(uint dimension) {
  return BY_DIMENSION(dimension, header_u64(40), header_u64(48), header_u64(56), 1ul);
}

FUNC size_t get_local_size(uint dimension) {
  return BY_DIMENSION(dimension, csr_local_size_x(), csr_local_size_y(), csr_local_size_z(), 1ul);
}

FUNC size_t get_enqueued_local_size(uint dimension) {
  return BY_DIMENSION(dimension, header_u32(100), header_u32(104), header_u32(108), 1ul);
}

FUNC size_t get_num_groups(uint dimension) {
  return BY_DIMENSION(dimension, header_u32(88), header_u32(92), header_u32(96), 1ul);
}

#define GROUP_ID(axis, offset) (csr_group_id_##axis() + header_u32(offset))

FUNC size_t get_group_id(uint dimension) {
  return BY_DIMENSION(dimension, GROUP_ID(x, 68), GROUP_ID(y, 72), GROUP_ID(z, 76), 0ul);
}

FUNC size_t get_local_id(uint dimension) {
  return BY_DIMENSION(dimension, csr_local_id_x(), csr_local_id_y(), csr_local_id_z(), 0ul);
}

#define GLOBAL_ID(axis, offset) \
  (csr_group_id_##axis() * csr_local_size_##axis() + header_u64(offset) + csr_local_id_##axis())

FUNC size_t get_global_id(uint dimension) {
  return BY_DIMENSION(dimension, GLOBAL_ID(x, 16), GLOBAL_ID(y, 24), GLOBAL_ID(z, 32), 0ul);
}

// Whole work-groups lie before the region's first one.
#define GLOBAL_OFFSET(first_global_id, first_group, enqueued_local_size) \
  (header_u64(first_global_id) - (ulong)header_u32(first_group) * header_u32(enqueued_local_size))

FUNC size_t get_global_offset(uint dimension) {
  return BY_DIMENSION(dimension, GLOBAL_OFFSET(16, 68, 100), GLOBAL_OFFSET(24, 72, 104),
                      GLOBAL_OFFSET(32, 76, 108), 0ul);
}

FUNC size_t get_local_linear_id(void) {
  return (csr_local_id_z() * csr_local_size_y() + csr_local_id_y()) * csr_local_size_x() + csr_local_id_x();
}

FUNC size_t get_global_linear_id(void) {
  const size_t x = get_global_id(0) - get_global_offset(0);
  const size_t y = get_global_id(1) - get_global_offset(1);
  const size_t z = get_global_id(2) - get_global_offset(2);
  return (z * header_u64(48) + y) * header_u64(40) + x;
}
