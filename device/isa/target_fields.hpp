// A target's members in their order, for messages between processes.
#pragma once

#include "device/isa/target.hpp"
#include "support/archive.hpp"

namespace kiesel {

template <>
struct Fields<isa::Target> {
  static auto of(auto& value) {
    return std::tie(value.lanes, value.warps, value.local_memory_bytes
#define EXTENSION(member, ...) , value.member
#include "device/isa/extensions.def"
#undef EXTENSION
#define QUIRK(member, ...) , value.member
#include "device/isa/quirks.def"
#undef QUIRK
    );
  }
};

}  // namespace kiesel
