#include "device/launch.hpp"

#include <fmt/format.h>

namespace kiesel::device {
namespace {

Status check_region(const Launch& launch, const isa::Target& target) {
  const Region& region = launch.region;
  std::uint64_t group_size = 1;
  for (int d = 0; d < 3; ++d) {
    if (region.local_size[d] == 0) return invalid_launch(launch, "a local size of 0");
    if (region.num_groups[d] >> 32)
      return invalid_launch(launch, "more than 2^32 - 1 work-groups in a dimension");
    if (region.first_group[d] > region.num_groups[d] ||
        region.groups[d] > region.num_groups[d] - region.first_group[d])
      return invalid_launch(launch,
                            fmt::format("work-groups {} to {} of {} in dimension {}", region.first_group[d],
                                        region.first_group[d] + region.groups[d], region.num_groups[d], d));
    group_size *= region.local_size[d];
    if (group_size > target.max_work_group_size())
      return invalid_launch(
          launch, fmt::format("work-groups have more than {} work-items", target.max_work_group_size()));
  }
  const auto& groups = region.groups;
  if (static_cast<unsigned __int128>(groups[0]) * groups[1] * groups[2] >> 62)
    return invalid_launch(launch, "too many work-groups");
  return {};
}

Status check_cores(const Launch& launch, std::uint32_t cores, bool core_ranges) {
  const Cores& wanted = launch.cores;
  if (wanted.count && (wanted.first >= cores || wanted.count > cores - wanted.first))
    return invalid_launch(launch, fmt::format("cores {} to {} of {}", wanted.first,
                                              std::uint64_t{wanted.first} + wanted.count, cores));
  if (wanted.count && wanted.count < cores && !core_ranges)
    return invalid_launch(launch, "this device cannot keep launches on some of its cores");
  return {};
}

}  // namespace

Error invalid_launch(const Launch& launch, std::string reason) {
  return {Errc::kInvalidArgument, fmt::format("kernel '{}': {}", launch.kernel, reason)};
}

Status check_launch(const Launch& launch, const LaunchLimits& limits) {
  if (auto valid = check_region(launch, limits.target); !valid) return valid;
  if (auto valid = check_cores(launch, limits.cores, limits.core_ranges); !valid) return valid;
  if (launch.local_memory_bytes > limits.target.local_memory_bytes)
    return invalid_launch(launch, fmt::format("it needs {} bytes of local memory of {}",
                                              launch.local_memory_bytes, limits.target.local_memory_bytes));
  if (launch.private_memory_bytes > limits.private_memory_bytes)
    return invalid_launch(launch, fmt::format("it needs {} bytes of private memory of {}",
                                              launch.private_memory_bytes, limits.private_memory_bytes));
  return {};
}

isa::LaunchHeader launch_header(const Launch& launch) {
  isa::LaunchHeader header{};
  const Region& region = launch.region;
  for (int d = 0; d < 3; ++d) {
    header.first_global_id[d] = region.first_global_id[d];
    header.global_size[d] = region.global_size[d];
    header.first_group[d] = static_cast<std::uint32_t>(region.first_group[d]);
    header.num_groups[d] = static_cast<std::uint32_t>(region.num_groups[d]);
    header.enqueued_local_size[d] = region.enqueued_local_size[d];
  }
  header.work_dim = region.work_dim;
  header.printf_buffer = launch.printf_buffer;
  return header;
}

}  // namespace kiesel::device
