#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <thread>

#include "evaluation/jobs/local.hpp"
#include "evaluation/jobs/slurm.hpp"
#include "support/file.hpp"

using namespace kiesel;
using namespace kiesel::jobs;
namespace fs = std::filesystem;

namespace {

// A folder for one test, and jobs that are shell scripts in it.
struct Bench {
  Bench() {
    std::string name = (fs::temp_directory_path() / "kiesel_jobs_XXXXXX").string();
    folder = ::mkdtemp(name.data());
  }
  ~Bench() {
    std::error_code error;
    fs::remove_all(folder, error);
  }

  Job job(const std::string& name, const std::string& script) const {
    return {name, {{{"/bin/sh", "-c", script}, folder / name, {}, {0}}}, folder / (name + ".txt"), folder};
  }
  std::string text(const fs::path& name) const {
    const auto text = read_text_file(folder / name);
    return text ? *text : "";
  }
  // Outcomes by job, of an engine that is called with this.
  std::map<std::size_t, Outcome> outcomes;
  Told told = [this](std::size_t job, const Outcome& outcome) { outcomes[job] = outcome; };

  fs::path folder;
};

void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

}  // namespace

TEST_CASE("a job that makes its file is done once") {
  const Bench bench;
  const Job job = bench.job("a", "echo made > a; echo said");
  CHECK_FALSE(is_made(job));
  const auto outcome = attempt(job);
  CHECK(outcome.good);
  CHECK(outcome.tries == 1);
  CHECK(outcome.peak_bytes > 100000);
  CHECK(is_made(job));
  CHECK(bench.text("a.txt") == "said\n");
}

TEST_CASE("a job is tried again, and what it said each time is kept") {
  const Bench bench;
  const auto outcome = attempt(bench.job("a", "echo once; test -e seen && echo > a; echo > seen"));
  CHECK(outcome.good);
  CHECK(outcome.tries == 2);
  CHECK(bench.text("a.txt") == "once\nonce\n");
}

TEST_CASE("a job that fails three times has failed") {
  const Bench bench;
  auto outcome = attempt(bench.job("a", "exit 7"));
  CHECK_FALSE(outcome.good);
  CHECK(outcome.tries == 3);
  CHECK(outcome.reason == "'/bin/sh' ended with status 7");
  CHECK(attempt(bench.job("b", "kill -SEGV $$")).reason.find("signal 11") != std::string::npos);
  CHECK(attempt(bench.job("c", "true")).reason == "'/bin/sh' made nothing");
  CHECK(attempt(
            {"d", {{{"/nonexistent/x"}, bench.folder / "d", {}, {0}}}, bench.folder / "d.txt", bench.folder})
            .reason.find("could not be started") != std::string::npos);
}

TEST_CASE("other exit statuses may be good") {
  const Bench bench;
  Job job = bench.job("a", "echo > a; exit 1");
  CHECK_FALSE(attempt(job, 1).good);
  fs::remove(bench.folder / "a");
  job.steps.front().good = {0, 1};
  CHECK(attempt(job, 1).good);
}

TEST_CASE("what several jobs need is made by one of them, whole") {
  Bench bench;
  std::vector<Job> jobs;
  for (const std::string name : {"a", "b", "c", "d"}) {
    Job job = bench.job(name, "cat shared > " + name);
    const Step shared{{"/bin/sh", "-c", "echo x >> count; sleep 0.2; echo whole > part"},
                      bench.folder / "shared",
                      bench.folder / "part",
                      {0}};
    job.steps.insert(job.steps.begin(), shared);
    jobs.push_back(job);
  }
  REQUIRE(run_local(jobs, {.jobs = 4}, bench.told));
  CHECK(bench.outcomes.size() == 4);
  for (const std::string name : {"a", "b", "c", "d"}) CHECK(bench.text(name) == "whole\n");
  CHECK(bench.text("count") == "x\n");
}

TEST_CASE("one that fails does not keep others") {
  Bench bench;
  const std::vector<Job> jobs{bench.job("a", "exit 1"), bench.job("b", "echo > b")};
  REQUIRE(run_local(jobs, {.jobs = 1}, bench.told));
  CHECK_FALSE(bench.outcomes.at(0).good);
  CHECK(bench.outcomes.at(1).good);
}

TEST_CASE("no more jobs than memory holds") {
  MemoryShare share(1000);
  CHECK(share.fits_another(0));
  CHECK(share.fits_another(3));  // a quarter each, while nothing is known
  CHECK_FALSE(share.fits_another(4));
  share.ended(400);
  CHECK(share.fits_another(1));
  CHECK_FALSE(share.fits_another(2));
  share.ended(5000);
  CHECK(share.fits_another(0));
  CHECK_FALSE(share.fits_another(1));
  CHECK(available_memory() > 1 << 20);
}

