// kiesel_random_kernels: random kernels on device models with warps of several sizes, against the same text
// compiled by the host's C compiler.
#include <fmt/format.h>
#include <stdlib.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "conformance/interruption.hpp"
#include "conformance/random/device_run.hpp"
#include "conformance/random/host_run.hpp"
#include "conformance/random/mutants.hpp"
#include "conformance/random/opencl_run.hpp"
#include "conformance/random/prelude.hpp"

namespace kiesel::conformance {
namespace {

struct Options {
  unsigned count = 40;
  std::uint64_t seed = 1;
  unsigned batch = 10;   // kernels in one program
  std::string keep;      // folder for the texts of kernels that fail
  bool half = false;     // the device has cl_khr_fp16
  std::string dump;      // folder for the stages of every build
  bool opencl = false;   // also on the loader's device
  unsigned mutants = 0;  // programs with a wrong mask, of each program
  std::vector<std::uint32_t> lanes{1, 4, 8, 32};
  std::uint32_t sub_group_size = 0;  // that the kernels require
  std::vector<std::string> devices;  // built-in shapes or TOML files, instead
  unsigned statements = 100;
  // Programs at a time.
  unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
};

struct Tally {
  unsigned kernels = 0, runs = 0, failures = 0, programs = 0, made_again = 0;
  unsigned opencl_runs = 0, opencl_failures = 0, opencl_too_large = 0;
  std::string opencl_device;
  unsigned mutants = 0, faults = 0, wrong_results = 0;  // mutants that the device, that the results gave away

