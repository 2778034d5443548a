// cl_intel_subgroups with _char, _short and _long: "Sub-group Shuffle Functions", "Sub-group Read and Write Functions".
#include "image.h"
#include "lanes.h"
#include "types.h"

FUNC uint get_max_sub_group_size(void);

// Two values a lane stand in a row, those of `low` first: what lies at `index`, which is counted from the first of
// `high` where it is negative.
#define SHUFFLES(type)                                                                                          \
  static inline FUNC type value_at(type low, type high, uint index) {                                           \
    const uint size = get_max_sub_group_size();                                                                 \
    const uint place = index < size ? index : index - size;                                                     \
    const type from_low = value_in(SUB_GROUP, low, place), from_high = value_in(SUB_GROUP, high, place);        \
    return index < size ? from_low : from_high;                                                                 \
  }                                                                                                             \
  FUNC type intel_sub_group_shuffle(type data, uint place) { return value_in(SUB_GROUP, data, place); }         \
  FUNC type intel_sub_group_shuffle_xor(type data, uint mask) { return value_of_lane(data, lane_id() ^ mask); } \
  FUNC type intel_sub_group_shuffle_down(type current, type next, uint delta) {                                 \
    return value_at(current, next, place_in(SUB_GROUP) + delta);                                                \
  }                                                                                                             \
  FUNC type intel_sub_group_shuffle_up(type previous, type current, uint delta) {                               \
    return value_at(previous, current, place_in(SUB_GROUP) + get_max_sub_group_size() - delta);                 \
  }
#define SHUFFLE_ELEMENTS(width, type)                                                                  \
  FUNC type##width intel_sub_group_shuffle(type##width data, uint place) {                             \
    for (int i = 0; i < width; ++i) data[i] = intel_sub_group_shuffle((type)data[i], place);           \
    return data;                                                                                       \
  }                                                                                                    \
  FUNC type##width intel_sub_group_shuffle_xor(type##width data, uint mask) {                          \
    for (int i = 0; i < width; ++i) data[i] = intel_sub_group_shuffle_xor((type)data[i], mask);        \
    return data;                                                                                       \
  }                                                                                                    \
  FUNC type##width intel_sub_group_shuffle_down(type##width current, type##width next, uint delta) {   \
    for (int i = 0; i < width; ++i)                                                                    \
      current[i] = intel_sub_group_shuffle_down((type)current[i], (type)next[i], delta);               \
    return current;                                                                                    \
  }                                                                                                    \
  FUNC type##width intel_sub_group_shuffle_up(type##width previous, type##width current, uint delta) { \
    for (int i = 0; i < width; ++i)                                                                    \
      current[i] = intel_sub_group_shuffle_up((type)previous[i], (type)current[i], delta);             \
    return current;                                                                                    \
  }
#define ALL_SHUFFLES(type) SHUFFLES(type) FOR_WIDTHS(SHUFFLE_ELEMENTS, type)

// The reader says signed.
FOR_SIGNED(ALL_SHUFFLES)
FOR_FLOATS(ALL_SHUFFLES)
ALL_SHUFFLES(half)

// --- blocks in buffers: element i of a work-item lies behind the elements i - 1 of all.

#define BLOCK(name, type)                                                                             \
  FUNC type intel_sub_group_block_read##name(const global type* p) { return p[place_in(SUB_GROUP)]; } \
  FUNC void intel_sub_group_block_write##name(global type* p, type data) { p[place_in(SUB_GROUP)] = data; }
#define BLOCKS(width, name, type)                                                                    \
  FUNC type##width intel_sub_group_block_read##name##width(const global type* p) {                   \
    type##width data;                                                                                \
    for (int i = 0; i < width; ++i) data[i] = p[place_in(SUB_GROUP) + i * get_max_sub_group_size()]; \
    return data;                                                                                     \
  }                                                                                                  \
  FUNC void intel_sub_group_block_write##name##width(global type* p, type##width data) {             \
    for (int i = 0; i < width; ++i) p[place_in(SUB_GROUP) + i * get_max_sub_group_size()] = data[i]; \
  }

