// Pipes: a header and packets in device memory that only kernels read and write (device/isa/pipe.hpp).
#pragma once

#include "runtime/core/memory.hpp"

namespace kiesel::runtime {

struct PipeLimits {
  static constexpr cl_uint kArguments = 16, kReservations = 16, kPacketBytes = 1024;
};

class Pipe final : public MemoryObject {
 public:
  static constexpr Kind kKind = Kind::kPipe;

  static Outcome<Ref<Pipe>> create(Context& context, cl_mem_flags flags, cl_uint packet_bytes,
                                   cl_uint capacity);

  cl_mem_object_type type() const override { return CL_MEM_OBJECT_PIPE; }
  const char* label() const override { return "pipe"; }
  cl_uint packet_bytes() const { return packet_bytes_; }
  cl_uint capacity() const { return capacity_; }

 private:
  Pipe(Context& context, Description&& description, cl_uint packet_bytes, cl_uint capacity)
      : MemoryObject(context, nullptr, std::move(description)),
        packet_bytes_(packet_bytes),
        capacity_(capacity) {}
  ~Pipe() override = default;

  const cl_uint packet_bytes_, capacity_;
};

bool supports_pipes(const Context& context);

}  // namespace kiesel::runtime
