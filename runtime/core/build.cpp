#include "runtime/core/build.hpp"

#include <filesystem>

#include "runtime/core/build_cache.hpp"
#include "runtime/core/platform.hpp"
#include "support/checked.hpp"
#include "support/config.hpp"
#include "support/log.hpp"

namespace kiesel::runtime {
namespace {

compiler::Request to_request(Device& device, const BuildOrder& order) {
  compiler::Request request;
  request.operation = order.operation;
  request.target = device.target();
  request.options = order.options;
  if (!order.source.empty() && !config().build_options.empty())
    request.options += " " + config().build_options;
  request.source = order.source;
  request.headers = order.headers;
  request.inputs = order.inputs;
  request.working_folder = order.working_folder;
  request.extensions = device.compiler_features();
  request.build_seconds = saturating_cast<std::uint32_t>(config().build_seconds);
  request.build_mib = saturating_cast<std::uint32_t>(config().build_mib);
  request.dump = config().dump;
  return request;
}

BuildResult accept(Device& device, compiler::Reply reply) {
  BuildResult result{reply.outcome, std::move(reply.log), {}};
  if (reply.outcome != compiler::Outcome::kSuccess) return result;
  auto executable = Executable::read(device, std::move(reply.binary));
  if (executable.ok()) {
    result.executable = *std::move(executable);
  } else {
    result.outcome = compiler::Outcome::kFailed;
    result.log +=
        "kiesel: the compiler's result is not a program binary: " + executable.error().reason + "\n";
  }
  return result;
}

}  // namespace

std::string current_folder() {
  std::error_code error;
  const auto folder = std::filesystem::current_path(error).string();
  return error ? "/" : folder;
}

BuildResult build(Device& device, const BuildOrder& order) {
  auto& platform = Platform::get();
  const auto request = to_request(device, order);
  const bool cached = config().cache && config().dump.empty();
  const std::string key = cached ? cache_key(request, platform.compiler_path()) : std::string();
  if (cached) {
    if (auto reply = find_cached(platform.cache(), key, request.working_folder)) {
      auto result = accept(device, *std::move(reply));
      if (result.executable) return result;
    }
  }
  auto reply = platform.compiler().run(request);
  if (!reply.ok()) {
    KIESEL_LOG(kCompiler, kError, "{}", reply.error().reason);
    return {compiler::Outcome::kFailed, "kiesel: " + reply.error().reason + "\n", {}};
  }
  if (cached && reply->outcome == compiler::Outcome::kSuccess)
    store_cached(platform.cache(), key, request.working_folder, *reply);
  return accept(device, *std::move(reply));
}

}  // namespace kiesel::runtime
