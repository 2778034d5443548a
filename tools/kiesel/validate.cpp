#include "tools/kiesel/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>

#include "evaluation/validate/report.hpp"
#include "support/config.hpp"
#include "support/file.hpp"
#include "tools/kiesel/option_flags.hpp"
#include "tools/kiesel/progress.hpp"
#include "tools/kiesel/refuse.hpp"

namespace kiesel::tools {
namespace {

using namespace kiesel::validate;

struct Settings {
  OptionFlags flags;
  std::string place, design, json;
  std::vector<std::string> cases;
  double limit = 5;
  bool counters = false;
};

bool is_wanted(const Settings& settings, const Case& one) {
  return settings.cases.empty() || std::ranges::find(settings.cases, one.name) != settings.cases.end();
}

bool same_shape(const model::Configuration& a, const model::Configuration& b) {
  return a.cores == b.cores && a.target.warps == b.target.warps && a.target.lanes == b.target.lanes;
}

struct Plan {
  Reference reference;
  model::Configuration machine;
};

// Nothing where the reference is of a machine of another shape than the design that is asked for.
Result<std::optional<Plan>> plan_for(const Settings& settings, const std::filesystem::path& file) {
  auto reference = read_reference(file);
  if (!reference) return reference.error();
  const auto own = model::built_in_shape(reference->design);
  auto machine = settings.design.empty() ? own : model::find_configuration(settings.design);
  if (!machine)
    return Error{machine.error().code, settings.design.empty()
                                           ? fmt::format("{}: {}; name a device file with --design",
                                                         file.string(), machine.error().reason)
                                           : machine.error().reason};
  if (own && !same_shape(*own, *machine)) return std::optional<Plan>();
  machine->engine = model::EngineChoice::kCycles;
  machine->launch_seconds = config().launch_seconds;
  std::erase_if(reference->cases, [&](const Case& one) { return !is_wanted(settings, one); });
  if (reference->cases.empty()) return std::optional<Plan>();
  return std::optional(Plan{std::move(*reference), std::move(*machine)});
}

Result<std::vector<Plan>> plans_for(const Settings& settings) {
  const auto files = reference_files(settings.place);
  if (!files) return files.error();
  std::vector<Plan> out;
  for (const auto& file : *files) {
    auto plan = plan_for(settings, file);
    if (!plan) return plan.error();
    if (*plan) out.push_back(std::move(**plan));
  }
  for (const std::string& name : settings.cases)
    if (std::ranges::none_of(out, [&](const Plan& plan) {
          return std::ranges::find(plan.reference.cases, name, &Case::name) != plan.reference.cases.end();
        }))
      return Error{Errc::kNotFound, fmt::format("there is no case '{}'", name)};
  if (out.empty())
    return Error{Errc::kNotFound, fmt::format("'{}' has no case of a machine of this shape", settings.place)};
  return out;
}

std::vector<ReferenceResult> run_all(const std::vector<Plan>& plans) {
  std::size_t cases = 0, done = 0;
  for (const Plan& plan : plans) cases += plan.reference.cases.size();
  Progress progress("kiesel validate");
  const auto tick = [&] { progress.show(done, cases, "cases"); };
  std::vector<ReferenceResult> out;
  for (const Plan& plan : plans) {
    out.push_back({plan.reference.name, plan.machine.name, plan.reference.source, {}});
    for (const Case& one : plan.reference.cases) {
      tick();
      out.back().cases.push_back(compare(one, run_case(one, plan.machine, tick)));
      ++done;
    }
  }
  return out;
}

void print(const Settings& settings, const std::vector<ReferenceResult>& results) {
  for (const ReferenceResult& result : results) {
    fmt::print("{} on design {}; reference: {}\n\n{}\n{}\n", result.name, result.design, result.source,
               table_of_cases(result), summary_of({result}, settings.limit));
    if (!settings.counters) continue;
    for (const CaseResult& one : result.cases)
      fmt::print("{} {}\n\n{}\n", result.name, one.name, table_of_case(one));
  }
  if (settings.counters) fmt::print("{}\n", table_of_counters(results));
  if (results.size() > 1) fmt::print("{}", summary_of(results, settings.limit));
}

int run(const Settings& settings) {
  settings.flags.put_into_environment();
  const auto plans = plans_for(settings);
  if (!plans) return refuse("validate", plans.error().reason);
  const auto results = run_all(*plans);
  print(settings, results);
  if (!settings.json.empty())
    if (auto written = write_file_atomically(settings.json, to_json(results, settings.limit)); !written)
      return refuse("validate", written.error().reason);
  bool within = true, ran = true;
  for (const ReferenceResult& result : results)
    for (const CaseResult& one : result.cases) {
      within &= one.is_within(settings.limit);
      ran &= one.problem.empty();
    }
  return !ran ? 2 : within ? 0 : 1;
}

}  // namespace

void add_validate(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand(
      "validate", "run launches whose counts on hardware or RTL are known on the cycle model, and compare");
  auto settings = std::make_shared<Settings>();
  command->add_option("place", settings->place, "a folder of references, or one of them (docs/accuracy.md)")
      ->required();
  command->add_option(
      "--design", settings->design,
      "a shape or a device file, in place of the one that a reference names; only references of "
      "machines of its shape are run");
  command->add_option("--case", settings->cases, "only the case of this name; may be given again")
      ->allow_extra_args(false);
  command->add_option("--limit", settings->limit, "most that cycles may be off, in percent")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  command->add_flag("--counters", settings->counters, "show all counters, of each case and over all");
  command->add_option("--json", settings->json, "write all of it to this file, too");
  settings->flags.add(*command, "launch_seconds", "--launch-seconds");
  command->footer(
      "Exit status: 0 when all instructions are equal and all cycles within the limit, 1 when not, 2 when "
      "some "
      "could not run.");
  command->callback([settings, &exit_code] { exit_code = run(*settings); });
}

}  // namespace kiesel::tools
