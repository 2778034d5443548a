// What a build tells about itself on its way: processor time by phase, and files for people to look at.
#pragma once

#include <llvm/Support/PrettyStackTrace.h>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/client/client.hpp"

namespace llvm {
class Module;
}

namespace kiesel::compiler {

// If the process crashes the current phase is among what LLVM says that it was at.
class Stages : llvm::PrettyStackTraceEntry {
 public:
  // An empty folder keeps nothing; one that cannot be written costs only the files.
  explicit Stages(const std::string& dump_folder);

  // Ends the phase before and starts this one.
  void begin(std::string_view name);
  std::vector<Phase> finish();

  bool dumping() const { return !folder_.empty(); }
  void dump(std::string_view name, std::string_view text) const;
  void dump(std::string_view name, std::span<const std::byte> bytes) const;
  void dump(std::string_view name, const llvm::Module& module) const;
  void dump_header(std::string_view name, std::string_view text) const;

 private:
  void print(llvm::raw_ostream& crash_report) const override;
  void end_phase();

  std::filesystem::path folder_;  // of this build
  std::vector<Phase> phases_;
  std::string current_;
  std::uint64_t start_ns_ = 0;
};

}  // namespace kiesel::compiler
