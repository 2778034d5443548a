#include "compiler/frontend/discreet_diagnostics.hpp"

#include <clang/Basic/DiagnosticIDs.h>
#include <clang/Basic/SourceManager.h>

namespace kiesel::compiler {
namespace {

const char* name_of(clang::DiagnosticsEngine::Level level) {
  constexpr const char* kNames[] = {"ignored", "note", "remark", "warning", "error", "fatal error"};
  return kNames[level];
}

}  // namespace

// The #include that leads to a foreign file, in the place of what stands there.
void DiscreetDiagnostics::print_place(const clang::Diagnostic& message) {
  if (!message.hasSourceManager() || message.getLocation().isInvalid()) return;
  const auto& sources = message.getSourceManager();
  auto place = sources.getExpansionLoc(message.getLocation());
  while (place.isValid() && files_.is_foreign(sources.getFilename(place)))
    place = sources.getExpansionLoc(sources.getIncludeLoc(sources.getFileID(place)));
  if (place.isInvalid()) return;
  log_ << sources.getBufferName(place) << ':' << sources.getSpellingLineNumber(place) << ':'
       << sources.getSpellingColumnNumber(place) << ": ";
}

void DiscreetDiagnostics::HandleDiagnostic(clang::DiagnosticsEngine::Level level,
                                           const clang::Diagnostic& message) {
  if (!files_.has_foreign()) return TextDiagnosticPrinter::HandleDiagnostic(level, message);
  DiagnosticConsumer::HandleDiagnostic(level, message);
  if (level == clang::DiagnosticsEngine::Note) return;
  print_place(message);
  const auto category = clang::DiagnosticIDs::getCategoryNumberForDiag(message.getID());
  log_ << name_of(level) << ": " << clang::DiagnosticIDs::getCategoryNameFromID(category)
       << " (text left out)\n";
  if (!explained_) log_ << kTextLeftOut;
  explained_ = true;
}

}  // namespace kiesel::compiler
