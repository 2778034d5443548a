// What the compiler's tests share: one running compiler, and requests as a runtime sends them.
#pragma once

#include <string>
#include <string_view>

#include "compiler/client/client.hpp"
#include "compiler/program/program.hpp"

namespace kiesel::compiler::test {

inline constexpr const char* kExtensions =
    "__opencl_c_fp64 __opencl_c_int64 cl_khr_global_int32_base_atomics cl_khr_global_int32_extended_atomics cl_khr_local_int32_base_atomics "
    "cl_khr_local_int32_extended_atomics cl_khr_int64_base_atomics cl_khr_int64_extended_atomics "
    "cl_khr_byte_addressable_store cl_khr_fp64";

inline Client& compiler() {
  static Client client(KIESEL_TEST_COMPILER);
  return client;
}

inline Request make_request(std::string_view source, std::string_view options = {}) {
  Request request;
  request.source = source;
  request.options = options;
  request.extensions = kExtensions;
  return request;
}

inline Reply run(const Request& request, Client& client = compiler()) {
  auto reply = client.run(request);
  if (reply) return std::move(*reply);
  Reply failed;
  failed.log = "cannot run the compiler: " + reply.error().reason;
  return failed;
}

inline Reply build(std::string_view source, std::string_view options = {}) {
  return run(make_request(source, options));
}

}  // namespace kiesel::compiler::test
