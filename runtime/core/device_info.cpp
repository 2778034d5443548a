// What clGetDeviceInfo answers (OpenCL 3.0 API, table "Device queries"): one row for each query.
#include <CL/cl.h>
#include <CL/cl_ext.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "device/isa/language_features.hpp"
#include "device/isa/sub_groups.hpp"
#include "runtime/core/command_buffer.hpp"
#include "runtime/core/device.hpp"
#include "runtime/core/external_memory.hpp"
#include "runtime/core/handle.hpp"
#include "runtime/core/il_info.hpp"
#include "runtime/core/image.hpp"
#include "runtime/core/opencl_3_1.hpp"
#include "runtime/core/pipe.hpp"
#include "runtime/core/platform.hpp"
#include "runtime/core/version.hpp"
#include "support/cache.hpp"

namespace kiesel::runtime {
namespace {

cl_version version_of(const isa::LanguageFeature& row) {
  return static_cast<cl_version>(CL_MAKE_VERSION(row.major, row.minor, row.patch));
}

// Constant memory is global memory; what applications ask for is far less.
constexpr cl_ulong kConstantBufferBytes = cl_ulong{1} << 20;
constexpr cl_version kExtensionVersion = CL_MAKE_VERSION(1, 0, 0);
// What -cl-std=CLC++ compiles. The query has no room for 2021, which -cl-std=CLC++2021 compiles.
constexpr cl_version kCxxVersion = CL_MAKE_VERSION(1, 0, 0);

// cl_ext_float_atomics, younger than the headers: CL_DEVICE_{SINGLE,DOUBLE,HALF}_FP_ATOMIC_CAPABILITIES_EXT,
// and load-store, add, min-max in global (bits 0 to 2) and local memory (bits 16 to 18).
constexpr cl_uint kSingleFloatAtomics = 0x4231, kDoubleFloatAtomics = 0x4232, kHalfFloatAtomics = 0x4233;
constexpr cl_bitfield kAllFloatAtomics = 0x70007;

// cl_khr_kernel_clock, younger than the headers: CL_DEVICE_KERNEL_CLOCK_CAPABILITIES_KHR, and its bits.
constexpr cl_uint kKernelClocks = 0x1076;
constexpr cl_bitfield kDeviceClock = 1, kWorkGroupClock = 2, kSubGroupClock = 4;

constexpr cl_uint kSubGroupSizes = 0x4108;  // CL_DEVICE_SUB_GROUP_SIZES_INTEL

std::vector<NamedVersion> extensions_of(const Device& device) {
  const isa::Target& target = device.target();
  std::vector<NamedVersion> list{{"cl_khr_icd", CL_MAKE_VERSION(2, 0, 0)},
                                 {"cl_khr_command_buffer", kCommandBufferVersion},
                                 {"cl_khr_command_buffer_mutable_dispatch", kMutableDispatchVersion},
                                 {"cl_khr_create_command_queue", kExtensionVersion},
                                 {"cl_khr_device_uuid", kExtensionVersion},
                                 {"cl_khr_extended_versioning", kExtensionVersion},
                                 {"cl_khr_external_semaphore", CL_MAKE_VERSION(1, 0, 1)},
                                 {"cl_khr_external_semaphore_opaque_fd", kExtensionVersion},
                                 {"cl_khr_priority_hints", kExtensionVersion},
                                 {"cl_khr_semaphore", kExtensionVersion},
                                 {"cl_khr_suggested_local_work_size", kExtensionVersion},
                                 {"cl_khr_throttle_hints", kExtensionVersion},
                                 {"cl_ext_buffer_device_address", CL_MAKE_VERSION(1, 0, 2)}};
  if (isa::opencl_level(target).major >= 3) list.push_back({"cl_ext_cxx_for_opencl", kCxxVersion});
  if (device.description().host_visible)
    list.insert(list.end(), {{"cl_khr_external_memory", CL_MAKE_VERSION(1, 0, 1)},
                             {"cl_khr_external_memory_opaque_fd", kExtensionVersion}});
  if (device.svm_capabilities()) list.push_back({"cl_intel_unified_shared_memory", CL_MAKE_VERSION(1, 1, 0)});
  for (const auto& extension : il_extensions()) list.push_back(extension);
  const auto rows = isa::language_features(target);
  for (const auto& row : rows)
    if (row.is_extension()) list.push_back({row.name, version_of(row)});
  const auto is_images = [](const isa::LanguageFeature& row) {
    return std::string_view(row.name) == "__opencl_c_images";
  };
  if (std::any_of(rows.begin(), rows.end(), is_images))
    list.insert(list.end(), {{"cl_ext_image_from_buffer", kExtensionVersion},
                             {"cl_ext_image_requirements_info", CL_MAKE_VERSION(0, 5, 0)}});
  return list;
}

// Of the language: what the compiler defines macros for.
std::string compiler_features_of(const isa::Target& target) {
  std::string names;
  for (const auto& row : isa::language_features(target)) names.append(row.name).append(" ");
  return names;
}

std::vector<NamedVersion> language_features_of(const isa::Target& target) {
  std::vector<NamedVersion> list;
  if (isa::opencl_level(target).major < 3) return list;  // they are of OpenCL C 3.0
  for (const auto& row : isa::language_features(target))
    if (row.is_macro()) list.push_back({row.name, version_of(row)});
  return list;
}

struct Widths {
  cl_uint preferred, native, number;
};

void add_types(InfoTable& info, const isa::Target& target) {
  // Work-items are lanes already: vectors inside one gain nothing.
  for (const Widths row : {
           Widths{CL_DEVICE_PREFERRED_VECTOR_WIDTH_CHAR, CL_DEVICE_NATIVE_VECTOR_WIDTH_CHAR, 1},
           Widths{CL_DEVICE_PREFERRED_VECTOR_WIDTH_SHORT, CL_DEVICE_NATIVE_VECTOR_WIDTH_SHORT, 1},
           Widths{CL_DEVICE_PREFERRED_VECTOR_WIDTH_INT, CL_DEVICE_NATIVE_VECTOR_WIDTH_INT, 1},
           Widths{CL_DEVICE_PREFERRED_VECTOR_WIDTH_LONG, CL_DEVICE_NATIVE_VECTOR_WIDTH_LONG, 1},
           Widths{CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, 1},
           Widths{CL_DEVICE_PREFERRED_VECTOR_WIDTH_DOUBLE, CL_DEVICE_NATIVE_VECTOR_WIDTH_DOUBLE, 1},
           Widths{CL_DEVICE_PREFERRED_VECTOR_WIDTH_HALF, CL_DEVICE_NATIVE_VECTOR_WIDTH_HALF, target.half},
       }) {
    info.add(row.preferred, row.number);
    info.add(row.native, row.number);
  }
  const cl_device_fp_config single = CL_FP_DENORM | CL_FP_INF_NAN | CL_FP_ROUND_TO_NEAREST |
                                     CL_FP_ROUND_TO_ZERO | CL_FP_ROUND_TO_INF | CL_FP_FMA |
                                     CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT;
  const cl_device_fp_config others =
      single & ~static_cast<cl_device_fp_config>(CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT);
  info.add(CL_DEVICE_SINGLE_FP_CONFIG, single);
  info.add(CL_DEVICE_DOUBLE_FP_CONFIG, others);
  if (target.half) info.add(CL_DEVICE_HALF_FP_CONFIG, others);
}

// Atomic operations and fences are the machine's own, for every order and all of its memory.
void add_atomics(InfoTable& info, const isa::Target& target) {
  const cl_device_atomic_capabilities memory =
      CL_DEVICE_ATOMIC_ORDER_RELAXED | CL_DEVICE_ATOMIC_ORDER_ACQ_REL | CL_DEVICE_ATOMIC_ORDER_SEQ_CST |
      CL_DEVICE_ATOMIC_SCOPE_WORK_GROUP | CL_DEVICE_ATOMIC_SCOPE_DEVICE | CL_DEVICE_ATOMIC_SCOPE_ALL_DEVICES;
  const bool atomics = isa::has_atomics(target);
  info.add(CL_DEVICE_ATOMIC_MEMORY_CAPABILITIES, atomics ? memory : cl_device_atomic_capabilities{0});
  info.add(CL_DEVICE_ATOMIC_FENCE_CAPABILITIES, memory | CL_DEVICE_ATOMIC_SCOPE_WORK_ITEM);
  if (!atomics) return;
  info.add(kSingleFloatAtomics, kAllFloatAtomics);
  info.add(kDoubleFloatAtomics, kAllFloatAtomics);
  info.add(kHalfFloatAtomics, cl_bitfield{0});
}

// cl_khr_command_buffer and its mutable dispatches: whatever can be enqueued can be recorded and changed.
void add_command_buffers(InfoTable& info, cl_command_queue_properties queues) {
  info.add(CL_DEVICE_COMMAND_BUFFER_CAPABILITIES_KHR,
           cl_device_command_buffer_capabilities_khr{CL_COMMAND_BUFFER_CAPABILITY_KERNEL_PRINTF_KHR |
                                                     CL_COMMAND_BUFFER_CAPABILITY_SIMULTANEOUS_USE_KHR});
  info.add(CL_DEVICE_COMMAND_BUFFER_REQUIRED_QUEUE_PROPERTIES_KHR, cl_command_queue_properties{0});
  info.add(kSupportedQueueProperties, queues);
  info.add(CL_DEVICE_MUTABLE_DISPATCH_CAPABILITIES_KHR, kAllDispatchFields);
}

// cl_intel_unified_shared_memory: what the host and the devices see under one address, they all may use at
// any time.
void add_unified_memory(InfoTable& info, bool shared, bool atomics) {
  using Capabilities = cl_device_unified_shared_memory_capabilities_intel;
  constexpr Capabilities kPlain =
      CL_UNIFIED_SHARED_MEMORY_ACCESS_INTEL | CL_UNIFIED_SHARED_MEMORY_CONCURRENT_ACCESS_INTEL;
  constexpr Capabilities kAtomic =
      CL_UNIFIED_SHARED_MEMORY_ATOMIC_ACCESS_INTEL | CL_UNIFIED_SHARED_MEMORY_CONCURRENT_ATOMIC_ACCESS_INTEL;
  const Capabilities all = kPlain | (atomics ? kAtomic : 0);
  for (const cl_uint name : {CL_DEVICE_HOST_MEM_CAPABILITIES_INTEL, CL_DEVICE_DEVICE_MEM_CAPABILITIES_INTEL,
                             CL_DEVICE_SINGLE_DEVICE_SHARED_MEM_CAPABILITIES_INTEL,
                             CL_DEVICE_CROSS_DEVICE_SHARED_MEM_CAPABILITIES_INTEL})
    info.add(name, shared ? all : Capabilities{0});
  info.add(CL_DEVICE_SHARED_SYSTEM_MEM_CAPABILITIES_INTEL, Capabilities{0});
}

// Both forms of vectors of four 8-bit integers. What saturates is never an instruction of its own.
void add_dot_products(InfoTable& info, const isa::Target& target) {
  info.add(CL_DEVICE_INTEGER_DOT_PRODUCT_CAPABILITIES,
           cl_device_integer_dot_product_capabilities{CL_DEVICE_INTEGER_DOT_PRODUCT_INPUT_4x8BIT |
                                                      CL_DEVICE_INTEGER_DOT_PRODUCT_INPUT_4x8BIT_PACKED});
  cl_device_integer_dot_product_acceleration_properties fast{};
  fast.signed_accelerated = fast.unsigned_accelerated = fast.mixed_signedness_accelerated = target.dot;
  info.add(CL_DEVICE_INTEGER_DOT_PRODUCT_ACCELERATION_PROPERTIES_8BIT, fast);
  info.add(CL_DEVICE_INTEGER_DOT_PRODUCT_ACCELERATION_PROPERTIES_4x8BIT_PACKED, fast);
}

void add_clocks(InfoTable& info, const isa::Target& target) {
  info.add(kKernelClocks,
           (target.counters ? kDeviceClock : 0) | kWorkGroupClock | (target.votes ? kSubGroupClock : 0));
}

void add_shape(InfoTable& info, const device::Description& device) {
  const std::size_t group = device.target.max_work_group_size();
  info.add(CL_DEVICE_MAX_COMPUTE_UNITS, cl_uint{device.cores});
  info.add(CL_DEVICE_MAX_CLOCK_FREQUENCY, cl_uint{device.clock_mhz});
  info.add(CL_DEVICE_ADDRESS_BITS, cl_uint{64});
  info.add(CL_DEVICE_MAX_WORK_ITEM_DIMENSIONS, cl_uint{3});
  info.add_array(CL_DEVICE_MAX_WORK_GROUP_SIZES, std::vector<std::size_t>{group, group, group});
  info.add(CL_DEVICE_MAX_WORK_GROUP_SIZE, group);
  info.add(CL_DEVICE_PREFERRED_WORK_GROUP_SIZE_MULTIPLE, std::size_t{device.target.lanes});
  const auto sizes = isa::sub_group_sizes(device.target);
  info.add(CL_DEVICE_MAX_NUM_SUB_GROUPS,
           sizes.empty() ? cl_uint{0} : static_cast<cl_uint>(group / sizes.front()));
  info.add_array(kSubGroupSizes, std::vector<std::size_t>(sizes.begin(), sizes.end()));
  info.add(CL_DEVICE_NON_UNIFORM_WORK_GROUP_SUPPORT, cl_bool{CL_TRUE});
  info.add(CL_DEVICE_SUB_GROUP_INDEPENDENT_FORWARD_PROGRESS, cl_bool{device.target.votes});
  info.add(CL_DEVICE_WORK_GROUP_COLLECTIVE_FUNCTIONS_SUPPORT, cl_bool{device.target.votes});
}

void add_memory(InfoTable& info, const device::Description& device) {
  info.add(CL_DEVICE_GLOBAL_MEM_SIZE, cl_ulong{device.global_memory_bytes});
  info.add(CL_DEVICE_MAX_MEM_ALLOC_SIZE, cl_ulong{device.max_allocation_bytes});
  info.add(CL_DEVICE_GLOBAL_MEM_CACHE_TYPE,
           static_cast<cl_device_mem_cache_type>(device.cache_bytes ? CL_READ_WRITE_CACHE : CL_NONE));
  info.add(CL_DEVICE_GLOBAL_MEM_CACHE_SIZE, cl_ulong{device.cache_bytes});
  info.add(CL_DEVICE_GLOBAL_MEM_CACHELINE_SIZE, cl_uint{device.cache_bytes ? device.cache_line_bytes : 0});
  info.add(CL_DEVICE_LOCAL_MEM_TYPE, cl_device_local_mem_type{CL_LOCAL});
  info.add(CL_DEVICE_LOCAL_MEM_SIZE, cl_ulong{device.target.local_memory_bytes});
  info.add(CL_DEVICE_MAX_CONSTANT_BUFFER_SIZE, cl_ulong{kConstantBufferBytes});
  info.add(CL_DEVICE_MAX_CONSTANT_ARGS, cl_uint{64});
  info.add(CL_DEVICE_MAX_PARAMETER_SIZE, std::size_t{4096});
  info.add(CL_DEVICE_MEM_BASE_ADDR_ALIGN, cl_uint{kBufferAlignment * 8});
  info.add(CL_DEVICE_MIN_DATA_TYPE_ALIGN_SIZE, cl_uint{kBufferAlignment});
  info.add(CL_DEVICE_GENERIC_ADDRESS_SPACE_SUPPORT, cl_bool{CL_TRUE});
  info.add(CL_DEVICE_MAX_GLOBAL_VARIABLE_SIZE, std::size_t{isa::kMaxProgramVariableBytes});
  info.add(CL_DEVICE_GLOBAL_VARIABLE_PREFERRED_TOTAL_SIZE, std::size_t{isa::kMaxProgramVariableBytes});
  info.add(CL_DEVICE_ERROR_CORRECTION_SUPPORT, cl_bool{CL_FALSE});
  info.add(CL_DEVICE_HOST_UNIFIED_MEMORY, static_cast<cl_bool>(device.host_visible));
  info.add(CL_DEVICE_PRINTF_BUFFER_SIZE, std::size_t{kPrintfBufferBytes});
}

// Limits of what a device lacks are 0.
void add_images(InfoTable& info, const Device& device) {
  using Limits = ImageLimits;
  const bool images = device.has("__opencl_c_images"), both = device.has("__opencl_c_read_write_images");
  info.add(CL_DEVICE_IMAGE_SUPPORT, static_cast<cl_bool>(images));
  const struct {
    cl_uint name, limit;
    bool available;
  } counts[] = {{CL_DEVICE_MAX_READ_IMAGE_ARGS, Limits::kReadArguments, images},
                {CL_DEVICE_MAX_WRITE_IMAGE_ARGS, Limits::kWriteArguments, images},
                {CL_DEVICE_MAX_READ_WRITE_IMAGE_ARGS, Limits::kReadWriteArguments, both},
                {CL_DEVICE_MAX_SAMPLERS, Limits::kSamplers, images},
                {CL_DEVICE_IMAGE_PITCH_ALIGNMENT, Limits::kPitchAlignment, images},
                {CL_DEVICE_IMAGE_BASE_ADDRESS_ALIGNMENT, Limits::kBaseAddressAlignment, images}};
  for (const auto& row : counts) info.add(row.name, row.available ? row.limit : 0);
  const struct {
    cl_uint name;
    std::size_t limit;
  } sizes[] = {{CL_DEVICE_IMAGE2D_MAX_WIDTH, Limits::k2dWidth},
               {CL_DEVICE_IMAGE2D_MAX_HEIGHT, Limits::k2dHeight},
               {CL_DEVICE_IMAGE3D_MAX_WIDTH, Limits::k3dWidth},
               {CL_DEVICE_IMAGE3D_MAX_HEIGHT, Limits::k3dHeight},
               {CL_DEVICE_IMAGE3D_MAX_DEPTH, Limits::k3dDepth},
               {CL_DEVICE_IMAGE_MAX_BUFFER_SIZE, Limits::kBufferWidth},
               {CL_DEVICE_IMAGE_MAX_ARRAY_SIZE, Limits::kArraySize}};
  for (const auto& row : sizes) info.add(row.name, images ? row.limit : std::size_t{0});
}

void add_pipes(InfoTable& info, const Device& device) {
  const bool pipes = device.has("__opencl_c_pipes");
  info.add(CL_DEVICE_PIPE_SUPPORT, static_cast<cl_bool>(pipes));
  info.add(CL_DEVICE_MAX_PIPE_ARGS, pipes ? PipeLimits::kArguments : cl_uint{0});
  info.add(CL_DEVICE_PIPE_MAX_ACTIVE_RESERVATIONS, pipes ? PipeLimits::kReservations : cl_uint{0});
  info.add(CL_DEVICE_PIPE_MAX_PACKET_SIZE, pipes ? PipeLimits::kPacketBytes : cl_uint{0});
}

// Optional features of OpenCL 3.0 that this device does not have: the values that say so.
void add_absent(InfoTable& info) {
  for (const cl_uint name :
       {CL_DEVICE_QUEUE_ON_DEVICE_PREFERRED_SIZE, CL_DEVICE_QUEUE_ON_DEVICE_MAX_SIZE,
        CL_DEVICE_MAX_ON_DEVICE_QUEUES, CL_DEVICE_MAX_ON_DEVICE_EVENTS,
        CL_DEVICE_PREFERRED_PLATFORM_ATOMIC_ALIGNMENT, CL_DEVICE_PREFERRED_GLOBAL_ATOMIC_ALIGNMENT,
        CL_DEVICE_PREFERRED_LOCAL_ATOMIC_ALIGNMENT})
    info.add(name, cl_uint{0});
  info.add(CL_DEVICE_QUEUE_ON_DEVICE_PROPERTIES, cl_command_queue_properties{0});
  info.add(CL_DEVICE_DEVICE_ENQUEUE_CAPABILITIES, cl_device_device_enqueue_capabilities{0});
  info.add_text(CL_DEVICE_BUILT_IN_KERNELS, "");
  info.add_array(CL_DEVICE_BUILT_IN_KERNELS_WITH_VERSION, std::vector<cl_name_version>{});
}

// Into any numbers of cores; all cores are equally near to each other.
void add_partitions(InfoTable& info, const device::Description& device, cl_device_id parent,
                    const std::vector<cl_device_partition_property>& type) {
  using Properties = std::vector<cl_device_partition_property>;
  const bool has_parts = device.core_ranges && device.cores > 1;
  info.add(CL_DEVICE_PARENT_DEVICE, parent);
  info.add(CL_DEVICE_PARTITION_MAX_SUB_DEVICES, cl_uint{has_parts ? device.cores : 0});
  info.add_array(
      CL_DEVICE_PARTITION_PROPERTIES,
      has_parts ? Properties{CL_DEVICE_PARTITION_EQUALLY, CL_DEVICE_PARTITION_BY_COUNTS} : Properties{0});
  info.add(CL_DEVICE_PARTITION_AFFINITY_DOMAIN, cl_device_affinity_domain{0});
  info.add_array(CL_DEVICE_PARTITION_TYPE, type);
}

// Those of OpenCL C that a device of this version has all of.
std::vector<NamedVersion> languages_of(cl_version device) {
  std::vector<NamedVersion> list;
  for (const cl_version version :
       {CL_MAKE_VERSION(1, 0, 0), CL_MAKE_VERSION(1, 1, 0), CL_MAKE_VERSION(1, 2, 0),
        CL_MAKE_VERSION(3, 0, 0), CL_MAKE_VERSION(3, 1, 0)})
    if (version <= device) list.push_back({"OpenCL C", version});
  return list;
}

void add_language(InfoTable& info, const isa::OpenClLevel& level, const std::vector<NamedVersion>& extensions,
                  const std::vector<NamedVersion>& features) {
  const cl_version version = CL_MAKE_VERSION(level.major, level.minor, 0);
  // The last one of 1.x is what builds without -cl-std are.
  const cl_version language = std::min<cl_version>(version, CL_MAKE_VERSION(1, 2, 0));
  info.add_text(CL_DEVICE_PROFILE, level.full_profile ? "FULL_PROFILE" : "EMBEDDED_PROFILE");
  info.add_text(CL_DEVICE_VERSION, fmt::format("OpenCL {}.{} Kiesel {}", level.major, level.minor, kVersion));
  info.add(CL_DEVICE_NUMERIC_VERSION, version);
  info.add_text(CL_DEVICE_OPENCL_C_VERSION,
                fmt::format("OpenCL C {}.{} Kiesel", CL_VERSION_MAJOR(language), CL_VERSION_MINOR(language)));
  info.add(CL_DEVICE_OPENCL_C_NUMERIC_VERSION_KHR, language);
  info.add(CL_DEVICE_CXX_FOR_OPENCL_NUMERIC_VERSION_EXT, level.major < 3 ? cl_version{0} : kCxxVersion);
  info.add_text(CL_DRIVER_VERSION, kVersion);
  info.add_text(CL_DEVICE_EXTENSIONS, joined_names(extensions));
  info.add_array(CL_DEVICE_EXTENSIONS_WITH_VERSION, name_versions(extensions));
  info.add_array(CL_DEVICE_OPENCL_C_ALL_VERSIONS, name_versions(languages_of(version)));
  info.add_array(CL_DEVICE_OPENCL_C_FEATURES, name_versions(features));
  // "vYYYY-MM-DD-XX" of the suite passed "in accordance with the official conformance process": none, so a
  // date before every release.
  info.add_text(CL_DEVICE_LATEST_CONFORMANCE_VERSION_PASSED, "v0000-01-01-00");
  info.add(CL_DEVICE_COMPILER_AVAILABLE, cl_bool{CL_TRUE});
  info.add(CL_DEVICE_LINKER_AVAILABLE, cl_bool{CL_TRUE});
}

using Uuid = std::array<cl_uchar, CL_UUID_SIZE>;

// The same text gives the same number everywhere: RFC 9562's version 8.
Uuid uuid_of(const std::string& text) {
  const auto half = [](const std::string& words) {
    return hash64(std::as_bytes(std::span(words.data(), words.size())));
  };
  const std::uint64_t halves[2] = {half(text), half(text + " second half")};
  Uuid out;
  std::memcpy(out.data(), halves, sizeof out);
  out[6] = (out[6] & 0x0F) | 0x80;
  out[8] = (out[8] & 0x3F) | 0x80;
  return out;
}

// cl_khr_device_uuid. A device of the model has no locally unique number of the system's.
void add_identity(InfoTable& info, const std::string& device) {
  info.add(CL_DEVICE_UUID, uuid_of("Kiesel device " + device));
  info.add(CL_DRIVER_UUID, uuid_of(std::string("Kiesel driver ") + kVersion));
  info.add(CL_DEVICE_LUID_VALID, cl_bool{CL_FALSE});
  info.add(CL_DEVICE_LUID, std::array<cl_uchar, CL_LUID_SIZE>{});
  info.add(CL_DEVICE_NODE_MASK, cl_uint{0});
}

}  // namespace

void Device::describe(cl_platform_id platform, unsigned number) {
  number_ = number;
  extension_list_ = extensions_of(*this);
  const auto features = language_features_of(target());
  compiler_features_ = compiler_features_of(target());
  info_.add(CL_DEVICE_TYPE, cl_device_type{CL_DEVICE_TYPE_GPU});
  info_.add(CL_DEVICE_VENDOR_ID, cl_uint{description().vendor_id});
  info_.add_text(CL_DEVICE_NAME, description().name);
  info_.add_text(CL_DEVICE_VENDOR, description().vendor);
  info_.add(CL_DEVICE_PLATFORM, platform);
  info_.add(CL_DEVICE_REFERENCE_COUNT, cl_uint{1});  // root devices are not counted
  info_.add(CL_DEVICE_AVAILABLE, cl_bool{CL_TRUE});
  info_.add(CL_DEVICE_ENDIAN_LITTLE, cl_bool{CL_TRUE});
  info_.add(CL_DEVICE_EXECUTION_CAPABILITIES, cl_device_exec_capabilities{CL_EXEC_KERNEL});
  const cl_command_queue_properties queues =
      CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE | CL_QUEUE_PROFILING_ENABLE;
  info_.add(CL_DEVICE_QUEUE_ON_HOST_PROPERTIES, queues);
  add_command_buffers(info_, queues);
  info_.add_array(CL_DEVICE_SEMAPHORE_TYPES_KHR,
                  std::vector<cl_semaphore_type_khr>{CL_SEMAPHORE_TYPE_BINARY_KHR});
  info_.add_array(CL_DEVICE_SEMAPHORE_IMPORT_HANDLE_TYPES_KHR, semaphore_handle_types());
  info_.add_array(CL_DEVICE_SEMAPHORE_EXPORT_HANDLE_TYPES_KHR, semaphore_handle_types());
  const auto imported = external_memory_types();
  info_.add_array(CL_DEVICE_EXTERNAL_MEMORY_IMPORT_HANDLE_TYPES_KHR, imported);
  info_.add_array(kLinearImageHandles, imported);
  info_.add(CL_DEVICE_PROFILING_TIMER_RESOLUTION, std::size_t{1});
  info_.add(CL_DEVICE_PREFERRED_INTEROP_USER_SYNC, cl_bool{CL_TRUE});
  add_atomics(info_, target());
  add_identity(info_, fmt::format("{} {}", description().name, number));
  info_.add(CL_DEVICE_SVM_CAPABILITIES, svm_capabilities());
  add_unified_memory(info_, svm_capabilities() != 0, target().atomics);
  add_dot_products(info_, target());
  add_clocks(info_, description().target);
  add_types(info_, description().target);
  add_shape(info_, description());
  add_memory(info_, description());
  add_images(info_, *this);
  add_pipes(info_, *this);
  add_absent(info_);
  add_partitions(info_, description(), nullptr, {});
  add_il_info(info_, compiler_features_);
  add_language(info_, isa::opencl_level(target()), extension_list_, features);
}

// The rest is as the parent's.
void Device::describe_part(const std::vector<cl_device_partition_property>& partition) {
  info_.add(CL_DEVICE_MAX_COMPUTE_UNITS, cl_uint{description().cores});
  add_partitions(info_, description(), cl_handle(*parent_), partition);
}

}  // namespace kiesel::runtime
