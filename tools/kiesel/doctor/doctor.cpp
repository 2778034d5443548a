#include "tools/kiesel/doctor/doctor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tools/kiesel/doctor/checks.hpp"

namespace kiesel::tools {
namespace {

using namespace doctor;

struct Check {
  const char* name;
  const char* what;
  Finding (*run)();
};

// The table of checks, in the order in which one needs the other.
constexpr Check kChecks[] = {
    {"configuration", "the configuration file has no errors", configuration_file},
    {"environment", "variables KIESEL_* are options with good values", environment},
    {"devices", "the option device names devices that can be made", devices},
    {"engine", "the option engine is one that there is", engine},
    {"host", "level of the processor's instruction set", host_level},
    {"processors", "as many as the option threads wants", processors},
    {"limits", "limits of this process (ulimit)", limits},
    {"memory", "memory of the host and of the control group", memory},
    {"sandbox", "what the kernel offers to lock up the compiler", sandbox},
    {"loader", "an ICD loader is installed", loader},
    {"vendors", "loaders find an ICD file of this driver", vendors},
    {"driver", "the library that it names opens", driver},
    {"other drivers", "those of the other ICD files open", other_drivers},
    {"platform", "an application sees the platform, of this version", platform},
    {"compiler", "the compiler's program is there", compiler_program},
    {"version", "it starts and is of this version", compiler_version},
    {"build", "it builds a kernel", build},
    {"cache", "the folder of built programs is yours and can be written", cache},
    {"launch", "a kernel runs and gives a right result", launch},
    {"translation", "the same, translated into code of this processor", translation},
};

std::string to_json(const std::vector<Finding>& findings) {
  auto rows = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < findings.size(); ++i)
    rows.push_back({{"name", kChecks[i].name},
                    {"what", kChecks[i].what},
                    {"verdict", to_string(findings[i].verdict)},
                    {"found", findings[i].found},
                    {"mend", findings[i].mend}});
  // What drivers and the system say need not be UTF-8.
  return rows.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void print_row(const Check& check, const Finding& finding) {
  fmt::print("{:<9}{:<15}{}\n", to_string(finding.verdict), check.name, finding.found);
  if (finding.verdict != Verdict::kOk) fmt::print("{:24}should be: {}\n", "", check.what);
  if (!finding.mend.empty()) fmt::print("{:24}mend: {}\n", "", finding.mend);
  std::fflush(stdout);
}

std::size_t count(const std::vector<Finding>& findings, Verdict verdict) {
  return static_cast<std::size_t>(std::count_if(
      findings.begin(), findings.end(), [=](const Finding& finding) { return finding.verdict == verdict; }));
}

int run(bool json) {
  std::vector<Finding> findings;
  for (const auto& check : kChecks) {
    findings.push_back(check.run());
    if (!json) print_row(check, findings.back());
  }
  const auto errors = count(findings, Verdict::kError);
  if (json)
    fmt::print("{}\n", to_json(findings));
  else
    fmt::print("{}, {}, {}\n", counted(findings.size(), "check"), counted(errors, "error"),
               counted(count(findings, Verdict::kWarning), "warning"));
  return errors ? 1 : 0;
}

}  // namespace

void add_doctor(CLI::App& app, int& exit_code) {
  auto json = std::make_shared<bool>(false);
  auto* command =
      app.add_subcommand("doctor", "find what is wrong with this installation, and how to mend it");
  command->add_flag("--json", *json, "print the findings as JSON");
  command->callback([json, &exit_code] { exit_code = run(*json); });
}

}  // namespace kiesel::tools
