// kiesel_fuzz: damaged SPIR-V modules and OpenCL C sources, built as the library builds them. Each must end
// with a program that reads back, or with an error and a log; a build that runs into its time limit, a log
// without a word or a client that cannot go on is a failure. A compiler process that dies is a failed build
// for the application, and counted by what it said last. Also random calls of the API (api/), and damaged
// program binaries (binary/).
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "compiler/client/client.hpp"
#include "compiler/il/requirements.hpp"
#include "compiler/program/program.hpp"
#include "conformance/fuzz/api/run.hpp"
#include "conformance/fuzz/binary/run.hpp"
#include "conformance/fuzz/binary/worker.hpp"
#include "conformance/fuzz/corpus.hpp"
#include "conformance/fuzz/mutate.hpp"
#include "conformance/interruption.hpp"
#include "support/file.hpp"

namespace kiesel::conformance {
namespace {

using compiler::Outcome;

struct Options {
  std::string kind = "spirv";
  unsigned count = 1000, jobs = std::max(1U, std::thread::hardware_concurrency()), seconds = 20;
  std::uint64_t seed = 1;
  std::string keep;
};

struct Sample {
  std::string name, text, options;
  Module words;
};

struct Tally {
  std::mutex mutex;
  std::map<std::string, unsigned> outcomes, deaths;
  unsigned builds = 0, failures = 0;
  Undone undone;
};

compiler::Request make_request(const Options& options, const std::string& build_options) {
  auto request = corpus_request(build_options);
  request.build_seconds = options.seconds;
  return request;
}

// The sources of the corpus, and the modules that they become.
std::vector<Sample> read_corpus(compiler::Client& client, const Options& options) {
  std::vector<Sample> corpus;
  for (auto& source : corpus_sources()) {
    Sample sample{std::move(source.name), std::move(source.text), std::move(source.options), {}};
    auto request = make_request(options, sample.options);
    request.operation = compiler::Operation::kCompile;
    request.source = sample.text;
    const auto reply = client.run(request);
    if (!reply || reply->outcome != Outcome::kSuccess) {
      fmt::print(stderr, "{} does not compile: {}\n", sample.name, reply ? reply->log : reply.error().reason);
      continue;
    }
    if (auto words = compiler::read_spirv(reply->binary)) sample.words = std::move(*words);
    corpus.push_back(std::move(sample));
  }
  return corpus;
}

// What became of one build; `failure` when that must not be.
struct Judgement {
  std::string outcome, death;
  bool failure = false;
};

Judgement judge(const Result<compiler::Reply>& reply) {
  if (!reply) return {"the client gave up: " + reply.error().reason, {}, true};
  if (reply->outcome == Outcome::kSuccess) {
    if (const auto program = compiler::read_program(reply->binary); !program)
      return {"a program that does not read back", {}, true};
    return {"built", {}, false};
  }
  if (reply->log.empty()) return {"an error without a word", {}, true};
  if (reply->log.find("build was stopped: it took longer") != std::string::npos)
    return {"out of time", {}, true};
  if (reply->log.find("build was stopped") != std::string::npos) return {"out of memory", {}, false};
  if (reply->log.find("the compiler crashed") != std::string::npos ||
      reply->log.find("the compiler stopped") != std::string::npos)
    return {"the compiler's process died", reply->log, false};
  if (reply->outcome == Outcome::kInvalidInput) return {"not a valid module", {}, false};
  return {"build error", {}, false};
}

Judgement build_module(compiler::Client& client, const Options& options, const Module& words) {
  const auto bytes = std::as_bytes(std::span(words));
  if (const auto read = compiler::read_words(bytes); !read) return {"rejected at creation", {}, false};
  auto request = make_request(options, "");
  request.inputs.emplace_back(bytes.begin(), bytes.end());
  return judge(client.run(request));
}

Judgement build_source(compiler::Client& client, const Options& options, const Sample& sample,
                       const std::string& text) {
  auto request = make_request(options, sample.options);
  request.source = text;
  return judge(client.run(request));
}

void keep(const Options& options, std::uint64_t number, const std::string& name,
          std::span<const std::byte> bytes, const Judgement& judgement) {
  if (options.keep.empty() || (!judgement.failure && judgement.death.empty())) return;
  const auto path =
      fmt::format("{}/{}-{}.{}", options.keep, name, number, options.kind == "spirv" ? "spv" : "cl");
  static_cast<void>(write_file_atomically(path, bytes));
}

void count(Tally& tally, std::uint64_t number, const std::string& name, const Judgement& judgement) {
  // The compiler may have got the signal, too.
  if (interrupted()) return tally.undone.add(number);
  std::lock_guard lock(tally.mutex);
  ++tally.builds;
  ++tally.outcomes[judgement.outcome];
  if (!judgement.death.empty()) ++tally.deaths[judgement.death.substr(0, 400)];
  if (!judgement.failure) return;
  ++tally.failures;
  fmt::print("{} with seed {}: {}\n", name, number, judgement.outcome);
}

void run_one(compiler::Client& client, const Options& options, const std::vector<Sample>& corpus,
             std::uint64_t number, Tally& tally) {
  Random random(number);
  const auto& sample = corpus[random() % corpus.size()];
  Judgement judgement;
  if (options.kind == "spirv") {
    const auto words = mutate_module(sample.words, corpus[random() % corpus.size()].words, random);
    judgement = build_module(client, options, words);
    keep(options, number, sample.name, std::as_bytes(std::span(words)), judgement);
  } else {
    const auto text = mutate_source(sample.text, random);
    judgement = build_source(client, options, sample, text);
    keep(options, number, sample.name, std::as_bytes(std::span(text)), judgement);
  }
  count(tally, number, sample.name, judgement);
}

int run(const Options& options) {
  compiler::Client client(compiler::find_compiler());
  const auto corpus = read_corpus(client, options);
  if (corpus.empty()) return fmt::print(stderr, "nothing to damage in {}\n", KIESEL_FUZZ_CORPUS), 2;
  Tally tally;
  std::atomic<unsigned> next = 0;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < options.jobs; ++i)
    threads.emplace_back([&] {
      unsigned index = next++;
      for (; index < options.count && !interrupted(); index = next++)
        run_one(client, options, corpus, options.seed + index, tally);
      if (index < options.count) tally.undone.add(options.seed + index);
    });
  for (auto& thread : threads) thread.join();
  for (const auto& [outcome, number] : tally.outcomes) fmt::print("{:8} {}\n", number, outcome);
  for (const auto& [death, number] : tally.deaths) fmt::print("{:8} x {}\n", number, death);
  fmt::print("{} builds, {} failures\n", tally.builds, tally.failures);
  tally.undone.tell();
  return tally.failures != 0;
}

}  // namespace
}  // namespace kiesel::conformance

