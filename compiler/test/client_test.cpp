#include "compiler/client/client.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "compiler/test/compiler_fixture.hpp"
#include "support/file_identity.hpp"

using namespace kiesel;
using namespace kiesel::compiler;

namespace {

constexpr const char* kGood = "kernel void k(global int* a) { a[0] = 1; }";

std::string read_proc(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<pid_t> children_of(pid_t process) {
  std::vector<pid_t> all;
  const auto tasks = "/proc/" + std::to_string(process) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    std::ifstream file(task.path() / "children");
    for (pid_t child; file >> child;) all.push_back(child);
  }
  return all;
}

std::set<int> open_files() {
  std::set<int> out;
  for (const auto& file : std::filesystem::directory_iterator("/proc/self/fd"))
    out.insert(std::stoi(file.path().filename()));
  // The iterator's own is closed by now.
  std::erase_if(out, [](int file) { return ::fcntl(file, F_GETFD) < 0; });
  return out;
}

char state_of(pid_t process) {
  const auto text = read_proc("/proc/" + std::to_string(process) + "/stat");
  const auto name_end = text.rfind(')');
  return name_end == std::string::npos ? '?' : text[name_end + 2];
}

Reply run_mortal(Client& client, const char* source, std::uint32_t seconds = 20, std::uint32_t mib = 4096) {
  auto request = test::make_request(source);
  request.build_seconds = seconds;
  request.build_mib = mib;
  return test::run(request, client);
}

void check_failure(const Reply& reply, const char* words) {
  INFO(reply.log);
  CHECK(reply.outcome == Outcome::kFailed);
  CHECK(reply.log.find(words) != std::string::npos);
}

}  // namespace

TEST_CASE("the application maps no LLVM") {
  REQUIRE(test::build(kGood).outcome == Outcome::kSuccess);
  const auto maps = read_proc("/proc/self/maps");
  REQUIRE(maps.find("compiler_test") != std::string::npos);
  for (const char* library : {"libLLVM", "libclang", "libSPIRV", "LLVMSPIRV"})
    CHECK(maps.find(library) == std::string::npos);
}

TEST_CASE("a build that dies is one failed build with the cause in its log") {
  Client client(KIESEL_TEST_MORTAL_COMPILER);
  check_failure(run_mortal(client, "segv"), "signal 11");
  check_failure(run_mortal(client, "abort"), "signal 6");
  check_failure(run_mortal(client, "kill"), "signal 9");
  check_failure(run_mortal(client, "exit"), "code 5");
  check_failure(run_mortal(client, "burn", 1), "limit of 1 s");
  check_failure(run_mortal(client, "eat", 20, 256), "limit of 256 MiB");
  CHECK(run_mortal(client, kGood).outcome == Outcome::kSuccess);
}

TEST_CASE("a crash of Clang tells the line that it was at") {
  std::string deep = "kernel void k(global int* a) {\n a[0] = ";
  for (int i = 0; i < 200000; ++i) deep += "- ";
  check_failure(test::build(deep + "a[1]; }"), "<source>:1:30: parsing function body 'k'");
}

// After some builds the server puts LLVM's code into pages of its own.
TEST_CASE("the hundredth build of a server is the first one's, by the same server") {
  Client client(KIESEL_TEST_COMPILER);
  const auto request = test::make_request(kGood);
  const auto first = test::run(request, client);
  REQUIRE(first.outcome == Outcome::kSuccess);
  const auto servers = children_of(::getpid());
  for (int i = 1; i < 100; ++i) REQUIRE(test::run(request, client).binary == first.binary);
  CHECK(children_of(::getpid()) == servers);
}

TEST_CASE("a build that only waits is stopped by the wall clock") {
  Client client(KIESEL_TEST_MORTAL_COMPILER);
  check_failure(run_mortal(client, "pause", 0), "limit of 0 s");
}

TEST_CASE("sources that would keep the compiler busy for ever are stopped") {
  std::string bomb = "#define A0 x\n";
  for (int i = 1; i < 40; ++i)
    bomb +=
        "#define A" + std::to_string(i) + " A" + std::to_string(i - 1) + " A" + std::to_string(i - 1) + "\n";
  bomb += "A39\n";
  auto request = test::make_request(bomb);
  request.build_seconds = 1;
  check_failure(test::run(request), "limit of 1 s");
  CHECK(test::build(kGood).outcome == Outcome::kSuccess);
}

