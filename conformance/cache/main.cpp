// Sixteen processes build and run programs with one cache folder, and are killed at random, their compilers
// too. Each checks each result at once; the first that is wrong ends everything. In the end what is in the
// folder must serve one more process.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "conformance/cache/processes.hpp"
#include "conformance/cache/worker.hpp"
#include "support/clock.hpp"

namespace {

using namespace kiesel;
using namespace kiesel::stress;

namespace fs = std::filesystem;

struct Options {
  unsigned seconds = 20, processes = 16;
  std::uint64_t seed = 1;
  int pipe = -1;  // of a worker
};

struct Counts {
  std::uint64_t right = 0, killed_builds = 0, killed_workers = 0, killed_compilers = 0, wrong = 0;
};

class Stress {
 public:
  explicit Stress(const Options& options) : options_(options), random_(options.seed) {}
  ~Stress() {
    for (const pid_t worker : workers_) ::kill(worker, SIGKILL);
    for (const pid_t worker : workers_) ::waitpid(worker, nullptr, 0);
    ::close(pipe_[0]);
    ::close(pipe_[1]);
    std::error_code error;
    fs::remove_all(folder_, error);
  }
  Stress(const Stress&) = delete;
  Stress& operator=(const Stress&) = delete;

  int run() {
    if (::pipe2(pipe_.data(), O_CLOEXEC) != 0) return 1;
    ::fcntl(pipe_[0], F_SETFL, O_NONBLOCK);
    ::fcntl(pipe_[1], F_SETFD, 0);
    ::setenv("KIESEL_CACHE_DIR", (folder_ / "cache").c_str(), 1);
    fs::create_directories(folder_);
    fs::current_path(folder_);
    std::ofstream("uint_of_files.h") << "typedef uint uint_of_files;\n#define uint uint_of_files\n";
    ::setenv("KIESEL_LOG", "off", 1);
    ::setenv("OCL_ICD_VENDORS", KIESEL_STRESS_ICD, 1);
    const auto end = now_ns() + std::uint64_t{options_.seconds} * 1'000'000'000;
    while (workers_.size() < options_.processes) workers_.push_back(start(options_.seconds));
    while (now_ns() < end && counts_.wrong == 0) step();
    if (counts_.wrong == 0) finish();
    report();
    return counts_.wrong == 0 && counts_.right > 0 ? 0 : 1;
  }

 private:
  // Half of them run translated code from the first work-group on, so that translations come from disk, too.
  pid_t start(unsigned seconds) {
    ::setenv("KIESEL_ENGINE", random_() % 2 ? "translator" : "auto", 1);
    return start_self({"kiesel_cache_stress", "--worker-pipe", std::to_string(pipe_[1]), "--seed",
                       std::to_string(random_()), "--seconds", std::to_string(seconds)});
  }

  void step() {
    pollfd event{pipe_[0], POLLIN, 0};
    const auto until = now_ns() + (random_() % 200) * 1'000'000;
    do {
      ::poll(&event, 1, 10);
      listen();
    } while (now_ns() < until && counts_.wrong == 0);
    auto& worker = workers_[random_() % workers_.size()];
    if (random_() % 3 == 0)
      kill_worker(worker);
    else
      kill_compiler(worker);
    replace_ended();
  }

  void listen() {
    std::array<Word, 4096> words;
    for (ssize_t count; (count = ::read(pipe_[0], words.data(), words.size())) > 0;)
      for (ssize_t i = 0; i < count; ++i) take(words[static_cast<std::size_t>(i)]);
  }

  void take(Word word) {
    counts_.right += word == Word::kRight;
    counts_.killed_builds += word == Word::kKilled;
    counts_.wrong += word == Word::kWrong;
  }

  void kill_worker(pid_t& worker) {
    ::kill(worker, SIGKILL);
    ::waitpid(worker, nullptr, 0);
    ++counts_.killed_workers;
    worker = start(options_.seconds);
  }

  // Its server, or one of the server's builds.
  void kill_compiler(pid_t worker) {
    for (const pid_t server : children_of(worker)) {
      const auto builds = children_of(server);
      ::kill(builds.empty() || random_() % 2 ? server : builds[random_() % builds.size()], SIGKILL);
      ++counts_.killed_compilers;
    }
  }

  // A worker ends by itself when its time is over; by a signal that was not ours it is wrong.
  void replace_ended() {
    for (auto& worker : workers_) {
      const int status = ended(worker);
      if (status < 0) continue;
      if (status != 0) ++counts_.wrong;
      worker = start(options_.seconds);
    }
  }

  void finish() {
    for (auto& worker : workers_) {
      ::kill(worker, SIGKILL);
      ::waitpid(worker, nullptr, 0);
    }
    workers_ = {start(3)};
    const auto before = counts_.right;
    int status = -1;
    // A pipe that nobody reads would hold it up.
    for (; status < 0; status = ended(workers_[0])) {
      listen();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    workers_.clear();
    listen();
    if (status != 0 || counts_.right == before) ++counts_.wrong;
  }

  void report() const {
    std::uint64_t entries = 0, left_over = 0;
    std::error_code error;
    for (const auto& file : fs::directory_iterator(folder_ / "cache", error))
      ++(file.path().extension() == ".entry" ? entries : left_over);
    fmt::print(
        "{} programs right, {} wrong, {} builds without their compiler; {} processes and {} compilers killed "
        "in "
        "{} s; {} entries, {} files left over\n",
        counts_.right, counts_.wrong, counts_.killed_builds, counts_.killed_workers, counts_.killed_compilers,
        options_.seconds, entries, left_over);
  }

  const Options options_;
  std::mt19937_64 random_;
  const fs::path folder_ = fs::temp_directory_path() / fmt::format("kiesel-cache-stress-{}", ::getpid());
  std::array<int, 2> pipe_{-1, -1};
  std::vector<pid_t> workers_;
  Counts counts_;
};

}  // namespace

int main(int count, char** arguments) {
  CLI::App app("Many processes on one cache folder, killed at random");
  Options options;
  app.add_option("--seconds", options.seconds, "How long")->capture_default_str();
  app.add_option("--processes", options.processes, "How many")->capture_default_str();
  app.add_option("--seed", options.seed, "Of what is killed when")->capture_default_str();
  app.add_option("--worker-pipe", options.pipe, "For the program itself");
  CLI11_PARSE(app, count, arguments);
  if (options.pipe >= 0) return work(options.pipe, options.seed, options.seconds);
  return Stress(options).run();
}
