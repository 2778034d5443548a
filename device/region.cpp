#include "device/device.hpp"

namespace kiesel::device {
namespace {

// A run of work-groups of one size along one dimension.
struct Run {
  std::uint64_t first_group, groups;
  std::uint32_t local;
};

std::vector<Run> runs_of(std::uint64_t global, std::uint32_t local) {
  const std::uint64_t whole = global / local;
  const auto rest = static_cast<std::uint32_t>(global % local);
  std::vector<Run> runs;
  if (whole || !rest) runs.push_back({0, whole, local});
  if (rest) runs.push_back({whole, 1, rest});
  return runs;
}

}  // namespace

Region whole_region(std::uint32_t work_dim, const std::array<std::uint64_t, 3>& offset,
                    const std::array<std::uint64_t, 3>& global, const std::array<std::uint32_t, 3>& local) {
  Region range;
  range.work_dim = work_dim;
  range.first_global_id = offset;
  range.local_size = range.enqueued_local_size = local;
  range.global_size = global;
  for (int d = 0; d < 3; ++d) range.groups[d] = range.num_groups[d] = global[d] / local[d];
  return range;
}

std::vector<Region> regions_of(std::uint32_t work_dim, const std::array<std::uint64_t, 3>& offset,
                               const std::array<std::uint64_t, 3>& global,
                               const std::array<std::uint32_t, 3>& local) {
  Region range = whole_region(work_dim, offset, global, local);
  for (int d = 0; d < 3; ++d) range.num_groups[d] += global[d] % local[d] != 0;
  std::vector<Region> regions{range};
  if (range.groups == range.num_groups) return regions;
  for (int d = 0; d < 3; ++d) {
    std::vector<Region> parts;
    for (const Run& run : runs_of(global[d], local[d]))
      for (Region part : regions) {
        part.first_global_id[d] = offset[d] + run.first_group * local[d];
        part.first_group[d] = run.first_group;
        part.groups[d] = run.groups;
        part.local_size[d] = run.local;
        parts.push_back(part);
      }
    regions = std::move(parts);
  }
  return regions;
}

}  // namespace kiesel::device
