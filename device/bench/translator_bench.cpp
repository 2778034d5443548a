// Where the time of a translation goes: translator_bench FILE.elf KERNEL [LOCAL_SIZE [FOLDER]] translates a
// kernel of a program that `kiesel compile` has made, as a launch with that local size would ask for it, and
// prints the milliseconds of each part, the size of what it made, and LLVM's own table of its passes. To the
// folder it writes the IR and the host's code.
#include <fmt/format.h>
#include <llvm/IR/PassTimingInfo.h>
#include <llvm/Pass.h>
#include <llvm/Support/raw_ostream.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

#include "device/model/model_device.hpp"
#include "device/translation/encoding.hpp"
#include "device/translator/emit/emit.hpp"
#include "device/translator/host/host_code.hpp"

namespace {

using namespace kiesel;

double now_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double, std::milli>(now).count();
}

[[noreturn]] void fail(const std::string& reason) {
  fmt::print(stderr, "translator_bench: {}\n", reason);
  std::exit(1);
}

// What a launch asks for; the launch itself may fault, since its arguments are zeros.
std::vector<std::vector<std::byte>> requests_of(const std::vector<std::byte>& elf, const char* kernel,
                                                std::uint32_t local_size) {
  std::vector<std::vector<std::byte>> out;
  const translation::TranslationService service{
      [&](std::span<const std::byte> request) {
        out.emplace_back(request.begin(), request.end());
        return Result<std::vector<std::byte>>(Error{Errc::kUnsupported, "not now"});
      },
      "bench"};
  model::Configuration configuration = *model::built_in_shape("kiesel");
  configuration.engine = model::EngineChoice::kTranslator;
  auto device = model::ModelDevice::create(configuration, 1, model::HostLevel::kV4, service);
  if (!device) fail(device.error().reason);
  const auto module = (*device)->load(elf, 0);
  if (!module) fail(module.error().reason);
  const auto entry = (*device)->symbol(*module, kernel);
  if (!entry) fail("no such kernel");
  device::Launch launch;
  launch.module = *module;
  launch.kernel = kernel;
  launch.entry = *entry;
  launch.region = device::regions_of(1, {}, {local_size, 1, 1}, {local_size, 1, 1}).front();
  launch.arguments.resize(1024);
  std::atomic<bool> finished{false};
  (*device)->submit(launch, [&](const device::Completion&) { finished = true; });
  while (!finished)
    if (!(*device)->help()) std::this_thread::yield();
  return out;
}

struct Times {
  double analysis = 1e9, ir = 1e9, code = 1e9;
  std::size_t ir_instructions = 0, items = 0, bytes = 0;
};

void take(Times& times, const translation::TranslationRequest& request, const std::string& dump) {
  using namespace translator;
  const double start = now_ms();
  const auto analysis = Analysis::of(request);
  if (!analysis) fail(analysis.error().reason);
  const double analysed = now_ms();
  llvm::LLVMContext context;
  auto module = std::make_unique<llvm::Module>("warp", context);
  const Translation out = emit(**analysis, *module);
  if (!out.refusal.empty()) fail(out.refusal);
  const double made = now_ms();
  times.ir_instructions = module->getInstructionCount();
  if (!dump.empty()) {
    std::error_code error;
    llvm::raw_fd_ostream(dump + ".ll", error) << *module;
  }
  std::vector<std::string> names;
  for (std::size_t i = 0; i < out.segments.size(); ++i) names.push_back(segment_name(i));
  const auto code = make_host_code(std::move(module), static_cast<HostLevel>(request.host_level), names);
  if (!code) fail(code.error().reason);
  const double end = now_ms();
  times.analysis = std::min(times.analysis, analysed - start);
  times.ir = std::min(times.ir, made - analysed);
  times.code = std::min(times.code, end - made);
  times.bytes = code->bytes.size();
  times.items = 0;
  for (const Block& block : (*analysis)->code.blocks) times.items += block.items.size();
  if (dump.empty()) return;
  std::ofstream file(dump + ".bin", std::ios::binary);
  file.write(reinterpret_cast<const char*>(code->bytes.data()),
             static_cast<std::streamsize>(code->bytes.size()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) fail("usage: translator_bench FILE.elf KERNEL [LOCAL_SIZE [FOLDER]]");
  std::ifstream file(argv[1], std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto bytes = std::as_bytes(std::span(text));
  const auto requests = requests_of({bytes.begin(), bytes.end()}, argv[2],
                                    static_cast<std::uint32_t>(argc > 3 ? std::atoi(argv[3]) : 128));
  if (requests.empty()) fail("nothing was asked for");
  constexpr int kRounds = 5;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const auto request = translation::decode_request(requests[i]);
    Times times;
    for (int round = 0; round < kRounds; ++round) {
      const bool last = round == kRounds - 1;
      llvm::TimePassesIsEnabled = last;
      take(times, *request, last && argc > 4 ? fmt::format("{}/{}-{}", argv[4], argv[2], i) : "");
    }
    llvm::reportAndResetTimings();
    fmt::print("{} instructions, {} of IR, {} bytes; ms: analysis {:.2f}, IR {:.2f}, host code {:.2f}\n",
               times.items, times.ir_instructions, times.bytes, times.analysis, times.ir, times.code);
  }
}