  void add(const Tally& other) {
    kernels += other.kernels, runs += other.runs, failures += other.failures;
    programs += other.programs, made_again += other.made_again;
    opencl_runs += other.opencl_runs, opencl_failures += other.opencl_failures;
    opencl_too_large += other.opencl_too_large;
    if (!other.opencl_device.empty()) opencl_device = other.opencl_device;
    mutants += other.mutants, faults += other.faults, wrong_results += other.wrong_results;
  }
};

// What builtins have special cases for.
constexpr std::uint32_t kEnds[] = {0,      0x80000000, 0x7fffffff, 0xffffffff, 0x80,    0x7f,
                                   0x8000, 0xffff,     0xffffff80, 0x7fffff,   1u << 23};

Inputs make_inputs() {
  Inputs inputs;
  std::mt19937 random(5);
  for (std::uint32_t i = 0; i < kTableSize; ++i) {
    inputs.words.push_back(i % 5 == 4   ? kEnds[i / 5 % std::size(kEnds)]
                           : i % 3 == 0 ? random() % 10
                                        : random());
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

// A device to run on, by the name that a failure has.
struct Machine {
  std::string name;
  isa::Target target;
};

Result<std::vector<Machine>> machines_of(const Options& options) {
  std::vector<Machine> machines;
  for (const std::string& name : options.devices) {
    const auto target = target_of_shape(name);
    if (!target) return target.error();
    machines.push_back({name, *target});
  }
  if (!machines.empty()) return machines;
  for (const std::uint32_t lanes : options.lanes)
    machines.push_back({fmt::format("{} lanes", lanes), target_of_lanes(lanes)});
  return machines;
}

void report(const Options& options, Tally& tally, const RandomKernel& kernel, const Machine& machine,
            const std::string& what) {
  ++tally.failures;
  keep(options, kernel);
  fmt::print("{} (group of {}, n = {}) with {}: {}\n", kernel.name, kernel.group_size, kernel.n, machine.name,
             what);
}

// The interpreter runs the same binary: what was executed must be the same, too.
class Interpreter {
 public:
  Interpreter(const isa::Target& target, compiler::Client& compiler, const std::vector<std::byte>& binary) {
    if (!translates()) return;
    if (auto device = make_interpreter(target, compiler)) device_ = std::move(*device);
    if (!device_) return;
    if (auto program = DeviceProgram::load(*device_, binary)) program_ = std::move(*program);
  }
  // What differs from the run on `device`, or nothing.
  std::string difference(const RandomKernel& kernel, const Inputs& inputs,
                         const std::vector<std::uint32_t>& got, const device::Device& device) {
    if (!translates()) return {};
    if (!program_) return "there is no interpreter to compare with";
    const auto interpreted = program_->run(kernel, inputs);
    if (!interpreted) return "the interpreter: " + interpreted.error().reason;
    if (*interpreted != got) return "the interpreter computes other results";
    const Executed here = executed_by(device), there = executed_by(*device_);
    if (here == there) return {};
    return fmt::format("{} instructions, {} lane-instructions so far, the interpreter has {}, {}",
                       here.instructions, here.lane_instructions, there.instructions,
                       there.lane_instructions);
  }

 private:
  std::unique_ptr<device::Device> device_;
  std::unique_ptr<DeviceProgram> program_;
};

void run_on_device(const Options& options, const std::vector<RandomKernel>& kernels, const Inputs& inputs,
                   const std::vector<std::vector<std::uint32_t>>& right, const Machine& machine,
                   compiler::Client& compiler, Tally& tally) {
  auto device = make_model(machine.target, compiler);
  if (!device) return report(options, tally, kernels[0], machine, device.error().reason);
  auto program = DeviceProgram::build(**device, compiler, kernels, options.sub_group_size, options.dump);
  if (!program) return report(options, tally, kernels[0], machine, "build: " + program.error().reason);
  ++tally.programs;
  tally.made_again += (*program)->made_again();
  Interpreter interpreter(machine.target, compiler, (*program)->binary());
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    const auto got = (*program)->run(kernels[i], inputs);
    ++tally.runs;
    if (!got)
      report(options, tally, kernels[i], machine, got.error().reason);
    else if (const auto difference = first_difference(right[i], *got); !difference.empty())
      report(options, tally, kernels[i], machine, difference);
    else if (const auto other = interpreter.difference(kernels[i], inputs, *got, **device); !other.empty())
      report(options, tally, kernels[i], machine, other);
  }
}

// What the loader's device thinks. Its failures are told and counted apart: it may be wrong, and where it
// agrees with the host the two are two witnesses.
void run_on_opencl(const std::vector<RandomKernel>& kernels, const Inputs& inputs,
                   const std::vector<std::vector<std::uint32_t>>& right, Tally& tally) {
  const auto told = [&](const RandomKernel& kernel, const std::string& what) {
    ++tally.opencl_failures;
    fmt::print("{} on the loader's device: {}\n", kernel.name, what);
  };
  const auto program = OpenClProgram::build(kernels);
  if (!program) return told(kernels[0], program.error().reason);
  tally.opencl_device = (*program)->device_name();
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    const auto got = (*program)->run(kernels[i], inputs);
    if (!got && got.error().code == Errc::kUnsupported) {
      ++tally.opencl_too_large;
      continue;
    }
    ++tally.opencl_runs;
    if (!got)
      told(kernels[i], got.error().reason);
    else if (const auto difference = first_difference(right[i], *got); !difference.empty())
      told(kernels[i], difference);
  }
}

isa::Target mutant_target() { return target_of_lanes(32); }
constexpr std::uint64_t kMutantSeconds = 5;  // without its mask a loop may never end

enum class Seen { kNot, kByDevice, kByResults };

// The kernels one after the other until one gives the program away.
Result<Seen> look_at(const std::vector<std::byte>& binary, const std::vector<RandomKernel>& kernels,
                     const Inputs& inputs, const std::vector<std::vector<std::uint32_t>>& right,
                     compiler::Client& compiler) {
  const auto device = make_model(mutant_target(), compiler, kMutantSeconds);
  if (!device) return device.error();
  const auto program = DeviceProgram::load(**device, binary);
  if (!program) return program.error();
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    const auto got = (*program)->run(kernels[i], inputs);
    if (!got) return Seen::kByDevice;
    if (*got != right[i]) return Seen::kByResults;
  }
  return Seen::kNot;
}

Status run_mutants(const Options& options, std::uint64_t seed, const std::vector<RandomKernel>& kernels,
                   const Inputs& inputs, const std::vector<std::vector<std::uint32_t>>& right,
                   compiler::Client& compiler, Tally& tally) {
  const auto device = make_model(mutant_target(), compiler);
  if (!device) return device.error();
  const auto program =
      DeviceProgram::build(**device, compiler, kernels, options.sub_group_size, options.dump);
  if (!program) return program.error();
  const auto& binary = (*program)->binary();
  auto places = mask_operations(binary);
  std::mt19937_64 random(seed);
  std::ranges::shuffle(places, random);
  unsigned made = 0;
  for (const auto place : places) {
    if (made == options.mutants) break;
    // Most stand in code that no lane runs through.
    const auto reached = look_at(with_trap(binary, place), kernels, inputs, right, compiler);
    if (!reached) return reached.error();
    if (*reached == Seen::kNot) continue;
    const auto seen = look_at(make_mutant(binary, place, random), kernels, inputs, right, compiler);
    if (!seen) return seen.error();
    ++made;
    ++tally.mutants;
    tally.faults += *seen == Seen::kByDevice;
    tally.wrong_results += *seen == Seen::kByResults;
  }
  return {};
}

Status run_batch(const Options& options, unsigned first, unsigned count, const std::string& folder,
                 const std::vector<Machine>& machines, compiler::Client& compiler, Tally& tally) {
  std::vector<RandomKernel> kernels;
  for (unsigned i = first; i < first + count; ++i)
    kernels.push_back(Generator(options.seed + i, options.half, options.statements)
                          .make("k" + std::to_string(options.seed + i)));
  const Inputs inputs = make_inputs();
  std::filesystem::create_directory(folder);
  const auto host = HostProgram::build(kernels, folder);
  if (!host) return host.error();
  std::vector<std::vector<std::uint32_t>> right;
  for (const RandomKernel& kernel : kernels) right.push_back(host->run(kernel, inputs));
  tally.kernels += count;
  for (const Machine& machine : machines)
    run_on_device(options, kernels, inputs, right, machine, compiler, tally);
  if (options.opencl) run_on_opencl(kernels, inputs, right, tally);
  if (!options.mutants) return {};
  return run_mutants(options, options.seed + first, kernels, inputs, right, compiler, tally);
}

// The batches, as many at a time as there are jobs. The first one that cannot be run is the last.
Result<Tally> run_batches(const Options& options, const std::string& folder, compiler::Client& compiler,
                          Undone& undone) {
  const auto machines = machines_of(options);
  if (!machines) return machines.error();
  std::atomic<unsigned> next = 0;
  std::mutex mutex;
  Tally all;
  Status outcome;
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < options.jobs; ++i)
    threads.emplace_back([&] {
      for (unsigned first; (first = next.fetch_add(options.batch)) < options.count;) {
        if (interrupted()) return undone.add(options.seed + first);
        Tally tally;
        const auto status = run_batch(options, first, std::min(options.batch, options.count - first),
                                      folder + "/" + std::to_string(first), *machines, compiler, tally);
        if (interrupted())
          return undone.add(options.seed + first);  // what it calls may have got the signal, too
        const std::lock_guard lock(mutex);
        all.add(tally);
        if (status) continue;
        outcome = status;
        next = options.count;
      }
    });
  threads.clear();
  if (!outcome) return outcome.error();
  return all;
}

