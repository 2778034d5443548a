// A kiesel-compiler whose builds do what the source asks for: the ways in which a compiler can fail.
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "compiler/backend/machine.hpp"
#include "compiler/worker/build.hpp"
#include "compiler/worker/server.hpp"

namespace {

using namespace kiesel::compiler;

void burn() {
  std::atomic<unsigned> turns = 0;
  for (;;) ++turns;
}

void wait_for_ever() {
  for (;;) ::pause();
}

void eat_memory() {
  for (std::vector<char*> all;;) all.push_back(new char[1 << 24]());
}

void read_null() { ::raise(SIGSEGV); }
void be_killed() { ::raise(SIGKILL); }
void leave() { ::_exit(5); }

struct Misdeed {
  std::string_view source;
  void (*act)();
};
constexpr Misdeed kMisdeeds[] = {{"segv", read_null}, {"abort", std::abort}, {"kill", be_killed},
                                 {"exit", leave},     {"burn", burn},        {"pause", wait_for_ever},
                                 {"eat", eat_memory}};

Reply build_or_die(const Request& request, Files& files) {
  for (const auto& [source, act] : kMisdeeds)
    if (request.source == source) act();
  return build(request, files);
}

}  // namespace

int main() {
  initialize_llvm();
  return serve(kControlDescriptor, build_or_die);
}
