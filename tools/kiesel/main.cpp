// `kiesel`: the command line for people. Compiler commands are handed to kiesel-compiler, so that this
// program, like the library, maps no LLVM.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/client/client.hpp"
#include "device/counters_page.hpp"
#include "device/designs_page.hpp"
#include "device/isa/extensions.hpp"
#include "device/registry.hpp"
#include "support/command_line/answer.hpp"
#include "support/config.hpp"
#include "tools/kiesel/capture.hpp"
#include "tools/kiesel/check.hpp"
#include "tools/kiesel/compile.hpp"
#include "tools/kiesel/conformance.hpp"
#include "tools/kiesel/device_test.hpp"
#include "tools/kiesel/doctor/doctor.hpp"
#include "tools/kiesel/manual.hpp"
#include "tools/kiesel/option_flags.hpp"
#include "tools/kiesel/profile.hpp"
#include "tools/kiesel/replay.hpp"
#include "tools/kiesel/runs.hpp"
#include "tools/kiesel/score.hpp"
#include "tools/kiesel/sweep.hpp"
#include "tools/kiesel/validate.hpp"

namespace {

using namespace kiesel;

int print_devices() {
  const auto devices = device::make_devices();
  for (const auto& device : devices) {
    const auto& d = device->description();
    fmt::print("{}\n", d.name);
    fmt::print("  instructions    RV64IMFD Zicsr {}\n", isa::extension_names(d.target));
    fmt::print("  shape           {} cores, {} warps each, {} lanes each, {} MHz\n", d.cores, d.target.warps,
               d.target.lanes, d.clock_mhz);
    fmt::print("  work-group      at most {} work-items\n", d.target.max_work_group_size());
    fmt::print("  local memory    {} KiB a core\n", d.target.local_memory_bytes / 1024);
    fmt::print("  private memory  {} KiB a work-item\n", d.private_memory_bytes / 1024);
    fmt::print("  global memory   {} MiB, at most {} MiB in one allocation\n", d.global_memory_bytes >> 20,
               d.max_allocation_bytes >> 20);
  }
  fmt::print("compiler          {}\n", compiler::find_compiler());
  return devices.empty() ? 1 : 0;
}

int print_options() {
  for (const auto& option : option_table())
    fmt::print("{} = '{}' ({})\n    {}\n", tools::environment_name(option.name), option.value, option.source,
               option.text);
  for (const auto& warning : config_warnings()) fmt::print("warning: {}\n", warning);
  return 0;
}

int run_compiler(const std::string& command, const std::vector<std::string>& arguments) {
  const std::string program = compiler::find_compiler();
  std::vector<char*> argv{const_cast<char*>(program.c_str()), const_cast<char*>(command.c_str())};
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  ::execv(program.c_str(), argv.data());
  fmt::print(stderr, "kiesel: cannot start '{}': {}\n", program, std::strerror(errno));
  return 1;
}

int compile_program(const std::vector<std::string>& words) {
  const auto arguments = tools::compiler_arguments(words);
  if (arguments) return run_compiler("compile", *arguments);
  fmt::print(stderr, "kiesel: {}\n", arguments.error().reason);
  return 2;
}

// What may follow `kiesel compile` is the compiler's to say.
bool asks_compiler(std::span<char*> words) {
  return words.size() > 3 && words[1] == std::string_view("--complete") &&
         (words[2] == std::string_view("compile") || words[2] == std::string_view("disasm"));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("OpenCL on RISC-V GPUs: the command line of the driver Kiesel", "kiesel");
  app.set_version_flag("--version", "kiesel " KIESEL_VERSION);
  app.require_subcommand(1);

  auto* info = app.add_subcommand("info", "show the devices, or the options in force");
  bool options = false, page = false, designs = false, counters = false, manual = false;
  info->add_flag("--config", options, "show all options, their values and where they come from");
  info->add_flag("--options-page", page, "print docs/options.md");
  info->add_flag("--counters-page", counters, "print docs/counters.md");
  info->add_flag("--designs-page", designs, "print docs/designs.md");
  info->add_flag("--options-manual", manual, "print the manual page kiesel-options(5)");

  auto* compile = app.add_subcommand(
      "compile", "compile OpenCL C or SPIR-V to a program binary; options as kiesel-compiler(1)");
  auto* disasm = app.add_subcommand("disasm", "show the machine code of a program binary");
  for (auto* command : {compile, disasm}) command->prefix_command()->set_help_flag();

  int exit_code = 2;
  tools::add_run(app, exit_code);
  tools::add_capture(app, exit_code);
  tools::add_replay(app, exit_code);
  tools::add_profile(app, exit_code);
  tools::add_compare(app, exit_code);
  tools::add_check(app, exit_code);
  tools::add_sweep(app, exit_code);
  tools::add_score(app, exit_code);
  tools::add_jobs(app, exit_code);
  tools::add_validate(app, exit_code);
  tools::add_conformance(app, exit_code);
  tools::add_device_test(app, exit_code);
  tools::add_doctor(app, exit_code);

  const std::span<char*> words(argv, static_cast<std::size_t>(argc));
  if (asks_compiler(words)) return run_compiler("--complete", {words.begin() + 2, words.end()});
  if (const auto text = command_line::answer(app, "kiesel", KIESEL_VERSION, tools::manual_sections(), words))
    return fmt::print("{}", *text), 0;
  CLI11_PARSE(app, argc, argv);
  if (page) return fmt::print("{}", options_page()), 0;
  if (designs) return fmt::print("{}", device::designs_page()), 0;
  if (counters) return fmt::print("{}", device::counters_page()), 0;
  if (manual) return fmt::print("{}", command_line::options_manual(KIESEL_VERSION, option_defaults())), 0;
  if (info->parsed()) return options ? print_options() : print_devices();
  if (compile->parsed()) return compile_program(compile->remaining());
  if (disasm->parsed()) return run_compiler(disasm->get_name(), disasm->remaining());
  // A device's thread may be translating still: nothing that it uses is destroyed.
  std::fflush(nullptr);
  std::_Exit(exit_code);
}
