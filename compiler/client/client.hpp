// The application's side of the compiler: starts `kiesel-compiler` and sends it builds and translations.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "device/isa/target.hpp"
#include "support/result.hpp"

namespace kiesel::compiler {

enum class Operation : std::uint8_t {
  kBuild,      // source or SPIR-V -> executable program binary
  kCompile,    // source -> program binary without code (SPIR-V inside)
  kLink,       // several of those -> executable, or a library with -create-library
  kTranslate,  // a device model's request, which only it and its translator understand -> their answer
};

struct File {
  std::string name;
  std::string text;
};

struct Request {
  Operation operation = Operation::kBuild;
  isa::Target target;
  std::string options;                         // as the application wrote them
  std::string source;                          // OpenCL C; empty when `inputs` are given
  std::vector<File> headers;                   // clCompileProgram's embedded headers
  std::vector<std::vector<std::byte>> inputs;  // SPIR-V modules or program binaries
  std::string extensions;                      // space separated, what the device reports; "-cl-ext" in Clang
  std::uint32_t build_seconds = 120;  // most processor time, and half of the most time on the wall clock
  std::uint32_t build_mib = 4096;     // most memory
  std::string working_folder;         // where relative folders of -I start; empty is the caller's
  std::string dump;                   // folder for what the build makes on its way, or empty
};

enum class Outcome : std::uint8_t {
  kSuccess,
  kFailed,          // the program is wrong; `log` says how
  kInvalidOptions,  // an option that OpenCL does not know or does not allow here
  kInvalidInput,    // an input is neither SPIR-V nor a program binary that this version reads
};

struct Dependency {  // a path that #include or __has_include looked at, for the cache
  std::string path;
  std::uint64_t hash = 0;  // XXH3-64 of its contents
  std::uint64_t bytes = 0;
  bool is_file = true;  // else there was no file to be read
};

// What holds a build's process back, beside its limits.
struct Confinement {
  bool calls = true;  // seccomp: it makes no system calls but those that a compiler needs
  bool files = true;  // Landlock: it opens no files, whatever calls it makes
};

struct Phase {  // of a build, in the order of their first start
  std::string name;
  std::uint64_t cpu_ns = 0;
};

struct Reply {
  Outcome outcome = Outcome::kFailed;
  std::string log;                // Clang's diagnostics and ours; may hold warnings on success
  std::vector<std::byte> binary;  // program binary on success
  std::vector<Dependency> dependencies;
  std::vector<Phase> phases;
  Confinement confinement;
};

// Threads: run() may be called from several threads at once; each call is one child of the worker.
// A worker that dies is one failed build (kFailed, with a log that says so) and is started anew for the next.
class Client {
 public:
  // `program`: path of kiesel-compiler. Nothing is started before the first run().
  explicit Client(std::string program);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Starts the worker now, so that the first build finds it warm. Errors show at run().
  void warm_up();
  // kIo when the worker cannot be started at all.
  Result<Reply> run(const Request& request);
  // Has machine code translated into code of the host, in a child like a build's. kCrashed, with what it
  // said last, when that ends without an answer.
  Result<std::vector<std::byte>> translate(std::span<const std::byte> request);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// kiesel-compiler beside this library: option compiler, else the directory of the module that
// contains this function, else ../libexec, ../bin and the install prefix.
std::string find_compiler();

}  // namespace kiesel::compiler