TEST_CASE("the local engine keeps to memory") {
  Bench bench;
  std::vector<Job> jobs;
  for (int i = 0; i < 4; ++i)
    jobs.push_back(bench.job(std::to_string(i),
                             "mkdir on || exit 1; sleep 0.05; rmdir on; echo > " + std::to_string(i)));
  REQUIRE(run_local(jobs, {.jobs = 4, .memory_bytes = 0}, bench.told));
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(bench.outcomes.at(i).good);
    CHECK(bench.outcomes.at(i).tries == 1);
  }
}

TEST_CASE("jobs as a file and back") {
  const Bench bench;
  std::vector<Job> jobs{bench.job("a \"b\"", "x\ny")};
  jobs[0].steps.front().temporary = "t";
  const auto back = jobs_from_json(to_json(jobs));
  REQUIRE(back);
  REQUIRE(back->size() == 1);
  CHECK(back->front().name == jobs[0].name);
  CHECK(back->front().steps.front().words == jobs[0].steps.front().words);
  CHECK(back->front().steps.front().temporary == "t");
  CHECK(back->front().log == jobs[0].log);
  for (const char* text :
       {"", "{", "[1]", "[{}]", R"([{"name":"a","log":"","folder":"","steps":[]}])",
        R"([{"name":"a","log":"","folder":"","steps":[{"words":[],"makes":"","temporary":"","good":[]}]}])"})
    CHECK_FALSE(jobs_from_json(text));
  jobs[0].steps.resize(3, jobs[0].steps.front());
  REQUIRE(jobs_from_json(to_json(jobs)));
  jobs[0].steps[1].words.clear();
  CHECK_FALSE(jobs_from_json(to_json(jobs)));
}

TEST_CASE("a part of a list of jobs") {
  const Bench bench;
  std::vector<Job> jobs;
  for (const std::string name : {"0", "1", "2", "3", "4"}) jobs.push_back(bench.job(name, "echo > " + name));
  jobs[3] = bench.job("3", "exit 1");
  write(bench.folder / "jobs.json", to_json(jobs));
  CHECK(run_part(bench.folder / "jobs.json", 0, 2) == 0);
  CHECK(is_made(jobs[0]));
  CHECK_FALSE(is_made(jobs[1]));
  CHECK(is_made(jobs[4]));
  CHECK(run_part(bench.folder / "jobs.json", 1, 2) == 1);
  CHECK(is_made(jobs[1]));
  CHECK(bench.text("failed-3.json").find("ended with status 1") != std::string::npos);
  CHECK(run_part(bench.folder / "none.json", 0, 2) == 2);
  CHECK(run_part(bench.folder / "jobs.json", 0, 0) == 2);
}

// ---- Slurm, played by scripts ----

