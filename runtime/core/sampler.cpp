#include "runtime/core/sampler.hpp"

#include "device/isa/image.hpp"

namespace kiesel::runtime {
namespace {

struct AddressingRow {
  cl_addressing_mode mode;
  std::uint32_t bits;
};
constexpr AddressingRow kAddressing[] = {{CL_ADDRESS_NONE, isa::kSamplerAddressNone},
                                         {CL_ADDRESS_CLAMP_TO_EDGE, isa::kSamplerAddressClampToEdge},
                                         {CL_ADDRESS_CLAMP, isa::kSamplerAddressClamp},
                                         {CL_ADDRESS_REPEAT, isa::kSamplerAddressRepeat},
                                         {CL_ADDRESS_MIRRORED_REPEAT, isa::kSamplerAddressMirroredRepeat}};

const AddressingRow* find(cl_addressing_mode mode) {
  for (const auto& row : kAddressing)
    if (row.mode == mode) return &row;
  return nullptr;
}

}  // namespace

bool Sampler::Modes::valid() const {
  return normalized <= CL_TRUE && find(addressing) &&
         (filter == CL_FILTER_NEAREST || filter == CL_FILTER_LINEAR);
}

std::uint64_t Sampler::bits() const {
  return (modes_.normalized ? isa::kSamplerNormalized : 0) | find(modes_.addressing)->bits |
         (modes_.filter == CL_FILTER_LINEAR ? isa::kSamplerFilterLinear : isa::kSamplerFilterNearest);
}

}  // namespace kiesel::runtime
