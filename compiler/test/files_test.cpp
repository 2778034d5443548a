// What a build may read, and how a process that may open nothing gets it.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "compiler/files/include_names.hpp"
#include "compiler/files/local_files.hpp"
#include "compiler/files/remote_files.hpp"
#include "compiler/test/folders.hpp"

using namespace kiesel;
using namespace kiesel::compiler;

namespace {

namespace fs = std::filesystem;

FileRights rights(const test::Folders& folders) { return {folders.work, {folders.include}, {}}; }

void write(const std::string& path, std::string_view text, mode_t mode = 0600) {
  test::write(path, text, mode);
}

Found look(Files& files, const std::string& path) { return files.open(path).facts.found; }

std::string text_of(const FoundFile& found) {
  std::string text(found.facts.bytes, '\0');
  const auto count = ::pread(found.file.get(), text.data(), text.size(), 0);
  return count < 0 ? "" : text.substr(0, static_cast<std::size_t>(count));
}

}  // namespace

TEST_CASE("names between quotes and brackets are what a text includes") {
  const auto names = included_names(
      "#include \"a.h\"\n  #  include <b/c.h> // more\n#import \"d.h\"\n#include_next <e.h>\n"
      "#define X \"f.h\"\n#include X\nint include = 1; \"g.h\"\n#include \"open\n#include \"last\"");
  CHECK(names == std::vector<std::string_view>{"a.h", "b/c.h", "d.h", "e.h", "last"});
}

TEST_CASE("the application's folders are read whatever the mode, others where everybody may read") {
  const test::Folders at;
  LocalFiles files(rights(at));
  for (const auto& folder : {at.work, at.include, at.work + "/below"}) {
    fs::create_directories(folder);
    write(folder + "/x.h", "own");
    const auto found = files.open(folder + "/x.h");
    CHECK(text_of(found) == "own");
    CHECK_FALSE(found.facts.is_foreign);
  }
  write(at.elsewhere + "/public.h", "public", 0604);
  write(at.elsewhere + "/private.h", "private", 0660);
  const auto found = files.open(at.elsewhere + "/public.h");
  CHECK(text_of(found) == "public");
  CHECK(found.facts.is_foreign);
  CHECK(look(files, at.elsewhere + "/private.h") == Found::kNothing);
  CHECK(look(files, at.work + "/../elsewhere/private.h") == Found::kNothing);
}

TEST_CASE("what is private and what does not exist look alike") {
  const test::Folders at;
  LocalFiles files(rights(at));
  write(at.elsewhere + "/private.h", "private");
  fs::create_directories(at.elsewhere + "/folder");
  ::chmod((at.elsewhere + "/folder").c_str(), 0700);
  ::mkfifo((at.elsewhere + "/pipe").c_str(), 0600);
  const auto nothing = files.open(at.elsewhere + "/no-such-file").facts;
  for (const char* name : {"/private.h", "/folder", "/pipe"}) {
    const auto facts = files.open(at.elsewhere + name).facts;
    CHECK(facts.found == nothing.found);
    CHECK(facts.is_foreign == nothing.is_foreign);
    CHECK(facts.bytes == 0);
    CHECK(facts.inode == 0);
  }
}

TEST_CASE("a link counts as what it leads to") {
  const test::Folders at;
  LocalFiles files(rights(at));
  write(at.elsewhere + "/private.h", "private");
  write(at.work + "/own.h", "own");
  fs::create_symlink(at.elsewhere + "/private.h", at.work + "/out.h");
  fs::create_symlink(at.work + "/own.h", at.elsewhere + "/in.h");
  fs::create_symlink(at.elsewhere, at.work + "/folder");
  CHECK(look(files, at.work + "/out.h") == Found::kNothing);
  CHECK(look(files, at.work + "/folder/private.h") == Found::kNothing);
  CHECK(look(files, at.elsewhere + "/in.h") == Found::kFile);
}

TEST_CASE("own files may include what is private elsewhere, by names that stand in them") {
  const test::Folders at;
  write(at.elsewhere + "/private.h", "#include \"deeper.h\"\n");
  write(at.elsewhere + "/deeper.h", "deeper");
  write(at.elsewhere + "/another.h", "another");
  write(at.work + "/own.h", "#include \"../elsewhere/private.h\"\n#define NAME \"../elsewhere/another.h\"\n");
  LocalFiles files(rights(at));
  CHECK(look(files, at.work + "/../elsewhere/private.h") == Found::kNothing);
  CHECK(look(files, at.work + "/own.h") == Found::kFile);
  CHECK(look(files, at.elsewhere + "/deeper.h") == Found::kNothing);
  const auto found = files.open(at.work + "/../elsewhere/private.h");
  CHECK(found.facts.found == Found::kFile);
  CHECK_FALSE(found.facts.is_foreign);
  CHECK(look(files, at.elsewhere + "/deeper.h") == Found::kFile);
  CHECK(look(files, at.work + "/../elsewhere/another.h") == Found::kNothing);
}