namespace {

// sbatch starts the array's tasks in the background, one after the other; squeue lists it while they run.
struct Cluster : Bench {
  explicit Cluster(const std::string& before_task = "") {
    script(
        "sbatch",
        R"(for w; do case $w in --array=0-*) n=${w#--array=0-};; --nope*) echo "sbatch: error: nope" >&2; exit 1;; esac; s=$w; done
id=$(cat ../id 2>/dev/null || echo 6); id=$((id + 1)); echo $id > ../id
echo "$*" >> ../submitted
setsid tasks "$id" "$n" "$s" >/dev/null 2>&1 &
until [ -e ../began-$id ]; do sleep 0.01; done
echo $id)");
    script("tasks",
           "touch ../running-$1 ../began-$1; i=0; while [ $i -le $2 ]; do\n" + before_task +
               "\nSLURM_ARRAY_TASK_ID=$i sh $3 >> ../task.txt 2>&1; i=$((i + 1)); done; rm ../running-$1");
    script(
        "squeue",
        R"(for w; do case $w in --jobs=*) id=${w#--jobs=};; esac; done; [ ! -e ../running-$id ] || echo ${id}_0)");
    script("scancel", "echo $1 >> " + (folder / "cancelled").string());
    script("scontrol", "echo 'MaxArraySize            = 3'");
    // Stands for `kiesel jobs`.
    script("runner", "exec " KIESEL_JOBS_PROBE " \"$@\"");
    ::setenv("PATH", (bin().string() + ":" + path_).c_str(), 1);
    settings.folder = folder / "slurm";
    settings.runner = {(bin() / "runner").string()};
    settings.pause = std::chrono::milliseconds(20);
  }
  ~Cluster() {
    ::setenv("PATH", path_.c_str(), 1);
    // Tasks may come to their end after their jobs; they write to the folder until then.
    for (int i = 0; i < 500 && is_running(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }

  bool is_running() const { return fs::exists(folder / "running-7") || fs::exists(folder / "running-8"); }
  fs::path bin() const { return folder / "bin"; }
  void script(const std::string& name, const std::string& text) {
    fs::create_directories(bin());
    write(bin() / name, "#!/bin/sh\n" + text + "\n");
    fs::permissions(bin() / name, fs::perms::owner_all);
  }
  std::vector<Job> some_jobs() const {
    std::vector<Job> jobs;
    for (const std::string name : {"0", "1", "2", "3", "4"}) jobs.push_back(job(name, "echo x >> " + name));
    return jobs;
  }

  Slurm settings;
  const std::string path_ = ::getenv("PATH");
};

}  // namespace

TEST_CASE("Slurm: an array of tasks does all jobs, each once") {
  Cluster cluster;
  cluster.settings.options = {"--partition=long"};
  const auto jobs = cluster.some_jobs();
  REQUIRE(run_slurm(jobs, cluster.settings, cluster.told));
  CHECK(cluster.outcomes.size() == 5);
  for (const auto& [job, outcome] : cluster.outcomes) CHECK(outcome.good);
  for (const Job& job : jobs) CHECK(cluster.text(job.name) == "x\n");
  const std::string submitted = cluster.text("submitted");
  CHECK(submitted.find("--array=0-2 ") != std::string::npos);  // the cluster takes no more
  CHECK(submitted.find("--partition=long") != std::string::npos);
  CHECK(std::count(submitted.begin(), submitted.end(), '\n') == 1);
  CHECK_FALSE(fs::exists(cluster.folder / "cancelled"));
}

TEST_CASE("Slurm: a job that fails is told, with its reason") {
  Cluster cluster;
  auto jobs = cluster.some_jobs();
  jobs[2] = cluster.job("2", "exit 9");
  REQUIRE(run_slurm(jobs, cluster.settings, cluster.told));
  CHECK(cluster.outcomes.size() == 5);
  CHECK_FALSE(cluster.outcomes.at(2).good);
  CHECK(cluster.outcomes.at(2).tries == 3);
  CHECK(cluster.outcomes.at(2).reason == "'/bin/sh' ended with status 9");
}

TEST_CASE("Slurm: what a lost task has not done is submitted again, and nothing else") {
  Cluster cluster("[ $i = 1 ] && [ ! -e ../lost ] && { touch ../lost; i=$((i + 1)); continue; }");
  const auto jobs = cluster.some_jobs();
  REQUIRE(run_slurm(jobs, cluster.settings, cluster.told));
  for (const Job& job : jobs) CHECK(cluster.text(job.name) == "x\n");
  const std::string submitted = cluster.text("submitted");
  CHECK(std::count(submitted.begin(), submitted.end(), '\n') == 2);
  CHECK(submitted.find("--array=0-1 ") != std::string::npos);  // two jobs were the lost task's
}

TEST_CASE("Slurm: an array whose tasks do not start is an error that says what to look at") {
  Cluster cluster;
  cluster.script("runner", "exit 1");
  const auto status = run_slurm(cluster.some_jobs(), cluster.settings, cluster.told);
  REQUIRE_FALSE(status);
  CHECK(status.error().reason.find("does every node see") != std::string::npos);
  CHECK(cluster.outcomes.empty());
}

TEST_CASE("Slurm: what sbatch refuses, and no Slurm at all") {
  Cluster cluster;
  cluster.settings.options = {"--nope"};
  const auto refused = run_slurm(cluster.some_jobs(), cluster.settings, cluster.told);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason.find("nope") != std::string::npos);
  fs::remove(cluster.bin() / "sbatch");
  ::setenv("PATH", cluster.bin().c_str(), 1);
  const auto missing = run_slurm(cluster.some_jobs(), cluster.settings, cluster.told);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().reason.find("could not be started") != std::string::npos);
}

TEST_CASE("Slurm: an array that a dead sweep has left is ended first") {
  Cluster cluster;
  fs::create_directories(cluster.settings.folder);
  write(cluster.settings.folder / "array.txt", "5");
  write(cluster.folder / "running-5", "");
  REQUIRE(run_slurm(cluster.some_jobs(), cluster.settings, cluster.told));
  CHECK(cluster.text("cancelled") == "5\n");
}