int main(int argc, char** argv) {
  namespace conformance = kiesel::conformance;
  conformance::Options options;
  conformance::binary::WorkerOptions worker;
  CLI::App app{"Damaged programs and random calls: everything must end with a result or an error"};
  unsigned threads = 1;
  std::string driver = KIESEL_FUZZ_DRIVER, engine = "both";
  app.add_option("kind", options.kind, "What to damage, or api: random calls of the API")
      ->check(CLI::IsMember({"spirv", "source", "binary", "api", "binary-worker"}))
      ->capture_default_str();
  app.add_option("--count", options.count, "Programs to build or load, or calls")->capture_default_str();
  app.add_option("--seed", options.seed, "Of the first; each next one has the next")->capture_default_str();
  app.add_option("--jobs", options.jobs, "Builds or processes at a time")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "Time after which a build or a binary hangs")
      ->capture_default_str();
  app.add_option("--keep", options.keep, "Folder for what fails or kills the compiler")
      ->check(CLI::ExistingDirectory);
  app.add_option("--threads", threads, "api: threads that call")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--driver", driver, "api, binary: the driver's library")->check(CLI::ExistingFile);
  app.add_option("--engine", engine, "binary: what runs kernels; each of both gets half")
      ->check(CLI::IsMember({"interpreter", "translator", "both"}))
      ->capture_default_str();
  app.add_option("--folder", worker.folder)->group("");
  app.add_option("--first", worker.first)->group("");
  app.add_option("--report", worker.report)->group("");
  CLI11_PARSE(app, argc, argv);
  if (options.kind != "binary-worker") conformance::note_interruptions();
  if (options.kind == "api") return conformance::api::run({driver, options.count, options.seed, threads});
  if (options.kind == "binary")
    return conformance::binary::run(
        {driver, options.keep, engine, options.count, options.seed, options.jobs, options.seconds});
  if (options.kind == "binary-worker") {
    worker.driver = driver;
    worker.count = options.count;
    return conformance::binary::work(worker);
  }
  return conformance::run(options);
}