// Many masks stand where all lanes that come by agree, and joins do nothing there. If results never told, the
// kernels would see nothing but what the device sees by itself.
bool see_mutants(const Tally& tally) {
  fmt::print(
      "{} programs with one split, join or pred wrong: {} give wrong results, {} end with a fault, {} "
      "unnoticed\n",
      tally.mutants, tally.wrong_results, tally.faults, tally.mutants - tally.wrong_results - tally.faults);
  return tally.wrong_results > 0 && 5 * (tally.wrong_results + tally.faults) >= tally.mutants;
}

int run(const Options& options) {
  std::string folder = (std::filesystem::temp_directory_path() / "kiesel-random-XXXXXX").string();
  if (!mkdtemp(folder.data())) return fmt::print(stderr, "cannot make a temporary folder\n"), 2;
  // Lives until the process ends: a device that has gone may still wait for a translation.
  auto& compiler = *new compiler::Client(compiler::find_compiler());
  Undone undone;
  const auto done = run_batches(options, folder, compiler, undone);
  if (!done) return fmt::print(stderr, "{}\n", done.error().reason), 2;
  std::filesystem::remove_all(folder);
  const Tally& tally = *done;
  fmt::print("{} kernels, {} runs, {} failures; {} of {} programs have functions with every branch guarded\n",
             tally.kernels, tally.runs, tally.failures, tally.made_again, tally.programs);
  if (options.opencl)
    fmt::print("{} runs on {}: {} failures; {} have larger work-groups than it\n", tally.opencl_runs,
               tally.opencl_device, tally.opencl_failures, tally.opencl_too_large);
  undone.tell();
  const bool seen = !options.mutants || see_mutants(tally);
  return tally.failures != 0 || !seen;
}

}  // namespace
}  // namespace kiesel::conformance

int main(int argc, char** argv) {
  kiesel::conformance::Options options;
  CLI::App app{"Random kernels on the device model against the host"};
  app.add_option("--count", options.count, "Kernels to make")->capture_default_str();
  app.add_option("--seed", options.seed, "Of the first kernel; each next one has the next")
      ->capture_default_str();
  app.add_option("--lanes", options.lanes, "Lanes of a warp, one run for each")->capture_default_str();
  app.add_option("--sub-group-size", options.sub_group_size,
                 "What the kernels require; all of the devices must have it");
  app.add_option("--device", options.devices,
                 "Built-in shapes of the model or TOML files instead, one run for each; groups have up to 64 "
                 "work-items");
  app.add_option("--statements", options.statements, "Of a kernel at most, for small ones")
      ->capture_default_str();
  app.add_option("--batch", options.batch, "Kernels in one program")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--jobs", options.jobs, "Programs at a time; the host's processors when not given")
      ->check(CLI::PositiveNumber);
  app.add_option("--keep", options.keep, "Folder for kernels that fail")->check(CLI::ExistingDirectory);
  app.add_flag("--half", options.half, "Arithmetic in half precision too");
  app.add_option("--dump", options.dump, "Folder for the stages of every build")
      ->check(CLI::ExistingDirectory);
  app.add_flag("--opencl", options.opencl,
               "Also on the first device of the OpenCL loader, whose failures do not count");
  app.add_option("--mutants", options.mutants,
                 "Also run each program so many times with one of its mask instructions wrong: a fifth "
                 "must be noticed");
  CLI11_PARSE(app, argc, argv);
  kiesel::conformance::note_interruptions();
  return kiesel::conformance::run(options);
}
