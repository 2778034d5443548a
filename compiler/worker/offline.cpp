#include "compiler/worker/offline.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>

#include "compiler/files/local_files.hpp"
#include "compiler/worker/build.hpp"
#include "compiler/worker/disassemble.hpp"
#include "device/isa/extensions.hpp"
#include "device/isa/language_features.hpp"
#include "device/model/configuration.hpp"
#include "support/command_line/answer.hpp"
#include "support/config.hpp"
#include "support/file.hpp"

namespace kiesel::compiler {
namespace {

constexpr int kBuildFailed = 1;
constexpr int kUsage = 2;

struct CompileCommand {
  std::string input, output = "a.elf", options, dump, features, device;
  bool time = false;
};

constexpr command_line::Section kManual[] = {
    {"description",
     "The driver starts this program for its builds and translations, with the argument serve and a socket. "
     "The commands\nhere do the same work without an application: what builds here builds there.\n\n"
     "Program binaries are ELF files; clCreateProgramWithBinary takes them, and binutils for RISC-V reads "
     "them.\n"},
    {"environment", "The options of kiesel-options(5), so far as they say something about builds.\n"},
    {"exit status",
     "0 when the program built, 1 when it did not, 2 or more when the command line or a file is wrong.\n"},
    {"see also", "kiesel(1), kiesel-options(5)\n"},
};

int complain(const std::string& text) {
  fmt::print(stderr, "kiesel-compiler: {}\n", text);
  return kUsage;
}

void print_phases(const Reply& reply) {
  std::uint64_t sum = 0;
  for (const auto& phase : reply.phases) {
    fmt::print("{:<18}{:>8.2f} ms\n", phase.name, static_cast<double>(phase.cpu_ns) / 1e6);
    sum += phase.cpu_ns;
  }
  fmt::print("{:<18}{:>8.2f} ms processor time\n", "sum", static_cast<double>(sum) / 1e6);
}

// As split_options() reads it back.
std::string quoted(const std::string& option) {
  std::string text = "\"";
  for (const char c : option) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + "\"";
}

// The one device that is named, of those that applications get.
Result<model::Configuration> device_to_compile_for(const std::string& option) {
  const auto names = model::configured_names(option.empty() ? config().device : option);
  if (names.size() == 1) return model::find_configuration(names[0]);
  return Error{Errc::kInvalidArgument,
               fmt::format("a program binary is for one device, and here are {}: {}; --device names one",
                           names.size(), fmt::join(names, ", "))};
}

void print_target(const std::string& output, const model::Configuration& device) {
  const isa::Target& target = device.target;
  fmt::print("{}: for {}, {} warps of {} lanes, {}\n", output, device.name, target.warps, target.lanes,
             isa::extension_names(target));
}

int compile(const CompileCommand& command) {
  const auto device = device_to_compile_for(command.device);
  if (!device) return complain(device.error().reason);
  Request request;
  request.target = device->target;
  const auto input = read_binary_file(command.input);
  if (!input) return complain(input.error().reason);
  const std::string_view text(reinterpret_cast<const char*>(input->data()), input->size());
  if (text.starts_with("\x7f"
                       "ELF") ||
      text.starts_with("\x03\x02\x23\x07"))
    request.inputs.push_back(*input);
  else
    request.source = text;
  request.options = command.options;
  for (const auto& row : isa::language_features(request.target))
    request.extensions += std::string(row.name) + " ";
  request.extensions += command.features;
  request.dump = command.dump;
  std::error_code error;
  request.working_folder = std::filesystem::current_path(error).string();
  LocalFiles files(rights_of(request));
  const auto reply = build(request, files);
  fmt::print(stderr, "{}", reply.log);
  if (command.time) print_phases(reply);
  if (reply.outcome != Outcome::kSuccess) return kBuildFailed;
  const auto written = write_file_atomically(command.output, reply.binary);
  if (!written) return complain(written.error().reason);
  print_target(command.output, *device);
  return 0;
}

int disassemble(const std::string& path, bool json) {
  const auto input = read_binary_file(path);
  if (!input) return complain(input.error().reason);
  const auto listing = json ? describe_program(*input) : list_program(*input);
  if (!listing) return complain(path + ": " + listing.error().reason);
  fmt::print("{}", *listing);
  return 0;
}

}  // namespace

int run_offline(int count, char** arguments) {
  CLI::App app("compiler of the OpenCL driver Kiesel: OpenCL C or SPIR-V to RISC-V SIMT code",
               "kiesel-compiler");
  app.set_version_flag("--version", "kiesel-compiler " KIESEL_VERSION);
  app.require_subcommand(1);

  CompileCommand command;
  auto* compile_app =
      app.add_subcommand("compile", "compile an OpenCL C file, a SPIR-V module or a program binary");
  compile_app->add_option("input", command.input, "file to compile")->required();
  compile_app->add_option("-o,--output", command.output, "program binary to write")->capture_default_str();
  compile_app->allow_extras()->footer(
      "Everything else is a build option as clBuildProgram takes it: -DN=4 -cl-std=CL3.0 -g ...");
  compile_app->add_option(
      "--device", command.device,
      "built-in shape or TOML file to compile for, for kiesel compile a plug-in, too; else the "
      "option device names it");
  compile_app->add_option("--dump", command.dump, "folder for SPIR-V, IR, assembly and ELF");
  compile_app->add_option("--features", command.features,
                          "extensions and feature macros beside the device's own, separated by spaces");
  compile_app->add_flag("--time", command.time, "print the processor time of each phase");

  std::string listed;
  auto* disasm_app = app.add_subcommand("disasm", "list the code of a program binary");
  disasm_app->add_option("input", listed, "program binary")->required();
  bool json = false;
  disasm_app->add_flag("--json", json,
                       "as JSON: source, and of each instruction address, text, file and line");

  const std::span<char*> words(arguments, static_cast<std::size_t>(count));
  if (const auto text = command_line::answer(app, "kiesel-compiler", KIESEL_VERSION, kManual, words))
    return fmt::print("{}", *text), 0;
  CLI11_PARSE(app, count, arguments);
  for (const auto& option : compile_app->remaining()) command.options += quoted(option) + " ";
  return *disasm_app ? disassemble(listed, json) : compile(command);
}

}  // namespace kiesel::compiler
