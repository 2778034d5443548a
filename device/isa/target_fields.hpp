// A target's members in their order, for messages between processes.
#pragma once

#include "device/isa/target.hpp"
#include "support/archive.hpp"

namespace kiesel {

template <>
struct Fields<isa::Target> {
  static auto of(auto& value) {
    return std::tie(value.lanes, value.warps, value.local_memory_bytes, value.atomics, value.cas,
                    value.zicond, value.half, value.bitmanip, value.votes, value.full_last_mask,
                    value.mixed_access, value.wide_group, value.global_atomics);
  }
};

}  // namespace kiesel
