#include "compiler/backend/stages.hpp"

#include <llvm/IR/Module.h>
#include <llvm/Support/raw_ostream.h>

#include <algorithm>
#include <ctime>
#include <filesystem>

#include "support/file.hpp"

namespace kiesel::compiler {
namespace {

// Of the one thread that builds: the clock of a process with a limit counts whole ticks only.
std::uint64_t cpu_ns() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace

void Stages::begin(std::string_view name) {
  end_phase();
  current_ = name;
  start_ns_ = cpu_ns();
}

void Stages::print(llvm::raw_ostream& crash_report) const { crash_report << "phase: " << current_ << '\n'; }

void Stages::end_phase() {
  if (current_.empty()) return;
  const auto spent = cpu_ns() - start_ns_;
  const auto known = std::ranges::find(phases_, current_, &Phase::name);
  if (known == phases_.end())
    phases_.push_back({current_, spent});
  else
    known->cpu_ns += spent;
}

std::vector<Phase> Stages::finish() {
  end_phase();
  current_.clear();
  return phases_;
}

void Stages::dump(std::string_view name, std::span<const std::byte> bytes) const {
  if (!dumping()) return;
  const auto file = files_->create(std::string(name));
  if (file) static_cast<void>(write_whole(file.get(), bytes));
}

void Stages::dump(std::string_view name, std::string_view text) const {
  dump(name, std::as_bytes(std::span(text)));
}

// Names are the application's: they stay inside the folder.
void Stages::dump_header(std::string_view name, std::string_view text) const {
  const auto inside = (std::filesystem::path("/") / name).lexically_normal().string();
  dump("headers" + inside, text);
}

void Stages::dump(std::string_view name, const llvm::Module& module) const {
  if (!dumping()) return;
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream, nullptr);
  dump(name, std::string_view(text));
}

}  // namespace kiesel::compiler