// --- blocks in images: rows of bytes, whatever the format; element i lies in row i of the block.

INLINE int bytes_of_row(ImageRef image) { return image->width * (int)image->pixel_bytes; }
INLINE ulong place_in_row(ImageRef image, int x, int y) {
  return image->data + (ulong)(uint)y * image->row_pitch + (ulong)(uint)x;
}

// A block may begin at any byte. Outside of the image lies its edge.
#define PLACE(name, type)                                                                                                \
  typedef struct __attribute__((packed)) { type value; } Packed##name;                                                   \
  INLINE type read_place##name(ImageRef image, int2 c) {                                                                 \
    const int x = max(min(c.x + (int)(place_in(SUB_GROUP) * sizeof(type)), bytes_of_row(image) - (int)sizeof(type)), 0); \
    return ((const global Packed##name*)place_in_row(image, x, bounded(c.y, image->height)))->value;                     \
  }                                                                                                                      \
  INLINE void write_place##name(ImageRef image, int2 c, type data) {                                                     \
    const int x = c.x + (int)(place_in(SUB_GROUP) * sizeof(type));                                                       \
    if (x < 0 || x + (int)sizeof(type) > bytes_of_row(image) || c.y < 0 || c.y >= image->height) return;                 \
    ((global Packed##name*)place_in_row(image, x, c.y))->value = data;                                                   \
  }

#define ROW_READ(name, type, access)                                                                  \
  FUNC type intel_sub_group_block_read##name(access image2d_t image, int2 c) {                       \
    return read_place##name(__kiesel_descriptor(image), c);                                          \
  }
#define ROWS_READ(width, name, type, access)                                                          \
  FUNC type##width intel_sub_group_block_read##name##width(access image2d_t image, int2 c) {         \
    type##width data;                                                                                \
    for (int i = 0; i < width; ++i)                                                                  \
      data[i] = read_place##name(__kiesel_descriptor(image), (int2)(c.x, c.y + i));                  \
    return data;                                                                                     \
  }
#define ROW_WRITE(name, type, access)                                                                 \
  FUNC void intel_sub_group_block_write##name(access image2d_t image, int2 c, type data) {           \
    write_place##name(__kiesel_descriptor(image), c, data);                                          \
  }
#define ROWS_WRITE(width, name, type, access)                                                         \
  FUNC void intel_sub_group_block_write##name##width(access image2d_t image, int2 c, type##width data) { \
    for (int i = 0; i < width; ++i)                                                                  \
      write_place##name(__kiesel_descriptor(image), (int2)(c.x, c.y + i), data[i]);                  \
  }

#define FOR_BLOCK_WIDTHS(macro, ...) \
  macro(2, __VA_ARGS__) macro(4, __VA_ARGS__) macro(8, __VA_ARGS__) macro(16, __VA_ARGS__)
#define ALL_BLOCKS(name, type)                                                                        \
  BLOCK(name, type)                                                                                  \
  FOR_BLOCK_WIDTHS(BLOCKS, name, type)                                                               \
  PLACE(name, type)                                                                                  \
  ROW_READ(name, type, read_only)                                                                    \
  ROW_READ(name, type, read_write)                                                                   \
  FOR_BLOCK_WIDTHS(ROWS_READ, name, type, read_only)                                                 \
  FOR_BLOCK_WIDTHS(ROWS_READ, name, type, read_write)                                                \
  ROW_WRITE(name, type, write_only)                                                                  \
  ROW_WRITE(name, type, read_write)                                                                  \
  FOR_BLOCK_WIDTHS(ROWS_WRITE, name, type, write_only)                                               \
  FOR_BLOCK_WIDTHS(ROWS_WRITE, name, type, read_write)

ALL_BLOCKS(_uc, uchar)
ALL_BLOCKS(_us, ushort)
ALL_BLOCKS(, uint)
ALL_BLOCKS(_ul, ulong)