TEST_CASE("killing the compiler is one failed build, and the next works") {
  Client client(KIESEL_TEST_MORTAL_COMPILER);
  REQUIRE(run_mortal(client, kGood).outcome == Outcome::kSuccess);
  const auto before = children_of(::getpid());
  Reply reply;
  std::thread waiting([&] { reply = run_mortal(client, "pause", 60); });
  // Until the build process exists: the server is the child of ours that has one.
  pid_t server = -1, builder = -1;
  for (int i = 0; i < 1000 && builder < 0; ++i) {
    for (const auto child : before)
      for (const auto grandchild : children_of(child)) {
        server = child;
        builder = grandchild;
      }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  REQUIRE(server > 0);
  ::kill(server, SIGKILL);
  waiting.join();
  check_failure(reply, "died");
  CHECK(run_mortal(client, kGood).outcome == Outcome::kSuccess);
  for (const auto child : children_of(::getpid())) {
    CHECK(child != server);
    CHECK(state_of(child) != 'Z');
  }
  // The system ends the build process with its server, and init collects it: both at their own time.
  const auto folder = "/proc/" + std::to_string(builder);
  for (int i = 0; i < 1000 && ::access(folder.c_str(), F_OK) == 0 && state_of(builder) != 'Z'; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK((::access(folder.c_str(), F_OK) != 0 || state_of(builder) == 'Z'));
}

TEST_CASE("a compiler that died between builds costs no build") {
  Client client(KIESEL_TEST_COMPILER);
  const auto before = children_of(::getpid());
  REQUIRE(run_mortal(client, kGood).outcome == Outcome::kSuccess);
  for (const auto child : children_of(::getpid()))
    if (std::find(before.begin(), before.end(), child) == before.end()) ::kill(child, SIGKILL);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK(run_mortal(client, kGood).outcome == Outcome::kSuccess);
}

TEST_CASE(
    "an application that closes descriptors which are not its own builds on, and its files stay as they "
    "are") {
  Client client(KIESEL_TEST_COMPILER);
  const auto before = open_files();
  REQUIRE(run_mortal(client, kGood).outcome == Outcome::kSuccess);
  for (int round = 0; round < 3; ++round) {
    // What has taken the numbers: nothing, a file, a socket that would take any message.
    std::vector<int> taken;
    std::array<int, 2> ends{-1, -1};
    if (round == 2) REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends.data()) == 0);
    const int other = round == 1 ? ::memfd_create("application", 0) : round == 2 ? ends[0] : -1;
    for (const int file : open_files()) {
      if (before.contains(file) || file == ends[0] || file == ends[1] || file == other) continue;
      ::close(file);
      if (other >= 0) REQUIRE(::dup2(other, file) == file);
      taken.push_back(file);
    }
    REQUIRE_FALSE(taken.empty());
    CHECK(run_mortal(client, kGood).outcome == Outcome::kSuccess);
    CHECK(run_mortal(client, kGood).outcome == Outcome::kSuccess);
    for (const int file : taken)
      if (other >= 0) CHECK(FileIdentity::of(file) == FileIdentity::of(other));
    if (round == 1) CHECK(::lseek(other, 0, SEEK_END) == 0);
    char byte = 0;
    if (round == 2) CHECK(::recv(ends[1], &byte, 1, 0) < 0);
    for (const int file : taken)
      if (other >= 0) ::close(file);
    ::close(other);
    ::close(ends[1]);
  }
}

TEST_CASE("a compiler that the application has waited for is not killed again, and costs no build") {
  Client client(KIESEL_TEST_COMPILER);
  const auto before = children_of(::getpid());
  REQUIRE(run_mortal(client, kGood).outcome == Outcome::kSuccess);
  for (const auto child : children_of(::getpid()))
    if (std::find(before.begin(), before.end(), child) == before.end()) {
      ::kill(child, SIGKILL);
      CHECK(::waitpid(child, nullptr, 0) == child);
    }
  CHECK(run_mortal(client, kGood).outcome == Outcome::kSuccess);
}

