// Samplers: how kernels read images. A kernel gets the bits (device/isa/image.hpp).
#pragma once

#include <CL/cl.h>

#include <cstdint>
#include <vector>

#include "runtime/core/context.hpp"
#include "runtime/core/object.hpp"

namespace kiesel::runtime {

class Sampler final : public Object {
 public:
  static constexpr Kind kKind = Kind::kSampler;
  static constexpr cl_int kInvalid = CL_INVALID_SAMPLER;
  using ClType = cl_sampler;

  struct Modes {
    cl_bool normalized = CL_TRUE;
    cl_addressing_mode addressing = CL_ADDRESS_CLAMP;
    cl_filter_mode filter = CL_FILTER_NEAREST;

    bool valid() const;
  };
  // `properties` with its final zero, or empty when the application gave no list.
  Sampler(Context& context, const Modes& modes, std::vector<cl_sampler_properties> properties)
      : context_(&context), modes_(modes), properties_(std::move(properties)) {}

  Object* parent() override { return context_.get(); }
  Context& context() const { return *context_; }
  const Modes& modes() const { return modes_; }
  const std::vector<cl_sampler_properties>& properties() const { return properties_; }
  std::uint64_t bits() const;

 private:
  ~Sampler() override = default;

  Ref<Context> context_;
  const Modes modes_;
  const std::vector<cl_sampler_properties> properties_;
};

}  // namespace kiesel::runtime
