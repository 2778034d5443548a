// Programs that take all time or memory that they can get: the build ends within twice its limit.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "compiler/test/compiler_fixture.hpp"
#include "support/clock.hpp"

using namespace kiesel;
using namespace kiesel::compiler;

namespace {

constexpr std::uint32_t kSeconds = 2;

// Doubles itself so often; each line is the one before, twice.
std::string doubling(const std::string& first, const std::string& use, int times) {
  std::string text = "#define A0 " + first + "\n";
  for (int i = 1; i <= times; ++i) {
    const auto before = "A" + std::to_string(i - 1);
    text += "#define A" + std::to_string(i) + " " + before + " " + before + "\n";
  }
  return text + use + "\n";
}

void check_stopped(const Request& request) {
  const auto start = now_ns();
  const auto reply = test::run(request);
  const auto ns = now_ns() - start;
  INFO(reply.log.substr(0, 500));
  CHECK(reply.outcome == Outcome::kFailed);
  CHECK((reply.log.find("limit of 2 s") != std::string::npos ||
         reply.log.find("limit of 512 MiB") != std::string::npos ||
         reply.log.find("error:") != std::string::npos));
  CHECK(ns < 2 * kSeconds * 1'000'000'000ULL);
}

Request limited(std::string_view source, std::string_view options = {}) {
  auto request = test::make_request(source, options);
  request.build_seconds = kSeconds;
  request.build_mib = 512;
  return request;
}

}  // namespace

TEST_CASE("bombs of macros, templates and constants end within twice the limit") {
  check_stopped(limited(doubling("x", "A40", 40)));
  check_stopped(limited(doubling("{", "int x = A40;", 40)));
  check_stopped(limited(doubling("1+", "int x = A26 1;", 26)));
  check_stopped(limited("template <int n> struct T { T<n + 1> a; T<n + 2> b; T<n + 3> c; }; T<0> t;",
                        "-cl-std=CLC++2021"));
  check_stopped(
      limited("template <class A, class B> struct P {};"
              "template <int n, class T> struct D { typedef typename D<n - 1, P<T, P<T, T>>>::t t; };"
              "template <class T> struct D<0, T> { typedef T t; };"
              "kernel void k() { D<1000, int>::t x; x.y(); }",
              "-cl-std=CLC++2021"));
  check_stopped(
      limited("constexpr int f(int n) { int s = 0; for (int i = 0; i < n; ++i) s += f(n - 1); return s; }"
              "constexpr int x = f(30); kernel void k(global int* a) { a[0] = x; }",
              "-cl-std=CLC++2021"));
}

TEST_CASE("bombs of includes end within twice the limit") {
  namespace fs = std::filesystem;
  const auto folder = fs::temp_directory_path() / ("kiesel-limits-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  std::ofstream(folder / "self.h") << "#include \"self.h\"\n#include \"self.h\"\n";
  for (int i = 0; i < 40; ++i) {
    const auto next = "\"" + std::to_string(i + 1) + ".h\"\n";
    std::ofstream(folder / (std::to_string(i) + ".h")) << "#include " << next << "#include " << next;
  }
  std::ofstream(folder / "40.h") << "int x;\n";
  for (const char* name : {"self.h", "0.h"}) {
    auto request = limited("#include \"" + std::string(name) + "\"\nkernel void k() {}");
    request.working_folder = folder;
    check_stopped(request);
  }
  fs::remove_all(folder);
}
