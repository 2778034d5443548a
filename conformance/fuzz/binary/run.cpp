#include "conformance/fuzz/binary/run.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "compiler/client/client.hpp"
#include "conformance/fuzz/binary/damage.hpp"
#include "conformance/fuzz/binary/worker.hpp"
#include "conformance/fuzz/corpus.hpp"
#include "conformance/interruption.hpp"
#include "support/file.hpp"

namespace kiesel::conformance::binary {
namespace {

using Clock = std::chrono::steady_clock;
using What = Report::What;

constexpr std::uint64_t kOfOneWorker = 500;  // binaries; then a fresh process
constexpr std::uint32_t kMostMib = 1024;

constexpr std::string_view kWords[] = {"starts", "refused", "loaded, but did not build", "ran to the end",
                                       "ran into a fault or was refused at the launch"};

// The corpus' programs in a folder that goes with this.
class Corpus {
 public:
  Corpus() : folder_(std::filesystem::temp_directory_path() / fmt::format("kiesel-fuzz-{}", ::getpid())) {
    std::filesystem::create_directories(folder_ / "corpus");
    compiler::Client client(compiler::find_compiler());
    for (const auto& sample : corpus_sources()) {
      auto request = corpus_request(sample.options);
      request.source = sample.text;
      const auto reply = client.run(request);
      if (!reply || reply->outcome != compiler::Outcome::kSuccess) {
        fmt::print(stderr, "{} does not build\n", sample.name);
        continue;
      }
      names_.push_back(sample.name);
      static_cast<void>(write_file_atomically((folder() / (sample.name + ".elf")).string(), reply->binary));
      files_.push_back(reply->binary);
    }
  }
  ~Corpus() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Corpus(const Corpus&) = delete;

  std::filesystem::path folder() const { return folder_ / "corpus"; }
  // Of translations: most damage leaves a kernel's code as it is.
  std::filesystem::path cache() const { return folder_ / "cache"; }
  const std::vector<File>& files() const { return files_; }
  const std::string& name_of(std::uint64_t number) const {
    Random random(number);
    return names_[random() % names_.size()];
  }

 private:
  std::filesystem::path folder_;
  std::vector<std::string> names_;  // in the order of the worker's, which sorts them
  std::vector<File> files_;
};

struct Tally {
  std::mutex mutex;
  std::map<std::string, std::uint64_t> outcomes;
  std::uint64_t binaries = 0, failures = 0;
  std::uint32_t most_mib = 0;
  Undone undone;
};

class Process {
 public:
  Process(const RunOptions& options, const std::string& engine, const Corpus& corpus, std::uint64_t first,
          std::uint64_t count) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC)) return;
    const std::string arguments[] = {
        "kiesel_fuzz", "binary-worker",          "--driver", options.driver,
        "--folder",    corpus.folder().string(), "--first",  std::to_string(first),
        "--count",     std::to_string(count),    "--report", std::to_string(kReport)};
    std::vector<char*> words;
    for (const auto& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    const std::string settings[] = {"KIESEL_ENGINE=" + engine, "KIESEL_CACHE_DIR=" + corpus.cache().string(),
                                    "KIESEL_LAUNCH_SECONDS=2", "KIESEL_THREADS=1"};
    std::vector<char*> environment;  // the first of a name counts
    for (const auto& setting : settings) environment.push_back(const_cast<char*>(setting.c_str()));
    for (char** entry = environ; *entry; ++entry) environment.push_back(*entry);
    environment.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      const int none = ::open("/dev/null", O_RDWR);
      for (const int own : {0, 1, 2}) ::dup2(none, own);
      ::signal(SIGINT, SIG_IGN);  // a terminal gives it to all of a group
      ::dup2(ends[1], kReport);
      ::execve("/proc/self/exe", words.data(), environment.data());
      ::_exit(2);
    }
    ::close(ends[1]);
    reports_ = ends[0];
  }
  ~Process() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      end();
    }
    if (reports_ >= 0) ::close(reports_);
  }
  Process(const Process&) = delete;

  // The next report; none where the process has ended, `hangs` where it has not come in time.
  std::optional<Report> next(std::chrono::milliseconds wait, bool& hangs) const {
    pollfd descriptor{reports_, POLLIN, 0};
    hangs = ::poll(&descriptor, 1, static_cast<int>(wait.count())) <= 0;
    Report report;
    if (hangs || ::read(reports_, &report, sizeof report) != sizeof report) return std::nullopt;
    return report;
  }
  std::uint64_t rss_mib() const {
    std::ifstream file(fmt::format("/proc/{}/statm", pid_));
    std::uint64_t all = 0, resident = 0;
    file >> all >> resident;
    return resident * 4096 >> 20;
  }
  // How it ended, in words.
  std::string end() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status))
                               : fmt::format("exit code {}", WEXITSTATUS(status));
  }

 private:
  static constexpr int kReport = 9;
  pid_t pid_ = -1;
  int reports_ = -1;
};

