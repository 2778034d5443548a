// Where a program lies on a device.
#pragma once

#include "device/device.hpp"
#include "device/isa/program_image.hpp"
#include "support/elf.hpp"

namespace kiesel {

// The address that its file calls 0, told by any of its symbols.
inline Result<device::Address> program_base(const device::Device& device, device::ModuleId module,
                                            const ElfView& file) {
  for (const auto& symbol : file.symbols())
    if (isa::is_placed(symbol) && symbol.binding != STB_LOCAL)
      if (const auto address = device.symbol(module, symbol.name)) return *address - symbol.value;
  return Error{Errc::kNotFound, "a program without symbols"};
}

}  // namespace kiesel
