// #include as a whole: the compiler's process, its sandbox, and what a log tells.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "compiler/test/compiler_fixture.hpp"
#include "compiler/test/folders.hpp"
#include "support/clock.hpp"

using namespace kiesel;
using namespace kiesel::compiler;

namespace {

namespace fs = std::filesystem;

void write(const std::string& path, std::string_view text, mode_t mode = 0644) {
  test::write(path, text, mode);
}

Reply build_in(const std::string& folder, std::string_view source, std::string_view options = {}) {
  auto request = test::make_request(source, options);
  request.working_folder = folder;
  return test::run(request);
}

bool builds(const Reply& reply) {
  UNSCOPED_INFO(reply.log);
  return reply.outcome == Outcome::kSuccess;
}

bool has(const std::string& log, std::string_view words) { return log.find(words) != log.npos; }

constexpr const char* kUse = "\nkernel void k(global int* a) { a[0] = VALUE; }\n";

}  // namespace

TEST_CASE("a relative #include is found in the application's folder, without -I") {
  const test::Folders at;
  write(at.work + "/values.h", "#define VALUE 1\n");
  fs::create_directories(at.work + "/below");
  write(at.work + "/below/more.h", "#include \"sibling.h\"\n");
  write(at.work + "/below/sibling.h", "#define VALUE 2\n");
  for (const char* line : {"#include \"values.h\"", "#include <values.h>", "#include \"./values.h\"",
                           "#include \"below/more.h\"", "#import \"values.h\"",
                           "#include \"below/../values.h\"", "#define NAME \"values.h\"\n#include NAME"}) {
    INFO(line);
    CHECK(builds(build_in(at.work, std::string(line) + kUse)));
    CHECK_FALSE(builds(build_in(at.elsewhere, std::string(line) + kUse)));
  }
}

TEST_CASE(
    "the working folder comes before -I for quotes, behind it for brackets, and headers of the call win") {
  const test::Folders at;
  write(at.work + "/values.h", "#define VALUE first\n");
  write(at.include + "/values.h", "#define VALUE second\n");
  const auto option = "-I " + at.include;
  CHECK(has(build_in(at.work, std::string("#include \"values.h\"") + kUse, option).log, "'first'"));
  CHECK(has(build_in(at.work, std::string("#include <values.h>") + kUse, option).log, "'second'"));
  auto request = test::make_request(std::string("#include \"values.h\"") + kUse, option);
  request.working_folder = at.work;
  request.headers.push_back({"values.h", "#define VALUE third\n"});
  CHECK(has(test::run(request).log, "'third'"));
}

TEST_CASE("a name that is nowhere is Clang's error and no more") {
  const test::Folders at;
  const auto reply = build_in(at.work, "#include \"none.h\"\nkernel void k() {}", "-I" + at.include);
  CHECK(has(reply.log, "'none.h' file not found"));
  CHECK_FALSE(has(reply.log, "note:"));
  CHECK(reply.dependencies.size() == 2);
}

TEST_CASE("a build in a folder that is gone needs no folder") {
  CHECK(builds(build_in("/no/such/folder", "kernel void k() {}")));
  CHECK_FALSE(builds(build_in("/no/such/folder", std::string("#include \"values.h\"") + kUse)));
}

