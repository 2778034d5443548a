#include "conformance/random/host_run.hpp"

#include <dlfcn.h>
#include <ucontext.h>

#include <cstdlib>
#include <fstream>

#include "conformance/random/prelude.hpp"

namespace kiesel::conformance {
namespace {

constexpr std::size_t kStackBytes = 64 * 1024;

// As the prelude declares it.
struct Item {
  const std::uint32_t* in;
  const float* fin;
  std::uint32_t* out;
  std::uint32_t* lds;
  std::uint32_t n, gid, lid, group_size;
  void (*barrier)();
};
using Function = void (*)(Item*);

// Work-items of one group take turns on this thread; each runs up to its next barrier or its end.
struct Fiber {
  ucontext_t context;
  std::vector<char> stack;
  Item item;
  Function function;
  bool done = false;
};
thread_local ucontext_t scheduler;
thread_local Fiber* current = nullptr;

void wait_at_barrier() { swapcontext(&current->context, &scheduler); }

void start_fiber() {
  current->function(&current->item);
  current->done = true;
}

void run_group(std::vector<Fiber>& fibers) {
  for (Fiber& fiber : fibers) {
    fiber.stack.resize(kStackBytes);
    fiber.done = false;
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = fiber.stack.data();
    fiber.context.uc_stack.ss_size = fiber.stack.size();
    fiber.context.uc_link = &scheduler;
    makecontext(&fiber.context, start_fiber, 0);
  }
  for (bool waiting = true; waiting;) {
    waiting = false;
    for (Fiber& fiber : fibers) {
      if (fiber.done) continue;
      current = &fiber;
      swapcontext(&scheduler, &fiber.context);
      waiting |= !fiber.done;
    }
  }
}

Error failed(const std::string& reason) { return {Errc::kInvalidArgument, reason}; }

}  // namespace

void HostProgram::Close::operator()(void* library) const { dlclose(library); }

Result<HostProgram> HostProgram::build(const std::vector<RandomKernel>& kernels, const std::string& folder) {
  const std::string source = folder + "/kernels.c", library = folder + "/kernels.so",
                    log = folder + "/kernels.log";
  {
    std::ofstream file(source);
    file << host_prelude();
    for (const RandomKernel& kernel : kernels) file << kernel.text;
    if (!file) return failed("cannot write " + source);
  }
  const std::string command = std::string(KIESEL_HOST_C_COMPILER) +
                              " -std=c11 -O1 -w -fwrapv -ffp-contract=off -fPIC -shared -o '" + library +
                              "' '" + source + "' > '" + log + "' 2>&1";
  if (std::system(command.c_str()) != 0) return failed("the host compiler failed, see " + log);
  void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) return failed(dlerror());
  return HostProgram(handle);
}

std::vector<std::uint32_t> HostProgram::run(const RandomKernel& kernel, const Inputs& inputs) const {
  std::vector<std::uint32_t> out(std::size_t{kernel.groups} * kernel.group_size * kOutputsPerItem);
  const auto function = reinterpret_cast<Function>(dlsym(library_.get(), kernel.name.c_str()));
  for (std::uint32_t group = 0; group < kernel.groups; ++group) {
    std::vector<std::uint32_t> local(kTableSize);
    std::vector<Fiber> fibers(kernel.group_size);
    for (std::uint32_t lid = 0; lid < kernel.group_size; ++lid) {
      fibers[lid].function = function;
      fibers[lid].item = {inputs.words.data(),
                          inputs.floats.data(),
                          out.data(),
                          local.data(),
                          kernel.n,
                          group * kernel.group_size + lid,
                          lid,
                          kernel.group_size,
                          wait_at_barrier};
    }
    run_group(fibers);
  }
  return out;
}

}  // namespace kiesel::conformance
