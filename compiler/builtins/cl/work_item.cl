// OpenCL C 6.15.1: work-item functions. A dimension out of range gives 0 or 1 as the table there says;
// a constant dimension folds to one register read.
#include "csr.h"

#define BY_DIMENSION(dimension, x, y, z, otherwise) \
  ((dimension) == 0 ? (x) : (dimension) == 1 ? (y) : (dimension) == 2 ? (z) : (otherwise))

FUNC uint get_work_dim(void) { return header_u32(64); }

FUNC size_t get_global_offset(uint dimension) {
  return BY_DIMENSION(dimension, header_u64(16), header_u64(24), header_u64(32), 0ul);
}

FUNC size_t get_global_size(uint dimension) {
  return BY_DIMENSION(dimension, header_u64(40), header_u64(48), header_u64(56), 1ul);
}

FUNC size_t get_local_size(uint dimension) {
  return BY_DIMENSION(dimension, csr_local_size_x(), csr_local_size_y(), csr_local_size_z(), 1ul);
}

// Work-groups are uniform, so the enqueued size is the size.
FUNC size_t get_enqueued_local_size(uint dimension) { return get_local_size(dimension); }

FUNC size_t get_num_groups(uint dimension) {
  return BY_DIMENSION(dimension, csr_num_groups_x(), csr_num_groups_y(), csr_num_groups_z(), 1ul);
}

FUNC size_t get_group_id(uint dimension) {
  return BY_DIMENSION(dimension, csr_group_id_x(), csr_group_id_y(), csr_group_id_z(), 0ul);
}

FUNC size_t get_local_id(uint dimension) {
  return BY_DIMENSION(dimension, csr_local_id_x(), csr_local_id_y(), csr_local_id_z(), 0ul);
}

#define GLOBAL_ID(axis, offset) \
  (csr_group_id_##axis() * csr_local_size_##axis() + header_u64(offset) + csr_local_id_##axis())

FUNC size_t get_global_id(uint dimension) {
  return BY_DIMENSION(dimension, GLOBAL_ID(x, 16), GLOBAL_ID(y, 24), GLOBAL_ID(z, 32), 0ul);
}

FUNC size_t get_local_linear_id(void) {
  return (csr_local_id_z() * csr_local_size_y() + csr_local_id_y()) * csr_local_size_x() + csr_local_id_x();
}

FUNC size_t get_global_linear_id(void) {
  const size_t x = csr_group_id_x() * csr_local_size_x() + csr_local_id_x();
  const size_t y = csr_group_id_y() * csr_local_size_y() + csr_local_id_y();
  const size_t z = csr_group_id_z() * csr_local_size_z() + csr_local_id_z();
  return (z * header_u64(48) + y) * header_u64(40) + x;
}
