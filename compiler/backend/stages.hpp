// What a build tells about itself on its way: processor time by phase, and files for people to look at.
#pragma once

#include <llvm/Support/PrettyStackTrace.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/client/client.hpp"
#include "compiler/files/files.hpp"

namespace llvm {
class Module;
}

namespace kiesel::compiler {

// If the process crashes the current phase is among what LLVM says that it was at.
class Stages : llvm::PrettyStackTraceEntry {
 public:
  // Without files nothing is kept; those that cannot be made are all that it costs.
  explicit Stages(Files* files) : files_(files) {}

  // Ends the phase before and starts this one.
  void begin(std::string_view name);
  std::vector<Phase> finish();

  bool dumping() const { return files_ != nullptr; }
  void dump(std::string_view name, std::string_view text) const;
  void dump(std::string_view name, std::span<const std::byte> bytes) const;
  void dump(std::string_view name, const llvm::Module& module) const;
  void dump_header(std::string_view name, std::string_view text) const;

 private:
  void print(llvm::raw_ostream& crash_report) const override;
  void end_phase();

  Files* files_;
  std::vector<Phase> phases_;
  std::string current_;
  std::uint64_t start_ns_ = 0;
};

}  // namespace kiesel::compiler
