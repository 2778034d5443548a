// What of OpenCL C's optional parts a target's machine code, the builtins and the compiler can do together:
// the one list behind CL_DEVICE_EXTENSIONS, CL_DEVICE_OPENCL_C_FEATURES, the compiler's -cl-ext and what
// SPIR-V modules may ask for. A row is added when the whole chain works.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "device/isa/opencl_level.hpp"
#include "device/isa/target.hpp"

namespace kiesel::isa {

struct LanguageFeature {
  const char*
      name;  // an extension "cl_...", a feature macro "__opencl_c_...", or one of SPIR-V only, "SPV_..."
  std::uint8_t major = 1, minor = 0,
               patch = 0;  // of the extension, or the language version that names the feature

  bool is_extension() const { return std::string_view(name).starts_with("cl"); }
  bool is_macro() const { return std::string_view(name).starts_with("__opencl_c_"); }
};

inline std::vector<LanguageFeature> language_features(const Target& target) {
  std::vector<LanguageFeature> list{{"cl_arm_integer_dot_product_accumulate_int16"},
                                    {"cl_arm_integer_dot_product_accumulate_int8"},
                                    {"cl_arm_integer_dot_product_accumulate_saturate_int8"},
                                    {"cl_arm_integer_dot_product_int8"},
                                    {"cl_khr_byte_addressable_store"},
                                    {"cl_khr_fp64"},
                                    {"__opencl_c_fp64", 3},
                                    {"__opencl_c_int64", 3},
                                    {"__opencl_c_generic_address_space", 3},
                                    {"__opencl_c_program_scope_global_variables", 3},
                                    {"cl_khr_async_work_group_copy_fence"},
                                    {"cl_khr_expect_assume"},
                                    {"cl_khr_extended_async_copies"},
                                    {"cl_khr_extended_bit_ops"},
                                    {"cl_intel_bfloat16_conversions"},
                                    {"cl_khr_integer_dot_product", 2},
                                    {"__opencl_c_integer_dot_product_input_4x8bit", 3},
                                    {"__opencl_c_integer_dot_product_input_4x8bit_packed", 3}};
  const auto add = [&list](bool available, std::initializer_list<LanguageFeature> rows) {
    if (available) list.insert(list.end(), rows);
  };
  add(target.atomics, {{"cl_khr_global_int32_base_atomics"}, {"cl_khr_global_int32_extended_atomics"}});
  // Those of 64 bits and of OpenCL C 3.0 are for all memories.
  add(has_atomics(target), {{"cl_khr_local_int32_base_atomics"},
                            {"cl_khr_local_int32_extended_atomics"},
                            {"cl_khr_int64_base_atomics"},
                            {"cl_khr_int64_extended_atomics"},
                            {"__opencl_c_atomic_order_acq_rel", 3},
                            {"__opencl_c_atomic_order_seq_cst", 3},
                            {"__opencl_c_atomic_scope_device", 3},
                            {"__opencl_c_atomic_scope_all_devices", 3},
                            {"cl_ext_float_atomics"},
                            {"__opencl_c_ext_fp32_global_atomic_add", 3},
                            {"__opencl_c_ext_fp32_local_atomic_add", 3},
                            {"__opencl_c_ext_fp32_global_atomic_min_max", 3},
                            {"__opencl_c_ext_fp32_local_atomic_min_max", 3},
                            {"__opencl_c_ext_fp64_global_atomic_add", 3},
                            {"__opencl_c_ext_fp64_local_atomic_add", 3},
                            {"__opencl_c_ext_fp64_global_atomic_min_max", 3},
                            {"__opencl_c_ext_fp64_local_atomic_min_max", 3}});
  // The embedded profile may do without 64-bit integers, which every target has.
  add(!opencl_level(target).full_profile, {{"cles_khr_int64"}});
  add(target.half, {{"cl_khr_fp16"}});
  // Pixels of halves are converted by instructions.
  add(target.half, {{"cl_khr_3d_image_writes"},
                    {"cl_khr_depth_images"},
                    {"cl_khr_image2d_from_buffer"},
                    {"cl_khr_srgb_image_writes"},
                    {"__opencl_c_images", 3},
                    {"__opencl_c_3d_image_writes", 3},
                    {"__opencl_c_read_write_images", 3}});
  // The work-items of a work-group live on one core, which has a clock; that of the device may be missing.
  add(true, {{"cl_khr_kernel_clock"}, {"__opencl_c_kernel_clock_scope_work_group", 3}});
  add(target.counters, {{"__opencl_c_kernel_clock_scope_device", 3}});
  add(target.votes, {{"__opencl_c_kernel_clock_scope_sub_group", 3}});
  // A sub-group is a warp; its warps are scheduled fairly, so sub-groups make progress independently.
  add(target.votes, {{"cl_khr_subgroups"},
                     {"cl_khr_subgroup_ballot"},
                     {"cl_khr_subgroup_clustered_reduce"},
                     {"cl_khr_subgroup_extended_types"},
                     {"cl_khr_subgroup_non_uniform_arithmetic"},
                     {"cl_khr_subgroup_non_uniform_vote"},
                     {"cl_khr_subgroup_rotate"},
                     {"cl_khr_subgroup_shuffle"},
                     {"cl_khr_subgroup_shuffle_relative"},
                     {"cl_khr_work_group_uniform_arithmetic"},
                     {"cl_intel_required_subgroup_size"},
                     {"cl_intel_spirv_subgroups"},
                     {"cl_intel_subgroups"},
                     {"cl_intel_subgroups_char"},
                     {"cl_intel_subgroups_long"},
                     {"cl_intel_subgroups_short", 1, 1},
                     {"__opencl_c_subgroups", 3},
                     {"__opencl_c_work_group_collective_functions", 3}});
  // Of sub-groups of 8, the least that there are, by shuffles and dot products.
  add(target.votes && target.lanes >= 8, {{"cl_intel_subgroup_matrix_multiply_accumulate", 1, 1}});
  add(target.matrix, {{"SPV_KHR_cooperative_matrix"}});
  // Reservations are counted atomically in global memory, and given out in a work-group or sub-group.
  add(target.votes && target.atomics, {{"__opencl_c_pipes", 3}});
  return list;
}

}  // namespace kiesel::isa
