#include "runtime/core/pipe.hpp"

#include <algorithm>

#include "device/isa/pipe.hpp"

namespace kiesel::runtime {

bool supports_pipes(const Context& context) {
  return std::any_of(context.devices().begin(), context.devices().end(),
                     [](const Ref<Device>& device) { return device->has("__opencl_c_pipes"); });
}

Outcome<Ref<Pipe>> Pipe::create(Context& context, cl_mem_flags flags, cl_uint packet_bytes,
                                cl_uint capacity) {
  const auto bytes = isa::pipe_bytes(packet_bytes, capacity);
  auto pipe = Ref<Pipe>::adopt(new Pipe(context, {.flags = flags, .size = bytes}, packet_bytes, capacity));
  const isa::PipeHeader header{.packet_bytes = packet_bytes, .capacity = capacity, .state = {}};
  KIESEL_CHECK(pipe->allocate(&header, flat_box(sizeof header)));
  return pipe;
}

}  // namespace kiesel::runtime
