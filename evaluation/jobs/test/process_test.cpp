#include "evaluation/jobs/process.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <thread>

#include "support/file.hpp"

using namespace kiesel;
using namespace kiesel::jobs;

namespace {

Ending shell(const std::string& script, std::chrono::seconds limit = std::chrono::seconds(30)) {
  const auto output = std::filesystem::temp_directory_path() / "kiesel_jobs_process.txt";
  return run({"/bin/sh", {"-c", script}, "/", {{"MARK", "seen"}}, output, limit});
}

std::string output() {
  return read_text_file(std::filesystem::temp_directory_path() / "kiesel_jobs_process.txt").value();
}

// A killed orphan may stay for a moment until it is reaped.
bool ends_soon(pid_t process) {
  for (int i = 0; i < 100 && ::kill(process, 0) == 0; ++i) {
    const auto state = read_text_file("/proc/" + std::to_string(process) + "/stat");
    if (!state || state->find(") Z") != std::string::npos) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return ::kill(process, 0) != 0;
}

}  // namespace

TEST_CASE("a program's exit status, output, folder and environment") {
  const auto ending = shell("echo $MARK; pwd; echo error >&2; exit 7");
  CHECK(ending.kind == Ending::Kind::kExit);
  CHECK(ending.code == 7);
  CHECK(output() == "seen\n/\nerror\n");
}

TEST_CASE("a program that dies of a signal") {
  const auto ending = shell("kill -SEGV $$");
  CHECK(ending.kind == Ending::Kind::kSignal);
  CHECK(ending.code == SIGSEGV);
}

TEST_CASE("at the limit the program and what it started are killed") {
  const auto ending = shell("sleep 100 & echo $!; sleep 100", std::chrono::seconds(1));
  CHECK(ending.kind == Ending::Kind::kTimeout);
  CHECK(ending.seconds < 10);
  CHECK(ends_soon(std::stoi(output())));
}

TEST_CASE("a signal to who runs a program ends the program") {
  const pid_t runner = ::fork();
  if (runner == 0) {
    std::signal(SIGTERM, [](int) { stop_running(); });
    const bool first = shell("echo $$; kill -TERM $PPID; sleep 100").kind == Ending::Kind::kStopped;
    const bool later = shell("exit 0").kind == Ending::Kind::kStopped;
    ::_exit(first && later ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(runner, &status, 0) == runner);
  CHECK(status == 0);
  CHECK(ends_soon(std::stoi(output())));
}

TEST_CASE("a program that does not exist") {
  const auto ending = run({"/nonexistent/program", {}, "/", {}, "/dev/null", std::chrono::seconds(1)});
  CHECK(ending.kind == Ending::Kind::kNotStarted);
}
