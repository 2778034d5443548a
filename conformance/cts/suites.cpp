#include "conformance/cts/suites.hpp"

namespace kiesel::conformance {
namespace {

// Numbers as arguments: a last plain number is the suite's count of elements; "-[n]" divides the work of a
// wimpy run ("-w") by n. non_uniform_work_group drops its first argument, so it gets one to drop.
constexpr Suite kSuites[] = {
    // name, binary, before, quick, quick sub-tests, seconds
    {"computeinfo", "test_computeinfo", "", "", "", 60},
    {"basic", "test_basic", "", "256", "", 300},
    {"api", "test_api", "", "", "", 120},
    {"compiler", "test_compiler", "", "", "", 120},
    {"commonfns", "test_commonfns", "", "", "", 120},
    {"geometrics", "test_geometrics", "", "", "", 120},
    {"relationals", "test_relationals", "", "", "", 300},
    {"thread_dimensions", "test_thread_dimensions", "", "-n 64", "quick*", 120},
    {"multiples", "test_multiples", "", "", "", 120},
    {"atomics", "test_atomics", "", "", "", 120},
    {"profiling", "test_profiling", "", "", "", 60},
    {"events", "test_events", "", "", "", 60},
    {"allocations", "test_allocations", "", "single 1 5%", "", 120},
    {"printf", "test_printf", "", "", "", 60},
    {"device_partition", "test_device_partition", "", "", "", 60},
    {"buffers", "test_buffers", "", "", "", 120},
    {"mem_host_flags", "test_mem_host_flags", "", "", "", 60},
    {"select", "test_select", "", "", "", 120},
    {"conversions", "test_conversions", "", "-w -1 -[512]", "", 120, Names::kConversions},
    {"contractions", "test_contractions", "", "", "", 120},
    {"bruteforce", "test_bruteforce", "", "-w -1 -[8192]", "", 120},
    {"integer_ops", "test_integer_ops", "", "", "integer_* quick_* extended_bit_ops* unary_ops*", 120},
    {"half", "test_half", "", "-w -[8192]", "", 120},
    {"vectors", "test_vectors", "", "-w", "", 900},
    {"c11_atomics", "test_c11_atomics", "", "-maxDeviceThreads 64",
     "atomic_init atomic_flag atomic_load atomic_store atomic_fetch_add svm_atomic_init svm_atomic_fetch_add",
     900},
    {"device_execution", "test_device_execution", "", "-w", "", 60},
    {"generic_address_space", "test_generic_address_space", "", "", "", 120},
    {"non_uniform_work_group", "test_non_uniform_work_group", "all", "", "", 120},
    {"pipes", "test_pipes", "", "", "", 60},
    {"SVM", "test_svm", "", "", "", 120},
    {"workgroups", "test_workgroups", "", "", "", 120},
    {"subgroups", "test_subgroups", "", "", "", 120},
    {"device_timer", "test_device_timer", "", "", "", 60},
    {"spirv_new", "test_spirv_new", "", "", "", 60},
    {"images_info", "test_cl_get_info", "", "small_images", "", 120},
    {"images_methods", "test_kernel_image_methods", "", "small_images CL_RGBA CL_FLOAT", "", 120},
    {"images_copy", "test_cl_copy_images", "", "small_images", "", 120},
    {"images_read_write", "test_cl_read_write_images", "", "small_images", "", 120},
    {"images_fill", "test_cl_fill_images", "", "small_images", "", 120},
    {"images_kernel_nearest", "test_image_streams", "", "small_images CL_FILTER_NEAREST CL_RGBA", "", 240},
    {"images_samplerless", "test_samplerless_reads", "", "small_images CL_RGBA", "", 120},
    {"cxx_for_opencl", "test_cl_ext_cxx_for_opencl", "", "", "", 60},
    {"semaphore", "test_cl_khr_semaphore", "", "", "", 60},
    {"command_buffer", "test_cl_khr_command_buffer", "", "", "", 60},
    {"mutable_dispatch", "test_cl_khr_mutable_dispatch", "", "", "", 60},
    {"kernel_clock", "test_cl_khr_kernel_clock", "", "", "", 60},
    {"buffer_device_address", "test_cl_ext_buffer_device_address", "", "", "", 60},
    {"external_memory_dma_buf", "test_cl_khr_external_memory_dma_buf", "", "", "", 60},
};

constexpr const char* kTypes[] = {"char", "uchar", "short",  "ushort", "int",  "uint",
                                  "half", "float", "double", "long",   "ulong"};
constexpr const char* kRoundings[] = {"", "_rte", "_rtp", "_rtn", "_rtz"};

bool is_floating(const std::string& type) { return type == "half" || type == "float" || type == "double"; }

}  // namespace

std::span<const Suite> suites() { return kSuites; }

std::vector<std::string> conversion_pairs() {
  std::vector<std::string> pairs;
  for (const std::string to : kTypes)
    for (const char* from : kTypes) pairs.push_back(to + "_" + from);
  return pairs;
}

std::vector<std::string> conversions_of(const std::string& pair) {
  const auto to = pair.substr(0, pair.find('_')), from = pair.substr(pair.find('_'));
  std::vector<std::string> names;
  for (const char* saturation : {"", "_sat"})
    for (const char* rounding : kRoundings)
      if (!*saturation || !is_floating(to)) names.push_back(to + saturation + rounding + from);
  return names;
}

}  // namespace kiesel::conformance
