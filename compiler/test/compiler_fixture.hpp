// What the compiler's tests share: one running compiler, and requests as a runtime sends them.
#pragma once

#include <string>
#include <string_view>

#include "compiler/client/client.hpp"
#include "compiler/program/program.hpp"
#include "device/isa/language_features.hpp"

namespace kiesel::compiler::test {

// What a runtime asks for: all that the target has.
inline std::string features_of(const isa::Target& target) {
  std::string list;
  for (const auto& row : isa::language_features(target)) list.append(row.name).append(" ");
  return list;
}

// Lives until the process ends: a device may still wait for a translation then.
inline Client& compiler() {
  static Client& client = *new Client(KIESEL_TEST_COMPILER);
  return client;
}

inline Request make_request(std::string_view source, std::string_view options = {}) {
  Request request;
  request.source = source;
  request.options = options;
  request.extensions = features_of(request.target);
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
