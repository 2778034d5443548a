#include "runtime/core/device.hpp"

#include <algorithm>

#include "device/isa/language_features.hpp"

namespace kiesel::runtime {

Device::Device(std::unique_ptr<device::Device> implementation) : implementation_(std::move(implementation)) {}

bool Device::has(std::string_view feature) const {
  const auto rows = isa::language_features(target());
  return std::any_of(rows.begin(), rows.end(),
                     [&](const isa::LanguageFeature& row) { return row.name == feature; });
}

}  // namespace kiesel::runtime
