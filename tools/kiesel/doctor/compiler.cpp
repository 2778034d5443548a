#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>

#include "compiler/client/client.hpp"
#include "support/config.hpp"
#include "tools/kiesel/doctor/checks.hpp"

namespace kiesel::tools::doctor {
namespace {

constexpr unsigned kSeconds = 60;
constexpr const char* kReinstall = "install the package kiesel again, or set the option compiler to its path";
constexpr const char* kKernel = "kernel void twice(global int* data) { data[get_global_id(0)] *= 2; }";

Finding judge_build() {
  compiler::Client client(compiler::find_compiler());
  compiler::Request request;
  request.source = kKernel;
  request.build_seconds = static_cast<std::uint32_t>(config().build_seconds);
  request.build_mib = static_cast<std::uint32_t>(config().build_mib);
  const auto start = std::chrono::steady_clock::now();
  const auto reply = client.run(request);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  if (!reply) return error(reply.error().reason, kReinstall);
  if (reply->outcome != compiler::Outcome::kSuccess)
    return error(
        fmt::format("a small kernel does not build: {}", reply->log.substr(0, reply->log.find('\n'))),
        "raise the options build_mib and build_seconds if they are set, and the limits below");
  return ok(fmt::format("a small kernel in {:.0f} ms, with the compiler's start", took.count()));
}

// What the program prints when asked for its version.
Finding ask_version() {
  const auto program = compiler::find_compiler();
  int ends[2];
  if (::pipe(ends) != 0) return error(std::strerror(errno), "free some resources");
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::execl(program.c_str(), program.c_str(), "--version", nullptr);
    ::_exit(127);
  }
  ::close(ends[1]);
  std::string text(256, '\0');
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(::read(ends[0], text.data(), text.size()), 0)));
  text.resize(text.find_last_not_of('\n') + 1);
  const auto wanted = fmt::format("kiesel-compiler {}", KIESEL_VERSION);
  if (text.empty()) return error(fmt::format("{} does not start", program), kReinstall);
  if (text != wanted)
    return error(fmt::format("'{}', and this is kiesel {}", text, KIESEL_VERSION), kReinstall);
  return ok(text);
}

}  // namespace

Finding compiler_program() {
  const auto program = compiler::find_compiler();
  if (::access(program.c_str(), X_OK) == 0) return ok(program);
  return error(fmt::format("{}: {}", program, std::strerror(errno)), kReinstall);
}

Finding compiler_version() { return apart(ask_version, kSeconds); }
Finding build() { return apart(judge_build, kSeconds); }

}  // namespace kiesel::tools::doctor
