#include "compiler/backend/link.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <lld/Common/CommonLinkerContext.h>
#include <lld/Common/Driver.h>
#include <llvm/Support/raw_ostream.h>
#include <unistd.h>

#include "compiler/client/protocol.hpp"

namespace kiesel::compiler {
namespace {

// lld writes an output named "-" to standard output, which is this memory file while it runs.
class CapturedOutput {
 public:
  CapturedOutput() : file_(memory_file({})), saved_(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)) {
    llvm::outs().flush();
    ::dup2(file_.get(), STDOUT_FILENO);
  }
  ~CapturedOutput() { restore(); }
  std::optional<std::vector<std::byte>> take() {
    llvm::outs().flush();
    restore();
    return read_whole(file_.get());
  }

 private:
  void restore() {
    if (saved_) ::dup2(saved_.get(), STDOUT_FILENO);
    saved_.reset();
  }
  Descriptor file_, saved_;
};

std::string path_of(const Descriptor& file) { return fmt::format("/proc/self/fd/{}", file.get()); }

}  // namespace

Result<std::vector<std::byte>, std::string> link_program(std::span<const std::byte> object,
                                                         std::span<const std::byte> tables) {
  const auto object_file = memory_file(object);
  const auto table_file = memory_file(tables);
  if (!object_file || !table_file) return std::string("error: no room for the linker's files\n");
  const auto object_path = path_of(object_file), table_path = path_of(table_file);
  const std::array<const char*, 17> arguments = {"ld.lld",
                                                 "-shared",
                                                 "-e",
                                                 "_start",
                                                 "-Bsymbolic",
                                                 "--no-undefined",
                                                 "--build-id=none",
                                                 "--hash-style=gnu",
                                                 "--threads=1",
                                                 "-z",
                                                 "max-page-size=4096",
                                                 "-o",
                                                 "-",
                                                 object_path.c_str(),
                                                 table_path.c_str()};
  std::string messages;
  llvm::raw_string_ostream log(messages);
  CapturedOutput output;
  const bool linked = lld::elf::link(arguments, llvm::nulls(), log, false, false);
  lld::CommonLinkerContext::destroy();
  const auto file = output.take();
  if (!linked || !file) return "error: cannot link the program: " + messages;
  return *file;
}

}  // namespace kiesel::compiler
