#include "conformance/cts/process.hpp"

#include <catch2/catch.hpp>
#include <csignal>
#include <thread>

#include "support/file.hpp"

using namespace kiesel;
using namespace kiesel::conformance;

namespace {

Ending shell(const std::string& script, std::chrono::seconds limit = std::chrono::seconds(30)) {
  const auto output = std::filesystem::temp_directory_path() / "kiesel_cts_process.txt";
  return run({"/bin/sh", {"-c", script}, "/", {{"MARK", "seen"}}, output, limit});
}

std::string output() {
  return read_text_file(std::filesystem::temp_directory_path() / "kiesel_cts_process.txt").value();
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
  const auto grandchild = std::stoi(output());
  // A killed orphan may stay for a moment until it is reaped.
  for (int i = 0; i < 100 && ::kill(grandchild, 0) == 0; ++i) {
    const auto state = read_text_file("/proc/" + std::to_string(grandchild) + "/stat");
    if (!state || state->find(") Z") != std::string::npos) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  CHECK(::kill(grandchild, 0) != 0);
}

TEST_CASE("a program that does not exist") {
  const auto ending = run({"/nonexistent/program", {}, "/", {}, "/dev/null", std::chrono::seconds(1)});
  CHECK(ending.kind == Ending::Kind::kNotStarted);
}
