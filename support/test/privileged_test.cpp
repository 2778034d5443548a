// A setuid or setgid program, or one with capabilities, does not let whoever starts it say what it reads and
// writes. Needs root, who can make such a program and be somebody else.
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Environment = std::vector<std::string>;

constexpr uid_t kOwner = 65534, kCaller = 65533;  // nobody's, both without any right

// A folder that everybody may write, gone at the end.
struct OpenFolder {
  OpenFolder() {
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    REQUIRE(::chmod(name.c_str(), 0777) == 0);
  }
  ~OpenFolder() { fs::remove_all(name); }
  std::string name = "/tmp/kiesel-privileged-XXXXXX";
};

// What the program says when it is started as kCaller.
std::string run(const std::string& program, const Environment& environment) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(STDERR_FILENO);
    std::vector<char*> variables;
    for (const auto& entry : environment) variables.push_back(const_cast<char*>(entry.c_str()));
    variables.push_back(nullptr);
    char* const arguments[] = {const_cast<char*>(program.c_str()), nullptr};
    if (::setgroups(0, nullptr) == 0 && ::setgid(kCaller) == 0 && ::setuid(kCaller) == 0)
      ::execve(program.c_str(), arguments, variables.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  std::string out;
  std::array<char, 512> piece;
  for (ssize_t got; (got = ::read(ends[0], piece.data(), piece.size())) > 0;)
    out.append(piece.data(), static_cast<std::size_t>(got));
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
  return out;
}

// File capabilities as the kernel keeps them: one right, at once in force.
bool give_capability(const std::string& program) {
  const std::array<std::uint32_t, 5> value{0x02000001, 1, 0, 0, 0};  // revision 2, effective; CAP_CHOWN
  return ::setxattr(program.c_str(), "security.capability", value.data(), sizeof value, 0) == 0;
}

}  // namespace

TEST_CASE("a privileged program reads no options, no configuration file, and keeps no cache or log") {
  if (::geteuid() != 0) {
    WARN("skipped: only root can make a setuid program of somebody else");
    return;
  }
  const OpenFolder folder;
  std::ofstream(folder.name + "/kiesel.toml") << "dump = \"" << folder.name << "/dump\"\nbuild_mib = 77\n";
  const Environment environment{"KIESEL_COMPILER=" + folder.name + "/evil",
                                "KIESEL_LOG=debug",
                                "KIESEL_LOG_FILE=" + folder.name + "/log",
                                "KIESEL_CONFIG=" + folder.name + "/kiesel.toml",
                                "KIESEL_DEVICE=" + folder.name + "/device.toml",
                                "HOME=" + folder.name,
                                "XDG_CACHE_HOME=" + folder.name,
                                "XDG_CONFIG_HOME=" + folder.name};
  const std::string program = folder.name + "/probe";
  fs::copy_file(KIESEL_PRIVILEGED_PROBE, program);

  REQUIRE(::chmod(program.c_str(), 0755) == 0);
  const auto plain = run(program, environment);
  CHECK(plain.find("privileged=false") != std::string::npos);
  CHECK(plain.find("compiler=" + folder.name + "/evil") != std::string::npos);
  CHECK(plain.find("build_mib=77") != std::string::npos);
  CHECK(plain.find("folder=" + folder.name + "/kiesel\n") != std::string::npos);
  CHECK(fs::remove(folder.name + "/log"));

  for (const mode_t mode : {04755, 02755, 0755}) {
    REQUIRE(::chown(program.c_str(), kOwner, kOwner) == 0);
    REQUIRE(::chmod(program.c_str(), mode) == 0);
    if (mode == 0755 && !give_capability(program)) {
      WARN("skipped: no file capabilities here");
      return;
    }
    const auto text = run(program, environment);
    if (text.find("privileged=false") != std::string::npos) {
      WARN("skipped: /tmp takes no privileged programs");
      return;
    }
    CHECK(text == "privileged=true\ncache=false\nfolder=\n");
    CHECK_FALSE(fs::exists(folder.name + "/log"));
  }
}
