// The work of commands on shared virtual memory.
#pragma once

#include "runtime/core/event.hpp"
#include "runtime/core/svm_table.hpp"

namespace kiesel::runtime {

// Bytes of an allocation, or of the host's own memory (no owner).
struct SvmRange {
  SvmUse owner;
  std::byte* begin = nullptr;
};
Event::Work svm_copy_work(const SvmRange& target, const SvmRange& source, std::size_t bytes);
Event::Work svm_fill_work(const SvmRange& target, std::size_t bytes, std::vector<std::byte> pattern);

}  // namespace kiesel::runtime
