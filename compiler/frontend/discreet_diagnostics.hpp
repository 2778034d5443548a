// Clang's messages, without the text of files that are not the application's.
#pragma once

#include <clang/Frontend/TextDiagnosticPrinter.h>

#include "compiler/frontend/source_files.hpp"

namespace kiesel::compiler {

inline constexpr const char* kTextLeftOut =
    "note: names and lines are left out of this log: the program includes a file that lies outside of the "
    "working folder and the folders of -I\n";

// Once a build has read a foreign file its names may be in any message, by way of a macro: what is left then
// is the place, in the application's own text, and what Clang calls the kind of message.
class DiscreetDiagnostics : public clang::TextDiagnosticPrinter {
 public:
  DiscreetDiagnostics(llvm::raw_ostream& log, clang::DiagnosticOptions& options, const SourceFiles& files)
      : TextDiagnosticPrinter(log, &options), log_(log), files_(files) {}
  void HandleDiagnostic(clang::DiagnosticsEngine::Level level, const clang::Diagnostic& message) override;

 private:
  void print_place(const clang::Diagnostic& message);

  llvm::raw_ostream& log_;
  const SourceFiles& files_;
  bool explained_ = false;
};

}  // namespace kiesel::compiler
