#include "runtime/core/image_format.hpp"

#include <algorithm>
#include <bit>
#include <string_view>

#include "support/single.hpp"

namespace kiesel::runtime {
namespace {

struct TypeRow {
  cl_channel_type type;
  ChannelKind kind;
  std::uint32_t bytes;
};
constexpr TypeRow kTypes[] = {
#define IMAGE_TYPE(type, kind, bytes) {type, ChannelKind::kind, bytes},
#include "runtime/core/image_formats.def"
};

constexpr std::uint32_t bit(cl_channel_type type) { return 1u << (type - CL_SNORM_INT8); }

constexpr std::uint32_t kByteFractions = bit(CL_UNORM_INT8);
constexpr std::uint32_t kDepths = bit(CL_UNORM_INT16) | bit(CL_FLOAT);
constexpr std::uint32_t kBytes =
    bit(CL_SNORM_INT8) | bit(CL_UNORM_INT8) | bit(CL_SIGNED_INT8) | bit(CL_UNSIGNED_INT8);
constexpr std::uint32_t kFractions = bit(CL_SNORM_INT8) | bit(CL_SNORM_INT16) | bit(CL_UNORM_INT8) |
                                     bit(CL_UNORM_INT16) | bit(CL_HALF_FLOAT) | bit(CL_FLOAT);
constexpr std::uint32_t kAll = kFractions | bit(CL_SIGNED_INT8) | bit(CL_SIGNED_INT16) |
                               bit(CL_SIGNED_INT32) | bit(CL_UNSIGNED_INT8) | bit(CL_UNSIGNED_INT16) |
                               bit(CL_UNSIGNED_INT32);
constexpr std::uint32_t kAllAnd1010102 = kAll | bit(CL_UNORM_INT_101010_2);
constexpr std::uint32_t kPackedRgb =
    bit(CL_UNORM_SHORT_565) | bit(CL_UNORM_SHORT_555) | bit(CL_UNORM_INT_101010);

struct OrderRow {
  cl_channel_order order;
  const char* components;
  std::uint32_t types;
  const char* needs;
};
constexpr OrderRow kOrders[] = {
#define IMAGE_ORDER(order, components, types, needs) {order, components, types, needs},
#include "runtime/core/image_formats.def"
};

std::vector<ImageFormat> combine() {
  std::vector<ImageFormat> out;
  for (const auto& order : kOrders) {
    for (const auto& type : kTypes) {
      if (!(order.types & bit(type.type))) continue;
      const auto channels = type.kind == ChannelKind::kPacked ? 1 : std::string_view(order.components).size();
      out.push_back({{order.order, type.type},
                     type.kind,
                     type.bytes,
                     static_cast<std::uint32_t>(channels * type.bytes),
                     order.components,
                     order.needs});
    }
  }
  return out;
}

bool is_rgb(cl_channel_order order) { return order == CL_RGB || order == CL_RGBx; }
bool has_three_channels(cl_channel_order order) {
  return order == CL_RGB || order == CL_RGx || order == CL_sRGB;
}

bool has_2d_slices(cl_mem_object_type type) {
  return type == CL_MEM_OBJECT_IMAGE2D || type == CL_MEM_OBJECT_IMAGE2D_ARRAY;
}

}  // namespace

const std::vector<ImageFormat>& image_formats() {
  static constinit Single<const std::vector<ImageFormat>> list;
  return list.get([] { return new std::vector<ImageFormat>(combine()); });
}

const ImageFormat* find_image_format(const cl_image_format& format) {
  const auto& list = image_formats();
  const auto found = std::find_if(list.begin(), list.end(), [&](const ImageFormat& entry) {
    return entry.cl.image_channel_order == format.image_channel_order &&
           entry.cl.image_channel_data_type == format.image_channel_data_type;
  });
  return found == list.end() ? nullptr : &*found;
}

bool is_valid_image_format(const cl_image_format& format) {
  const auto order = format.image_channel_order;
  if (order < CL_R || order > CL_ABGR) return false;
  switch (const auto type = format.image_channel_data_type) {
    case CL_UNORM_SHORT_565:
    case CL_UNORM_SHORT_555:
    case CL_UNORM_INT_101010:
      return is_rgb(order);
    case CL_UNORM_INT_101010_2:
      return order == CL_RGBA;
    default:
      // "The number of bits per element [...] must be a power of two."
      return type >= CL_SNORM_INT8 && type <= CL_UNORM_INT_101010_2 && !has_three_channels(order);
  }
}

bool can_be_image(const ImageFormat& format, cl_mem_object_type type, const Device& device) {
  if (format.needs && !device.has(format.needs)) return false;
  return !format.is_depth() || has_2d_slices(type);
}

bool can_be_used(const ImageFormat& format, cl_mem_object_type type, cl_mem_flags flags,
                 const Device& device) {
  if (!can_be_image(format, type, device)) return false;
  const bool reads_only = flags & CL_MEM_READ_ONLY;
  if (!reads_only && format.is_srgb() && !device.has("cl_khr_srgb_image_writes")) return false;
  if (!reads_only && type == CL_MEM_OBJECT_IMAGE3D && !device.has("cl_khr_3d_image_writes")) return false;
  return !(flags & CL_MEM_KERNEL_READ_AND_WRITE) || device.has("__opencl_c_read_write_images");
}

}  // namespace kiesel::runtime
