// OpenCL C 6.15.1: work-item functions. A dimension out of range gives 0 or 1 as the table there says;
// a constant dimension folds to one register read.
#include "csr.h"

#define BY_DIMENSION(dimension, x, y, z, otherwise) \
  ((dimension) == 0 ? (x) : (dimension) == 1 ? (y) : (dimension) == 2 ? (z) : (otherwise))

FUNC uint get_work_dim(void) { return header_work_dim(); }

// A launch runs a region of the NDRange, see device/isa/launch_block.hpp: the CSRs count from the region's start.
FUNC size_t get_global_size(uint dimension) {
  return BY_DIMENSION(dimension, header_global_size_x(), header_global_size_y(), header_global_size_z(), 1ul);
}

FUNC size_t get_local_size(uint dimension) {
  return BY_DIMENSION(dimension, csr_local_size_x(), csr_local_size_y(), csr_local_size_z(), 1ul);
}

FUNC size_t get_enqueued_local_size(uint dimension) {
  return BY_DIMENSION(dimension, header_enqueued_local_size_x(), header_enqueued_local_size_y(),
                      header_enqueued_local_size_z(), 1ul);
}

FUNC size_t get_num_groups(uint dimension) {
  return BY_DIMENSION(dimension, header_num_groups_x(), header_num_groups_y(), header_num_groups_z(), 1ul);
}

#define GROUP_ID(axis) (csr_group_id_##axis() + header_first_group_##axis())

FUNC size_t get_group_id(uint dimension) {
  return BY_DIMENSION(dimension, GROUP_ID(x), GROUP_ID(y), GROUP_ID(z), 0ul);
}

FUNC size_t get_local_id(uint dimension) {
  return BY_DIMENSION(dimension, csr_local_id_x(), csr_local_id_y(), csr_local_id_z(), 0ul);
}

#define GLOBAL_ID(axis)                                                                  \
  (csr_group_id_##axis() * csr_local_size_##axis() + header_first_global_id_##axis() + \
   csr_local_id_##axis())

FUNC size_t get_global_id(uint dimension) {
  return BY_DIMENSION(dimension, GLOBAL_ID(x), GLOBAL_ID(y), GLOBAL_ID(z), 0ul);
}

// Whole work-groups lie before the region's first one.
#define GLOBAL_OFFSET(axis) \
  (header_first_global_id_##axis() - (ulong)header_first_group_##axis() * header_enqueued_local_size_##axis())

FUNC size_t get_global_offset(uint dimension) {
  return BY_DIMENSION(dimension, GLOBAL_OFFSET(x), GLOBAL_OFFSET(y), GLOBAL_OFFSET(z), 0ul);
}

FUNC size_t get_local_linear_id(void) {
  return (csr_local_id_z() * csr_local_size_y() + csr_local_id_y()) * csr_local_size_x() + csr_local_id_x();
}

FUNC size_t get_global_linear_id(void) {
  const size_t x = get_global_id(0) - get_global_offset(0);
  const size_t y = get_global_id(1) - get_global_offset(1);
  const size_t z = get_global_id(2) - get_global_offset(2);
  return (z * header_global_size_y() + y) * header_global_size_x() + x;
}
