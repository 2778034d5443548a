// What enqueuing a kernel and recording one to a command-buffer share (calls_program.cpp).
#pragma once

#include "conformance/fuzz/api/fuzzer.hpp"

namespace kiesel::conformance::api::calls {

struct Sizes {
  cl_uint dimensions = 1;
  std::size_t offset[3]{}, global[3]{1, 1, 1}, local[3]{1, 1, 1};
  const std::size_t *local_pointer = nullptr, *offset_pointer = nullptr;
};
// Into `out`, because it points into itself.
void launch_sizes(Fuzzer& f, const Kernel& kernel, Sizes& out);
void spoil_sizes(Fuzzer& f, Sizes& sizes);
// What a launch must say about the kernel's arguments.
void check_arguments(Fuzzer& f, Queue& queue, const Kernel& kernel);

}  // namespace kiesel::conformance::api::calls