TEST_CASE("what is not a regular file is an error that says so, at once") {
  const test::Folders at;
  ::mkfifo((at.work + "/pipe.h").c_str(), 0644);
  fs::create_symlink("/dev/zero", at.work + "/zero.h");
  fs::create_directories(at.work + "/folder.h");
  write(at.work + "/hole.h", "");
  fs::resize_file(at.work + "/hole.h", std::uint64_t{1} << 40);
  struct Case {
    std::string name, words;
  };
  for (const auto& [name, words] :
       {Case{"pipe.h", "not a regular file"}, Case{"zero.h", "not a regular file"},
        Case{"folder.h", "is a folder"}, Case{"hole.h", "too large"}, Case{"/dev/zero", "not a regular file"},
        Case{"/dev/urandom", "not a regular file"}, Case{"/dev/stdin", "not a regular file"},
        Case{"/proc/self/maps", "not a regular file"}, Case{"/proc/self/fd/0", "not a regular file"}}) {
    const auto start = now_ns();
    const auto reply = build_in(at.work, "#include \"" + name + "\"\nkernel void k() {}");
    INFO(name << "\n" << reply.log);
    CHECK(reply.outcome == Outcome::kFailed);
    CHECK(has(reply.log, "'" + name + "' file not found"));
    CHECK(has(reply.log, words));
    CHECK(now_ns() - start < 5'000'000'000);
  }
}

TEST_CASE("private files outside of the application's folders are not there") {
  const test::Folders at;
  write(at.elsewhere + "/secret", "secret_word here\n", 0600);
  const auto path = at.elsewhere + "/secret";
  const auto reply = build_in(at.work, "#include \"" + path + "\"\nkernel void k() {}");
  CHECK(has(reply.log, "file not found"));
  CHECK_FALSE(has(reply.log, "secret_word"));
  CHECK(has(reply.log, "only what everybody may read"));
  const auto absent = build_in(at.work, "#include \"" + path + "x\"\nkernel void k() {}");
  CHECK(has(absent.log, "only what everybody may read"));
  for (const auto& name : {path, path + "x"}) {
    const auto question = "#if __has_include(\"" + name + "\")\n#error is there\n#endif\nkernel void k() {}";
    CHECK(builds(build_in(at.work, question)));
  }
  CHECK(
      has(build_in(at.elsewhere, "#if __has_include(\"secret\")\n#error is there\n#endif").log, "is there"));
}

TEST_CASE("the text of a file that is not the application's is in no log") {
  const test::Folders at;
  const auto path = at.elsewhere + "/public.h";
  const auto include = "#include \"" + path + "\"\n";
  const auto check = [&](const std::string& text, const std::string& source) {
    write(path, text, 0644);
    const auto reply = build_in(at.work, source);
    INFO(reply.log);
    CHECK(reply.outcome == Outcome::kFailed);
    CHECK_FALSE(has(reply.log, "secret"));
    CHECK(has(reply.log, "left out"));
    CHECK(has(reply.log, "<source>:"));
  };
  check("secret:x:0:0:secret_word\n", include);
  check("#define WORD secret_word\n", include + "kernel void k(global int* a) { a[0] = WORD; }");
  check("#error secret\n", include);
  check("#line 7 \"secret\"\n@\n", include);
  check("#include \"secret_name.h\"\n", include);
  check("int secret();\n", include + "int secret(float); kernel void k() {}");
  // Names that the linker has not, and recursion: errors of later steps.
  write(path, "int secret_function(int);\n#define CALL secret_function(1)\n");
  const auto unresolved = build_in(at.work, include + "kernel void k(global int* a) { a[0] = CALL; }");
  CHECK(unresolved.outcome == Outcome::kFailed);
  CHECK_FALSE(has(unresolved.log, "secret"));
  // What is right builds.
  write(path, "#define VALUE 3\n");
  CHECK(builds(build_in(at.work, include + kUse)));
}

TEST_CASE("a crash behind a file that is not the application's tells no names") {
  const test::Folders at;
  write(at.elsewhere + "/public.h", "#define NAME secret_name\n");
  std::string deep =
      "#include \"" + at.elsewhere + "/public.h\"\nkernel void NAME(global int* a) {\n a[0] = ";
  for (int i = 0; i < 200000; ++i) deep += "- ";
  const auto reply = build_in(at.work, deep + "a[1]; }");
  INFO(reply.log.substr(0, 2000));
  CHECK(has(reply.log, "crashed"));
  CHECK_FALSE(has(reply.log, "secret"));
}

TEST_CASE("own files are told of with their lines") {
  const test::Folders at;
  write(at.include + "/a.h", "int visible_word[-1];\n", 0600);
  const auto reply = build_in(at.work, "#include \"a.h\"\nkernel void k() {}", "-I" + at.include);
  CHECK(has(reply.log, "visible_word"));
  CHECK(has(reply.log, "a.h:1:"));
}

TEST_CASE("a reply lists what was looked for, and what was not there") {
  const test::Folders at;
  write(at.include + "/a.h", "//abcd");
  const auto reply =
      build_in(at.work, "#include <a.h>\nkernel void k() {}", "-I" + at.work + "/none -I" + at.include);
  REQUIRE(builds(reply));
  REQUIRE(reply.dependencies.size() == 2);
  CHECK(reply.dependencies[0].path == at.work + "/none/a.h");
  CHECK_FALSE(reply.dependencies[0].is_file);
  CHECK(reply.dependencies[1].path == at.include + "/a.h");
  CHECK(reply.dependencies[1].is_file);
  CHECK(reply.dependencies[1].bytes == 6);
  CHECK(build_in(at.work, "kernel void k() {}", "-I" + at.include).dependencies.empty());
}

TEST_CASE("pragmas of Clang that read or write files do neither") {
  const test::Folders at;
  write(at.work + "/a.h", "int x;");
  for (const char* line : {"#pragma clang module build M\nmodule M {}\n#pragma clang module contents\nint "
                           "m;\n#pragma clang module endbuild",
                           "#pragma clang module load M", "#pragma clang module import M",
                           "#pragma GCC dependency \"a.h\"", "#pragma clang __debug dump k"}) {
    INFO(line);
    const auto reply = build_in(at.work, std::string(line) + "\nkernel void k() {}");
    INFO(reply.log);
    CHECK_FALSE(has(reply.log, "crashed"));
  }
  CHECK(builds(build_in(at.work, "kernel void k() {}")));
}
