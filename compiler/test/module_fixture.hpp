// Modules of SPIR-V as text, built and run on the device model.
#pragma once

#include "compiler/test/assemble.hpp"
#include "compiler/test/run_fixture.hpp"

namespace kiesel::compiler::test {

inline std::vector<std::byte> bytes_of(const Module& words) {
  const auto bytes = std::as_bytes(std::span(words));
  return {bytes.begin(), bytes.end()};
}

inline Request request_of(const std::vector<Module>& modules, Operation operation = Operation::kBuild) {
  auto request = make_request("");
  request.target = model().description().target;
  request.extensions = features_of(request.target);
  request.operation = operation;
  for (const auto& words : modules) request.inputs.push_back(bytes_of(words));
  return request;
}

inline Reply build_module(const Module& words) { return run(request_of({words})); }

using Numbers = std::vector<std::uint32_t>;

// What k makes of 0, 1, 2, 3.
inline Numbers results(const Reply& reply) {
  Loaded program(reply);
  Buffer<std::uint32_t> a({0, 1, 2, 3});
  check_ok(program.launch("k", {4, 1, 1}, {4, 1, 1}, a));
  return a.read();
}

inline Numbers results(const Text& text) { return results(build_module(assemble(text))); }

}  // namespace kiesel::compiler::test
