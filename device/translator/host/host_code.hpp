// From an LLVM module to code of this host: one block of bytes that runs wherever it is put.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "device/translation/host_level.hpp"
#include "support/result.hpp"

namespace llvm {
class Module;
class TargetMachine;
}  // namespace llvm

namespace kiesel::translator {

using translation::HostLevel;

struct HostCode {
  std::vector<std::byte> bytes;        // position independent when it starts at a page
  std::vector<std::uint64_t> offsets;  // of the functions asked for, in their order
};

// The machine that code of a level is made for; it lives as long as the process. kUnsupported where LLVM
// cannot make code for this host.
Result<llvm::TargetMachine*> host_machine(HostLevel level);

// Optimises the module and makes its code. The module gets the machine's triple and data layout, and its
// functions become `nounwind`. kUnsupported, with the reason, for what cannot be one block that needs nothing
// else: calls of library functions, variables that are written, absolute addresses.
// Threads: one at a time.
Result<HostCode> make_host_code(std::unique_ptr<llvm::Module> module, HostLevel level,
                                const std::vector<std::string>& functions);

}  // namespace kiesel::translator