TEST_CASE("an application without standard streams builds, and none of ours takes their numbers") {
  const auto child = ::fork();
  if (child == 0) {
    for (const int stream : {0, 1, 2}) ::close(stream);
    Client client(KIESEL_TEST_COMPILER);
    const bool built =
        client.run(test::make_request(kGood)).ok() && client.run(test::make_request(kGood)).ok();
    for (const int stream : {0, 1, 2})
      if (::fcntl(stream, F_GETFD) >= 0) ::_exit(2);
    ::_exit(built ? 0 : 1);
  }
  int status = 1;
  ::waitpid(child, &status, 0);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

TEST_CASE("no process is left when the client goes") {
  const auto before = children_of(::getpid());
  {
    Client client(KIESEL_TEST_COMPILER);
    REQUIRE(run_mortal(client, kGood).outcome == Outcome::kSuccess);
    CHECK(children_of(::getpid()).size() == before.size() + 1);
  }
  CHECK(children_of(::getpid()).size() == before.size());
}

TEST_CASE("the compiler ends when the application ends without a word") {
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  const auto application = ::fork();
  if (application == 0) {
    Client client(KIESEL_TEST_COMPILER);
    const bool built = run_mortal(client, kGood).outcome == Outcome::kSuccess;
    const pid_t server = built ? children_of(::getpid()).at(0) : -1;
    if (::write(pipe[1], &server, sizeof server) < 0) ::_exit(1);
    ::_exit(0);
  }
  pid_t server = -1;
  REQUIRE(::read(pipe[0], &server, sizeof server) == sizeof server);
  ::waitpid(application, nullptr, 0);
  ::close(pipe[0]);
  ::close(pipe[1]);
  REQUIRE(server > 0);
  bool gone = false;
  for (int i = 0; i < 500 && !gone; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    const auto state = state_of(server);
    gone = state == '?' || state == 'Z';
  }
  CHECK(gone);
}

TEST_CASE("a fork of the application builds with a compiler of its own") {
  REQUIRE(test::build(kGood).outcome == Outcome::kSuccess);
  const auto fork_pid = ::fork();
  if (fork_pid == 0) ::_exit(test::build(kGood).outcome == Outcome::kSuccess ? 0 : 1);
  CHECK(test::build(kGood).outcome == Outcome::kSuccess);
  int status = 1;
  ::waitpid(fork_pid, &status, 0);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  CHECK(test::build(kGood).outcome == Outcome::kSuccess);
}

TEST_CASE("builds from eight threads give what one gives") {
  const auto expected = test::build(kGood).binary;
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      for (int round = 0; round < 4; ++round) {
        const auto good = test::build(kGood);
        const auto name = "undefined_" + std::to_string(i);
        const auto bad = test::build("kernel void k(global int* a) { a[0] = " + name + "; }");
        wrong += good.outcome != Outcome::kSuccess || good.binary != expected;
        wrong += bad.outcome != Outcome::kFailed || bad.log.find(name) == std::string::npos;
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("a compiler that cannot be started is an error with its path") {
  Client client("/nonexistent/kiesel-compiler");
  const auto reply = client.run(test::make_request(kGood));
  REQUIRE_FALSE(reply.ok());
  CHECK(reply.error().code == Errc::kIo);
  CHECK(reply.error().reason.find("/nonexistent/kiesel-compiler") != std::string::npos);
}

TEST_CASE("a program that is not the compiler is a failed build") {
  Client client("/bin/true");
  const auto reply = client.run(test::make_request(kGood));
  CHECK((!reply.ok() || reply->outcome == Outcome::kFailed));
}

// What a translation means is tested by the device's tests; here only that a request gets to the translator.
TEST_CASE("a request for a translation that makes no sense is refused, and the compiler lives on") {
  const std::vector<std::byte> nonsense(100, std::byte{7});
  const auto answer = test::compiler().translate(nonsense);
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().reason.find("makes no sense") != std::string::npos);
  CHECK(test::build(kGood).outcome == Outcome::kSuccess);
}
