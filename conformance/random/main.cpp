// kiesel_random_kernels: random kernels on the device model with 1, 4, 8 and 32 lanes, against the same text
// compiled by the host's C compiler.
#include <fmt/format.h>
#include <stdlib.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>

#include "conformance/random/device_run.hpp"
#include "conformance/random/host_run.hpp"
#include "conformance/random/prelude.hpp"

namespace kiesel::conformance {
namespace {

constexpr std::uint32_t kLanes[] = {1, 4, 8, 32};

struct Options {
  unsigned count = 40;
  std::uint64_t seed = 1;
  unsigned batch = 10;  // kernels in one program
  std::string keep;     // folder for the texts of kernels that fail
  bool half = false;    // the device has cl_khr_fp16
  std::string dump;     // folder for the stages of every build
};

struct Tally {
  unsigned kernels = 0, runs = 0, failures = 0, programs = 0, made_again = 0;
};

Inputs make_inputs() {
  Inputs inputs;
  std::mt19937 random(5);
  for (std::uint32_t i = 0; i < kTableSize; ++i) {
    inputs.words.push_back(i % 3 == 0 ? random() % 10 : random());
    inputs.floats.push_back(static_cast<float>(random() % 4001) / 16.0f - 125.0f);
  }
  return inputs;
}

void keep(const Options& options, const RandomKernel& kernel) {
  if (options.keep.empty()) return;
  std::ofstream(options.keep + "/" + kernel.name + ".cl") << opencl_prelude() << kernel.text;
}

std::string first_difference(const std::vector<std::uint32_t>& right, const std::vector<std::uint32_t>& got) {
  for (std::size_t i = 0; i < right.size(); ++i)
    if (got[i] != right[i])
      return fmt::format("work-item {} output {}: {:#x}, the host has {:#x}", i / kOutputsPerItem,
                         i % kOutputsPerItem, got[i], right[i]);
  return {};
}

void report(const Options& options, Tally& tally, const RandomKernel& kernel, std::uint32_t lanes,
            const std::string& what) {
  ++tally.failures;
  keep(options, kernel);
  fmt::print("{} (group of {}, n = {}) with {} lanes: {}\n", kernel.name, kernel.group_size, kernel.n, lanes,
             what);
}

void run_on_device(const Options& options, const std::vector<RandomKernel>& kernels, const Inputs& inputs,
                   const std::vector<std::vector<std::uint32_t>>& right, std::uint32_t lanes,
                   compiler::Client& compiler, Tally& tally) {
  auto device = make_model(lanes, compiler);
  if (!device) return report(options, tally, kernels[0], lanes, device.error().reason);
  auto program = DeviceProgram::build(**device, compiler, kernels, options.dump);
  if (!program) return report(options, tally, kernels[0], lanes, "build: " + program.error().reason);
  ++tally.programs;
  tally.made_again += (*program)->made_again();
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    const auto got = (*program)->run(kernels[i], inputs);
    ++tally.runs;
    if (!got)
      report(options, tally, kernels[i], lanes, got.error().reason);
    else if (const auto difference = first_difference(right[i], *got); !difference.empty())
      report(options, tally, kernels[i], lanes, difference);
  }
}

Status run_batch(const Options& options, unsigned first, unsigned count, const std::string& folder,
                 compiler::Client& compiler, Tally& tally) {
  std::vector<RandomKernel> kernels;
  for (unsigned i = first; i < first + count; ++i)
    kernels.push_back(Generator(options.seed + i, options.half).make("k" + std::to_string(options.seed + i)));
  const Inputs inputs = make_inputs();
  const auto host = HostProgram::build(kernels, folder);
  if (!host) return host.error();
  std::vector<std::vector<std::uint32_t>> right;
  for (const RandomKernel& kernel : kernels) right.push_back(host->run(kernel, inputs));
  tally.kernels += count;
  for (const std::uint32_t lanes : kLanes)
    run_on_device(options, kernels, inputs, right, lanes, compiler, tally);
  return {};
}

int run(const Options& options) {
  std::string folder = (std::filesystem::temp_directory_path() / "kiesel-random-XXXXXX").string();
  if (!mkdtemp(folder.data())) return fmt::print(stderr, "cannot make a temporary folder\n"), 2;
  // Lives until the process ends: a device that has gone may still wait for a translation.
  auto& compiler = *new compiler::Client(compiler::find_compiler());
  Tally tally;
  int outcome = 0;
  for (unsigned done = 0; done < options.count && outcome == 0; done += options.batch) {
    const unsigned count = std::min(options.batch, options.count - done);
    if (const auto status = run_batch(options, done, count, folder, compiler, tally); !status) {
      fmt::print(stderr, "{}\n", status.error().reason);
      outcome = 2;
    }
  }
  if (outcome == 0) std::filesystem::remove_all(folder);
  fmt::print("{} kernels, {} runs, {} failures; {} of {} programs have functions with every branch guarded\n",
             tally.kernels, tally.runs, tally.failures, tally.made_again, tally.programs);
  return outcome ? outcome : tally.failures != 0;
}

}  // namespace
}  // namespace kiesel::conformance

int main(int argc, char** argv) {
  kiesel::conformance::Options options;
  CLI::App app{"Random kernels on the device model against the host"};
  app.add_option("--count", options.count, "Kernels to make")->capture_default_str();
  app.add_option("--seed", options.seed, "Of the first kernel; each next one has the next")
      ->capture_default_str();
  app.add_option("--batch", options.batch, "Kernels in one program")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--keep", options.keep, "Folder for kernels that fail")->check(CLI::ExistingDirectory);
  app.add_flag("--half", options.half, "Arithmetic in half precision too");
  app.add_option("--dump", options.dump, "Folder for the stages of every build")
      ->check(CLI::ExistingDirectory);
  CLI11_PARSE(app, argc, argv);
  return kiesel::conformance::run(options);
}
