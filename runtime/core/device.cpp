#include "runtime/core/device.hpp"

#include <algorithm>

#include "device/isa/language_features.hpp"

namespace kiesel::runtime {

Device::Device(std::unique_ptr<device::Device> implementation)
    : root_(this), description_(implementation->description()) {
  renew(std::move(implementation));
}

Device::~Device() { delete implementation_.load(); }

Device::Device(Device& parent, device::Cores cores, std::vector<cl_device_partition_property> partition)
    : parent_(&parent),
      root_(&parent.root()),
      description_(parent.description_),
      cores_{parent.cores_.first + cores.first, cores.count},
      extension_list_(parent.extension_list_),
      compiler_features_(parent.compiler_features_),
      info_(parent.info_) {
  description_.cores = cores.count;
  describe_part(partition);
}

bool Device::has(std::string_view feature) const {
  const auto rows = isa::language_features(target());
  return std::any_of(rows.begin(), rows.end(),
                     [&](const isa::LanguageFeature& row) { return row.name == feature; });
}

}  // namespace kiesel::runtime
