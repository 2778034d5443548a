// Each way out of the sandbox is tried from inside by a process of its own, and from outside to see that it
// works there.
#include "compiler/worker/sandbox.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "compiler/test/ways_out.hpp"

using namespace kiesel;
using namespace kiesel::compiler;
using namespace kiesel::compiler::test;

namespace {

namespace fs = std::filesystem;

constexpr int kWorked = 10, kFailed = 11, kNoSandbox = 12;

// An attempt ends the process that makes it when a program takes its place (code 0 of true), or the sandbox
// does.
enum class End { kWorked, kFailed, kKilled, kNoSandbox };

End try_out(const Attempt& attempt, const Surroundings& at, bool inside) {
  const pid_t child = ::fork();
  if (child == 0) {
    // What the test program has open goes, but for what the attempts are meant to find.
    keep_descriptors(std::array{0, 1, 2, at.open_folder, at.program});
    if (inside) {
      const auto confinement = enter_sandbox();
      if (!confinement.calls) ::_exit(kNoSandbox);
    }
    ::_exit(attempt.act(at) < 0 ? kFailed : kWorked);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return WTERMSIG(status) == SIGSYS ? End::kKilled : End::kWorked;
  if (WEXITSTATUS(status) == kNoSandbox) return End::kNoSandbox;
  return WEXITSTATUS(status) == kFailed ? End::kFailed : End::kWorked;
}

std::string contents(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("no way leads out of the sandbox") {
  for (const auto& attempt : attempts()) {
    INFO(attempt.name);
    const Surroundings at;
    const auto end = try_out(attempt, at, true);
    REQUIRE(end != End::kNoSandbox);
    CHECK(end != End::kWorked);
    CHECK(contents(at.file) == "original\n");
    CHECK_FALSE(fs::exists(fs::symlink_status(at.other)));
    CHECK(::kill(at.victim, 0) == 0);
  }
}

TEST_CASE("the ways out of the sandbox are ways outside of it") {
  for (const auto& attempt : attempts()) {
    if (attempt.outside == Outside::kMayWork) continue;
    INFO(attempt.name);
    const Surroundings at;
    CHECK(try_out(attempt, at, false) == End::kWorked);
  }
}

namespace {

// Exit code of what runs inside, 99 when it was killed.
int run_inside(int (*act)()) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (!enter_sandbox().calls) ::_exit(98);
    ::_exit(act());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

}  // namespace

TEST_CASE("what a compiler needs works inside") {
  CHECK(run_inside([] {
          const auto memory = std::make_unique<std::vector<char>>(64 << 20);
          return memory->size() == 64 << 20 ? 0 : 1;
        }) == 0);
  CHECK(run_inside([] {
          int ran = 1;
          std::thread([&] { ran = 0; }).join();
          return ran;
        }) == 0);
  CHECK(run_inside([] {
          const int file = ::memfd_create("memory", 0);
          if (::write(file, "abc", 3) != 3) return 1;
          const int again = ::open(("/proc/self/fd/" + std::to_string(file)).c_str(), O_RDONLY);
          struct stat status {};
          std::array<char, 3> text{};
          if (again < 0 || ::fstat(again, &status) != 0 || status.st_size != 3) return 2;
          return ::pread(again, text.data(), 3, 0) == 3 && text[0] == 'a' ? 0 : 3;
        }) == 0);
  CHECK(run_inside([] { return ::open("/proc/self/fd/1", O_WRONLY) < 0 && errno == EPERM ? 0 : 1; }) == 0);
  CHECK(run_inside([] {
          std::signal(SIGUSR1, [](int) { ::_exit(0); });
          ::raise(SIGUSR1);
          return 1;
        }) == 0);
}

TEST_CASE("an abort inside is an abort") {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGABRT, SIG_DFL);
    set_limits(60, 1024);
    if (!enter_sandbox().calls) ::_exit(98);
    std::abort();
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT));
}

TEST_CASE("only the descriptors that are kept stay open") {
  const pid_t child = ::fork();
  if (child == 0) {
    const int kept = ::dup2(1, 500), lost = ::dup2(1, 400), far = ::dup2(1, 600);
    keep_descriptors(std::array{kept, 0, 1, 2});
    const bool right = ::fcntl(kept, F_GETFD) >= 0 && ::fcntl(lost, F_GETFD) < 0 &&
                       ::fcntl(far, F_GETFD) < 0 && ::fcntl(2, F_GETFD) >= 0 && ::fcntl(3, F_GETFD) < 0;
    ::_exit(right ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
}
