#include "evaluation/sweep/runs.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <sstream>

#include "support/cache.hpp"
#include "support/descriptor.hpp"
#include "support/file.hpp"

namespace kiesel::sweep {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t kForm = 1;  // of what runs are made of and find

// A capture's bytes, a piece at a time: it may be larger than memory.
Result<std::string> hash_of_file(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  CacheKey key;
  std::vector<std::byte> piece(1 << 20);
  ssize_t got = file.get() < 0 ? -1 : 0;
  while (file.get() >= 0 && (got = ::read(file.get(), piece.data(), piece.size())) > 0)
    key.add(std::span<const std::byte>(piece).first(static_cast<std::size_t>(got)));
  if (got < 0) return Error{Errc::kIo, fmt::format("{} cannot be read", path.string())};
  return key.text();
}

// All that an application can tell of a design: what is not in tables, and its identity.
std::string seen_part(const std::string& design) {
  toml::table table = toml::parse(design), seen;
  for (auto& [key, node] : table)
    if (!node.is_table() || key.str() == model::kIdentityTable) seen.insert(key, node);
  std::ostringstream out;
  out << seen << "\n";
  return out.str();
}

class Maker {
 public:
  Maker(const Plan& plan, const Points& points, const Place& place)
      : plan_(plan), points_(points), place_(place) {}

  Result<std::vector<Run>> make() {
    for (const char* name : {"results", "designs", "logs", "captures"}) {
      std::error_code error;
      if (fs::create_directories(place_.folder / name, error); error)
        return Error{Errc::kIo, fmt::format("{}: {}", (place_.folder / name).string(), error.message())};
    }
    for (const Workload& workload : plan_.workloads) {
      auto identity = identity_of(workload);
      if (!identity) return identity.error();
      identities_.push_back(std::move(*identity));
    }
    std::vector<Run> runs;
    for (std::size_t point = 0; point < points_.points.size(); ++point) {
      const auto design = design_file(points_.points[point].text);
      if (!design) return design.error();
      for (std::size_t workload = 0; workload < plan_.workloads.size(); ++workload) {
        auto run = make_run(point, workload, *design);
        if (!run) return run.error();
        runs.push_back(std::move(*run));
      }
    }
    return runs;
  }

 private:
  static Result<std::string> identity_of(const Workload& workload) {
    CacheKey key;
    for (const auto& word : workload.choice) key.add(word);
    if (workload.capture.empty()) {
      for (const auto& word : workload.command) key.add(word);
    } else {
      auto hash = hash_of_file(workload.capture);
      if (!hash) return hash;
      key.add(std::string_view("capture")).add(*hash);
    }
    return key.text();
  }

  Result<fs::path> design_file(const std::string& text) const {
    const fs::path path = place_.folder / "designs" / (CacheKey().add(text).text() + ".toml");
    if (const auto there = read_text_file(path); there && *there == text) return path;
    if (auto written = write_file_atomically(path, text); !written) return written.error();
    return path;
  }

  Result<Run> make_run(std::size_t point, std::size_t number, const fs::path& design) const {
    const Workload& workload = plan_.workloads[number];
    const std::string& text = points_.points[point].text;
    Run run{point,
            number,
            CacheKey()
                .add(kForm)
                .add(place_.kiesel)
                .add(identities_[number])
                .add(text)
                .add(plan_.sample_time)
                .text(),
            {}};
    run.job.name = fmt::format("{} on {}", workload.name, points_.points[point].name(plan_));
    run.job.log = place_.folder / "logs" / (run.key + ".txt");
    run.job.folder = plan_.file.parent_path();
    fs::path capture = workload.capture;
    if (capture.empty()) {
      auto recorded = recording_of(workload, identities_[number], seen_part(text));
      if (!recorded) return recorded.error();
      capture = recorded->makes;
      run.job.steps.push_back(std::move(*recorded));
    }
    const fs::path result = place_.folder / "results" / (run.key + ".json");
    jobs::Step replay{{place_.program.string(), "replay", capture.string(), "--device", design.string(),
                       "--engine", "cycles", "--threads", "1", "--counts", result.string()},
                      result,
                      {},
                      {0, 1}};
    if (plan_.sample_time) replay.words.emplace_back("--sample");
    if (!workload.capture.empty())
      replay.words.insert(replay.words.end(), workload.choice.begin(), workload.choice.end());
    run.job.steps.push_back(std::move(replay));
    return run;
  }

  // Points that an application cannot tell apart share what it was recorded to do.
  Result<jobs::Step> recording_of(const Workload& workload, const std::string& identity,
                                  const std::string& seen) const {
    const auto device = design_file(seen);
    if (!device) return device.error();
    const std::string name = CacheKey().add(kForm).add(place_.kiesel).add(identity).add(seen).text();
    const fs::path folder = place_.folder / "captures";
    jobs::Step step{{}, folder / (name + ".kcap"), folder / (name + ".new.kcap"), {0}};
    step.words = {place_.program.string(), "capture",   "-o", step.temporary.string(), "--device",
                  device->string(),        "--threads", "1"};
    step.words.insert(step.words.end(), workload.choice.begin(), workload.choice.end());
    step.words.push_back("--");
    step.words.insert(step.words.end(), workload.command.begin(), workload.command.end());
    return step;
  }

  const Plan& plan_;
  const Points& points_;
  const Place& place_;
  std::vector<std::string> identities_;  // of workloads
};

}  // namespace

Result<std::vector<Run>> make_runs(const Plan& plan, const Points& points, const Place& place) {
  return Maker(plan, points, place).make();
}

// The run's last step is the replay; a profile is made by the same words.
jobs::Job profile_of(const Run& run, const Place& place) {
  const fs::path folder = place.folder / "profiles" / run.key;
  jobs::Step step{{}, folder / "report.html", {}};
  const auto& replay = run.job.steps.back().words;
  for (std::size_t i = 0; i < replay.size(); ++i)
    if (replay[i] == "--counts")
      ++i;
    else
      step.words.push_back(replay[i] == "replay"     ? "profile"
                           : replay[i] == "--device" ? "--design"
                                                     : replay[i]);
  step.words.insert(step.words.end(), {"-o", folder.string()});
  return {"profile of " + run.job.name, {std::move(step)}, run.job.log, run.job.folder};
}

Result<capture::CountsFile> result_of(const Run& run, const Place& place) {
  std::error_code error;
  if (!fs::exists(run.result(), error)) return Error{Errc::kNotFound, "it has not run"};
  const auto text = read_text_file(run.result());
  auto file = text ? capture::counts_from_json(*text) : Result<capture::CountsFile>(text.error());
  if (file && file->kiesel != place.kiesel)
    file = Error{Errc::kInvalidBinary,
                 fmt::format("Kiesel {} has made it, and this is Kiesel {}: machines must have the same one",
                             file->kiesel, place.kiesel)};
  if (!file) fs::remove(run.result(), error);
  return file;
}

}  // namespace kiesel::sweep
