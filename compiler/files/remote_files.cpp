#include "compiler/files/remote_files.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <span>

namespace kiesel::compiler {
namespace {

// A question is one of these and a name; an answer is FileFacts, and where that is a file a second message
// with the descriptor.
constexpr char kOpen = 'o', kCreate = 'c';
constexpr std::byte kHere{1};

ssize_t receive(int socket, void* to, std::size_t size) {
  ssize_t count;
  do count = ::read(socket, to, size);
  while (count < 0 && errno == EINTR);
  return count;
}

bool answer(int socket, const FoundFile& found) {
  if (::write(socket, &found.facts, sizeof found.facts) != sizeof found.facts) return false;
  if (found.facts.found != Found::kFile) return true;
  const std::array<int, 1> descriptors{found.file.get()};
  return send_message(socket, std::span(&kHere, 1), descriptors);
}

FoundFile made(Descriptor file) {
  FoundFile found;
  if (file) found.facts.found = Found::kFile;
  found.file = std::move(file);
  return found;
}

}  // namespace

FoundFile RemoteFiles::no_answer() const {
  lost_();
  return {};
}

FoundFile RemoteFiles::ask(char what, const std::string& name) {
  const auto question = what + name;
  FoundFile found;
  if (name.size() >= PATH_MAX) return found;
  if (::write(socket_.get(), question.data(), question.size()) < 0 ||
      receive(socket_.get(), &found.facts, sizeof found.facts) != sizeof found.facts)
    return no_answer();
  if (found.facts.found != Found::kFile) return found;
  std::byte here{};
  if (!receive_message(socket_.get(), std::span(&here, 1), std::span(&found.file, 1))) return no_answer();
  return found;
}

// What goes to standard error is said in logs after a crash, and names what the compiler was at.
FoundFile RemoteFiles::open(const std::string& path) {
  auto found = ask(kOpen, path);
  if (found.facts.found == Found::kFile && found.facts.is_foreign) ::dup2(STDOUT_FILENO, STDERR_FILENO);
  return found;
}

Descriptor RemoteFiles::create(const std::string& name) { return ask(kCreate, name).file; }

void serve_files(int socket, Files& files) {
  std::array<char, PATH_MAX + 1> question{};
  for (ssize_t count; (count = receive(socket, question.data(), question.size())) > 0;) {
    const std::string name(question.data() + 1, static_cast<std::size_t>(count - 1));
    const bool said = answer(socket, question[0] == kOpen ? files.open(name) : made(files.create(name)));
    if (!said) return;
  }
}

}  // namespace kiesel::compiler
