#include "evaluation/jobs/slurm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "evaluation/jobs/process.hpp"
#include "support/file.hpp"

namespace kiesel::jobs {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kCommandLimit{120};
// In pauses: Slurm is asked now and then, and a shared folder shows what another machine wrote after a while.
constexpr int kLookAtQueue = 6, kSettle = 10;

// Where a task tells of a job that failed for good.
fs::path failure_file(const fs::path& list, std::size_t index) {
  return list.parent_path() / fmt::format("failed-{}.json", index);
}

std::string quoted(const std::string& word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string trimmed(std::string text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.pop_back();
  return text;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string text_of(const fs::path& path) {
  const auto text = read_text_file(path);
  return text ? trimmed(*text) : std::string();
}

class Array {
 public:
  Array(std::span<const Job> jobs, const Slurm& settings, const Told& told)
      : jobs_(jobs), settings_(settings), told_(told) {
    for (std::size_t i = 0; i < jobs.size(); ++i) left_.push_back(i);
  }

  Status run() {
    cancel_former();
    for (unsigned i = 0; i < settings_.submissions && !left_.empty() && !stopped(); ++i) {
      const std::size_t before = left_.size();
      if (auto submitted = submit(i); !submitted) return submitted;
      if (auto watched = watch(); !watched) return watched;
      if (left_.size() == before && !started()) return nothing_ran();
    }
    if (stopped()) return {};
    std::error_code error;
    fs::remove(id_file(), error);
    for (const std::size_t job : left_)
      told_(job, {false, fmt::format("its tasks ended without a result ({})", list_.parent_path().string()),
                  settings_.submissions});
    return {};
  }

 private:
  struct Answer {
    bool good = false;
    std::string text;
  };
  // A command of Slurm's, and what it says.
  Answer ask(const std::vector<std::string>& words) {
    const fs::path output = settings_.folder / "answer.txt";
    const auto ending = jobs::run(
        {words.front(), {words.begin() + 1, words.end()}, settings_.folder, {}, output, kCommandLimit});
    if (ending.kind == Ending::Kind::kNotStarted)
      return {false, fmt::format("'{}' {}", words.front(), words_for(ending))};
    return {ending.kind == Ending::Kind::kExit && ending.code == 0, text_of(output)};
  }

  // Tasks are numbered from 0: Slurm's limit is one above the highest number.
  unsigned most_tasks() {
    const auto answer = ask({"scontrol", "show", "config"});
    const auto at = answer.text.find("MaxArraySize");
    const auto equals = answer.text.find('=', std::min(at, answer.text.size()));
    if (equals == std::string::npos) return settings_.tasks;
    return std::min(settings_.tasks,
                    std::max(1U, static_cast<unsigned>(std::strtoul(&answer.text[equals + 1], nullptr, 10))));
  }

  std::string script(std::size_t tasks) const {
    std::string text = "#!/bin/sh\nexec";
    for (const auto& word : settings_.runner) text += " " + quoted(word);
    return text + fmt::format(" {} --part \"$SLURM_ARRAY_TASK_ID\" --of {}\n", quoted(list_.string()), tasks);
  }

  Status submit(unsigned round) {
    const fs::path folder = settings_.folder / fmt::format("array-{}", round);
    std::error_code error;
    fs::remove_all(folder, error);
    fs::create_directories(folder, error);
    list_ = folder / "jobs.json";
    std::vector<Job> jobs;
    for (const std::size_t index : left_) jobs.push_back(jobs_[index]);
    listed_ = left_;
    const std::size_t tasks = std::min<std::size_t>(jobs.size(), most_tasks());
    if (auto written = write_file_atomically(list_, to_json(jobs)); !written) return written;
    if (auto written = write_file_atomically(folder / "task.sh", script(tasks)); !written) return written;
    std::vector<std::string> words{"sbatch",
                                   "--parsable",
                                   fmt::format("--array=0-{}", tasks - 1),
                                   "--job-name=kiesel",
                                   "--requeue",
                                   "--chdir=" + folder.string(),
                                   "--output=" + (folder / "task-%a.txt").string()};
    words.insert(words.end(), settings_.options.begin(), settings_.options.end());
    words.push_back((folder / "task.sh").string());
    const auto answer = ask(words);
    if (!answer.good) return Error{Errc::kUnsupported, fmt::format("Slurm took no jobs: {}", answer.text)};
    // "number" or "number;cluster", behind what sbatch may want to say.
    const auto line = answer.text.substr(answer.text.rfind('\n') + 1);
    id_ = line.substr(0, line.find(';'));
    if (!is_number(id_))
      return Error{Errc::kUnsupported, fmt::format("Slurm's answer is not understood: {}", answer.text)};
    return write_file_atomically(id_file(), id_);
  }

  // Until all is done or the array is over.
  Status watch() {
    auto looked = Clock::now();
    std::optional<Clock::time_point> over;
    while (!left_.empty()) {
      if (stopped()) return cancel(id_), Status();
      take_what_is_done();
      if (over && Clock::now() - *over > kSettle * settings_.pause) return {};
      if (!over && Clock::now() - looked > kLookAtQueue * settings_.pause) {
        if (is_over()) over = Clock::now();
        looked = Clock::now();
      }
      if (!left_.empty()) std::this_thread::sleep_for(settings_.pause);
    }
    return {};
  }

  void take_what_is_done() {
    std::erase_if(left_, [&](std::size_t index) {
      const auto outcome = outcome_of(index);
      if (outcome) told_(index, *outcome);
      return outcome.has_value();
    });
  }
  std::optional<Outcome> outcome_of(std::size_t index) const {
    if (is_made(jobs_[index])) return Outcome{true, {}, 1};
    const auto place =
        static_cast<std::size_t>(std::find(listed_.begin(), listed_.end(), index) - listed_.begin());
    const auto text = read_text_file(failure_file(list_, place));
    if (!text) return std::nullopt;
    const auto value = nlohmann::json::parse(*text, nullptr, false);
    if (!value.is_object()) return std::nullopt;
    return Outcome{false, value.value("reason", std::string()), value.value("tries", 0U)};
  }

  // A controller that does not answer says nothing about the array.
  bool is_over() {
    const auto answer = ask({"squeue", "--noheader", "--format=%i", "--jobs=" + id_});
    return answer.good ? answer.text.empty() : answer.text.find("Invalid job id") != std::string::npos;
  }
  // By itself, since nothing else is started any more when all shall stop.
  void cancel(const std::string& id) const {
    const std::string output = (settings_.folder / "answer.txt").string();
    if (std::system(fmt::format("scancel {} >{} 2>&1", id, quoted(output)).c_str()) != 0)
      fmt::print(stderr, "scancel {} failed: {}\n", id, text_of(output));
  }
  // An array that goes on since whoever waited for it has died: this one does what that has not done.
  void cancel_former() {
    const std::string id = text_of(id_file());
    if (!is_number(id)) return;
    if (!ask({"squeue", "--noheader", "--format=%i", "--jobs=" + id}).text.empty()) cancel(id);
  }
  fs::path id_file() const { return settings_.folder / "array.txt"; }

  bool started() const {
    std::error_code error;
    for (fs::directory_iterator it(list_.parent_path(), error), end; !error && it != end; it.increment(error))
      if (it->path().filename().string().starts_with("started-")) return true;
    return false;
  }
  Error nothing_ran() const {
    return {Errc::kIo,
            fmt::format("no task of Slurm's array {} came to its work: does every node see {} at this "
                        "place, and this program? What they said is there in task-*.txt",
                        id_, list_.parent_path().string())};
  }

  const std::span<const Job> jobs_;
  const Slurm& settings_;
  const Told& told_;
  std::vector<std::size_t> left_, listed_;
  fs::path list_;
  std::string id_;
};

}  // namespace

Status run_slurm(std::span<const Job> jobs, const Slurm& settings, const Told& told) {
  std::error_code error;
  fs::create_directories(settings.folder, error);
  return Array(jobs, settings, told).run();
}

int run_part(const fs::path& list, unsigned part, unsigned of) {
  const auto text = read_text_file(list);
  const auto jobs = text ? jobs_from_json(*text) : Result<std::vector<Job>>(text.error());
  if (!jobs || of == 0) {
    fmt::print(stderr, "{}: {}\n", list.string(), jobs ? "there are no parts" : jobs.error().reason);
    return 2;
  }
  if (auto told = write_file_atomically(list.parent_path() / fmt::format("started-{}", part), ""); !told) {
    fmt::print(stderr, "{}\n", told.error().reason);
    return 2;
  }
  bool all = true;
  for (std::size_t i = part; i < jobs->size() && !stopped(); i += of) {
    const Job& job = (*jobs)[i];
    if (is_made(job)) continue;
    const auto outcome = attempt(job);
    if (outcome.good || stopped()) continue;
    all = false;
    const nlohmann::json value{{"reason", outcome.reason}, {"tries", outcome.tries}};
    if (auto told = write_file_atomically(
            failure_file(list, i), value.dump(1, ' ', false, nlohmann::json::error_handler_t::replace));
        !told)
      fmt::print(stderr, "{}\n", told.error().reason);
  }
  return all ? 0 : 1;
}

}  // namespace kiesel::jobs