class Watch {
 public:
  Watch(const RunOptions& options, const Corpus& corpus) : options_(options), corpus_(corpus) {}

  // All of them from `first` on, by one process or several.
  void all(const std::string& engine, std::uint64_t first, std::uint64_t count) {
    const std::uint64_t end = first + count;
    while (first < end && !interrupted()) first = some(engine, first, std::min(kOfOneWorker, end - first));
    if (first < end) tally_.undone.add(first);
  }
  int finish() const {
    for (const auto& [outcome, number] : tally_.outcomes) fmt::print("{:8} {}\n", number, outcome);
    fmt::print("{} binaries, {} failures, most memory of a process {} MiB\n", tally_.binaries,
               tally_.failures, tally_.most_mib);
    tally_.undone.tell();
    return tally_.failures != 0;
  }

 private:
  // Returns the number that comes next.
  std::uint64_t some(const std::string& engine, std::uint64_t first, std::uint64_t count) {
    Process process(options_, engine, corpus_, first, count);
    std::uint64_t next = first;
    auto since = Clock::now();
    while (next < first + count && !interrupted()) {
      bool waits = false;
      const auto report = process.next(std::chrono::milliseconds(100), waits);
      if (waits && process.rss_mib() > kMostMib)
        return failed(engine, next, fmt::format("more than {} MiB", kMostMib));
      if (waits && Clock::now() - since > std::chrono::seconds(options_.seconds))
        return failed(engine, next, fmt::format("more than {} s", options_.seconds));
      if (waits) continue;
      if (!report) return failed(engine, next, process.end());
      if (report->number != next || report->what > What::kFaulted)
        return failed(engine, next, "a report that makes no sense");
      since = Clock::now();
      if (report->what == What::kStarts) continue;
      if (report->rss_mib > kMostMib) return failed(engine, next, fmt::format("{} MiB", report->rss_mib));
      count_one(engine, *report);
      next = report->number + 1;
    }
    return next;
  }

  void count_one(const std::string& engine, const Report& report) {
    std::lock_guard lock(tally_.mutex);
    ++tally_.binaries;
    ++tally_.outcomes[fmt::format("{}, {}", kWords[static_cast<std::size_t>(report.what)], engine)];
    tally_.most_mib = std::max(tally_.most_mib, report.rss_mib);
  }

  std::uint64_t failed(const std::string& engine, std::uint64_t number, const std::string& how) {
    std::lock_guard lock(tally_.mutex);
    ++tally_.binaries;
    ++tally_.failures;
    ++tally_.outcomes["FAILED: " + how];
    fmt::print("{} with seed {}, {}: {}\n", corpus_.name_of(number), number, engine, how);
    std::fflush(stdout);
    if (!options_.keep.empty()) {
      Random random(number);
      const File file = damaged(corpus_.files()[random() % corpus_.files().size()], random);
      static_cast<void>(write_file_atomically(
          fmt::format("{}/{}-{}.elf", options_.keep, corpus_.name_of(number), number), file));
    }
    return number + 1;
  }

  const RunOptions& options_;
  const Corpus& corpus_;
  Tally tally_;
};

struct Part {
  std::string engine;
  std::uint64_t first, count;
};

std::vector<Part> parts_of(const RunOptions& options) {
  const std::vector<std::string> engines = options.engine == "both"
                                               ? std::vector<std::string>{"interpreter", "translator"}
                                               : std::vector<std::string>{options.engine};
  std::vector<Part> parts;
  const std::uint64_t each = (options.count + engines.size() - 1) / engines.size();
  for (std::uint64_t done = 0; done < each; done += kOfOneWorker)
    for (const auto& engine : engines)
      parts.push_back({engine, options.seed + done, std::min(kOfOneWorker, each - done)});
  return parts;
}

}  // namespace

int run(const RunOptions& options) {
  const Corpus corpus;
  if (corpus.files().empty()) return fmt::print(stderr, "nothing to damage\n"), 2;
  Watch watch(options, corpus);
  const auto parts = parts_of(options);
  std::atomic<std::size_t> next = 0;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < options.jobs; ++i)
    threads.emplace_back([&] {
      // Also when interrupted: what was not begun is undone, too.
      for (std::size_t part = next++; part < parts.size(); part = next++)
        watch.all(parts[part].engine, parts[part].first, parts[part].count);
    });
  for (auto& thread : threads) thread.join();
  return watch.finish();
}

}  // namespace kiesel::conformance::binary