TEST_CASE("a granted name that a link bends elsewhere is not granted") {
  const test::Folders at;
  fs::create_directories(at.elsewhere + "/deep/folder");
  write(at.elsewhere + "/deep/secret.h", "secret");
  write(at.work + "/own.h", "#include \"secret.h\"\n");
  fs::create_symlink(at.elsewhere + "/deep/folder", at.work + "/bend");
  LocalFiles files(rights(at));
  CHECK(look(files, at.work + "/own.h") == Found::kFile);
  CHECK(look(files, at.work + "/bend/../secret.h") == Found::kNothing);
}

TEST_CASE("only regular files are read, also in the application's folders") {
  const test::Folders at;
  LocalFiles files(rights(at));
  ::mkfifo((at.work + "/pipe").c_str(), 0644);
  fs::create_symlink(at.work + "/pipe", at.work + "/link");
  fs::create_symlink("/dev/zero", at.work + "/zero");
  fs::create_symlink("/proc/self/environ", at.work + "/environment");
  const Descriptor memory(::memfd_create("memory", 0));
  const auto named = "/proc/self/fd/" + std::to_string(memory.get());
  for (const auto& path : {at.work + "/pipe", at.work + "/link", at.work + "/zero", at.work + "/environment",
                           std::string("/dev/zero"), std::string("/dev/stdin"), std::string("/proc/version"),
                           std::string("/proc/self/maps"), named}) {
    INFO(path);
    const auto found = files.open(path);
    CHECK((found.facts.found == Found::kNotRegular || found.facts.found == Found::kNothing));
    CHECK_FALSE(found.file);
  }
  CHECK(look(files, at.work) != Found::kFile);
  CHECK(look(files, at.include + "/../include") != Found::kFile);
}

TEST_CASE("a file that is mostly a hole is too large") {
  const test::Folders at;
  LocalFiles files(rights(at));
  write(at.work + "/hole.h", "");
  fs::resize_file(at.work + "/hole.h", std::uint64_t{1} << 40);
  CHECK(look(files, at.work + "/hole.h") == Found::kTooLarge);
}

TEST_CASE("a working folder of / gives no rights, a folder of -I does") {
  const test::Folders at;
  write(at.elsewhere + "/private.h", "private");
  LocalFiles none({"/", {}, {}});
  CHECK(look(none, at.elsewhere + "/private.h") == Found::kNothing);
  LocalFiles all({"/work", {"/"}, {}});
  CHECK(look(all, at.elsewhere + "/private.h") == Found::kFile);
}

TEST_CASE("a dump's files lie in a folder of the build, whatever their names") {
  const test::Folders at;
  LocalFiles files({at.work, {}, at.elsewhere + "/dump"});
  CHECK(files.create("a/b.txt"));
  CHECK(files.create("../../../c.txt"));
  CHECK_FALSE(fs::exists(at.root / "c.txt"));
  std::size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(at.elsewhere + "/dump"))
    count += entry.is_regular_file();
  CHECK(count == 2);
  LocalFiles none(rights(at));
  CHECK_FALSE(none.create("a.txt"));
}

TEST_CASE("files come over a socket as they are") {
  const test::Folders at;
  write(at.work + "/a.h", "text");
  write(at.elsewhere + "/private.h", "private");
  ::mkfifo((at.work + "/pipe").c_str(), 0644);
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
  bool lost = false;
  std::thread server([&at, socket = ends[1]] {
    LocalFiles files({at.work, {}, at.elsewhere + "/dump"});
    serve_files(socket, files);
    ::close(socket);
  });
  {
    RemoteFiles files{Descriptor(ends[0]), [&] { lost = true; }};
    CHECK(text_of(files.open(at.work + "/a.h")) == "text");
    CHECK(look(files, at.elsewhere + "/private.h") == Found::kNothing);
    CHECK(look(files, at.work + "/pipe") == Found::kNotRegular);
    CHECK(look(files, "/" + std::string(10'000, 'x')) == Found::kNothing);
    CHECK(look(files, "") == Found::kNothing);
    CHECK(files.create("made"));
    CHECK(text_of(files.open(at.work + "/a.h")) == "text");
  }
  server.join();
  CHECK_FALSE(lost);
}

TEST_CASE("a build whose server of files has gone is told so") {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
  ::close(ends[1]);
  std::signal(SIGPIPE, SIG_IGN);
  bool lost = false;
  RemoteFiles files{Descriptor(ends[0]), [&] { lost = true; }};
  CHECK(look(files, "/etc/passwd") == Found::kNothing);
  CHECK(lost);
}
