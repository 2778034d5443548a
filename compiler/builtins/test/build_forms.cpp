#include "compiler/builtins/test/build_forms.hpp"

#include <atomic>
#include <future>
#include <span>
#include <thread>

#include "compiler/client/client.hpp"
#include "device/isa/language_features.hpp"

namespace kiesel::compiler::builtins::test {
namespace {

constexpr std::size_t kPiecesPerBuild = 64;
constexpr std::size_t kEnough = 5;  // failures to tell of

Client& compiler() {
  static Client& client = *new Client(KIESEL_TEST_COMPILER);
  return client;
}

std::string source_of(std::span<const std::string> pieces) {
  std::string source = "#ifdef cl_khr_fp16\n#pragma OPENCL EXTENSION cl_khr_fp16 : enable\n#endif\n";
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    std::string piece = pieces[i];
    piece.replace(piece.find("KERNEL"), 6, "k" + std::to_string(i));
    source += piece;
  }
  return source;
}

// What the compiler says, or nothing when it builds.
std::string failure(std::span<const std::string> pieces, const isa::Target& target) {
  Request request;
  request.target = target;
  request.source = source_of(pieces);
  request.options = "-cl-std=CL3.0 -w";
  for (const auto& feature : isa::language_features(target))
    request.extensions.append(feature.name).append(" ");
  auto reply = compiler().run(request);
  if (!reply) return reply.error().reason;
  return reply->outcome == Outcome::kSuccess ? "" : "does not build: " + reply->log;
}

std::string failures_of(std::span<const std::string> pieces, const isa::Target& target) {
  if (failure(pieces, target).empty()) return {};
  std::string told;
  for (std::size_t i = 0, count = 0; i < pieces.size() && count < kEnough; ++i) {
    const std::string log = failure(pieces.subspan(i, 1), target);
    if (log.empty()) continue;
    told += pieces[i] + log + "\n";
    ++count;
  }
  return told.empty() ? "each builds alone, not all of\n" + source_of(pieces) : told;
}

}  // namespace

const std::vector<NamedTarget>& build_targets() {
  static const std::vector<NamedTarget> targets = [] {
    isa::Target plain;
    plain.atomics = plain.cas = plain.zicond = plain.half = plain.bitmanip = plain.votes = false;
    return std::vector<NamedTarget>{{"with all extensions", {}}, {"without extensions", plain}};
  }();
  return targets;
}

std::string build_failures(const std::vector<std::string>& pieces, const isa::Target& target) {
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    std::string told;
    for (std::size_t first; (first = next.fetch_add(kPiecesPerBuild)) < pieces.size();)
      told += failures_of(std::span(pieces).subspan(first, std::min(kPiecesPerBuild, pieces.size() - first)),
                          target);
    return told;
  };
  std::vector<std::future<std::string>> workers;
  for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i)
    workers.push_back(std::async(std::launch::async, work));
  std::string all;
  for (auto& worker : workers) all += worker.get();
  return all;
}

std::vector<std::string> every(std::size_t step, std::size_t first, const std::vector<std::string>& pieces) {
  std::vector<std::string> some;
  for (std::size_t i = first; i < pieces.size(); i += step) some.push_back(pieces[i]);
  return some;
}

}  // namespace kiesel::compiler::builtins::test
