#include "compiler/frontend/clang.hpp"

#include <clang/Basic/FileManager.h>
#include <clang/Basic/SourceManager.h>
#include <clang/Basic/TargetInfo.h>
#include <clang/CodeGen/ModuleBuilder.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/CompilerInvocation.h>
#include <clang/Frontend/FrontendAction.h>
#include <clang/Frontend/MultiplexConsumer.h>
#include <clang/Lex/PPCallbacks.h>
#include <clang/Lex/Preprocessor.h>
#include <clang/Parse/ParseDiagnostic.h>
#include <fmt/format.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/Path.h>

#include "compiler/frontend/base_header.hpp"
#include "compiler/frontend/builtin_overloads.hpp"
#include "compiler/frontend/clang_arguments.hpp"
#include "compiler/frontend/discreet_diagnostics.hpp"
#include "compiler/frontend/initialisers.hpp"
#include "compiler/frontend/own.hpp"
#include "compiler/frontend/source_files.hpp"
#include "compiler/frontend/sub_group_sizes.hpp"
#include "compiler/frontend/unsupported.hpp"
#include "support/words.hpp"

namespace kiesel::compiler {
namespace {

constexpr const char* kSourceName = "<source>";

using FileSystem = llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem>;

llvm::IntrusiveRefCntPtr<llvm::vfs::InMemoryFileSystem> memory_files(const Request& request,
                                                                     llvm::StringRef working_folder) {
  llvm::IntrusiveRefCntPtr<llvm::vfs::InMemoryFileSystem> files(new llvm::vfs::InMemoryFileSystem);
  const auto add = [&](llvm::StringRef path, std::string_view text) {
    files->addFile(path, 0, llvm::MemoryBuffer::getMemBuffer({text.data(), text.size()}, path));
  };
  add(kBaseHeader, base_header());
  add(kNewerBuiltins, newer_builtins());
  // In the working folder, so that they are found before files of the same name: OpenCL 3.0 API,
  // clCompileProgram.
  for (const auto& header : request.headers) {
    llvm::SmallString<128> path(working_folder);
    llvm::sys::path::append(path, header.name);
    add(path, header.text);
  }
  return files;
}

// The machine's files below what the request and the compiler bring along.
FileSystem overlay(const Request& request, const llvm::IntrusiveRefCntPtr<SourceFiles>& sources) {
  llvm::IntrusiveRefCntPtr<llvm::vfs::OverlayFileSystem> all(new llvm::vfs::OverlayFileSystem(sources));
  all->pushOverlay(memory_files(request, *sources->getCurrentWorkingDirectory()));
  return all;
}

// Clang warns of a pragma that names an extension it does not know, or not in this version of the language,
// also of one that the device has. The warning comes later, where the pragma stands, and asks for its
// severity there.
class Pragmas : public clang::PPCallbacks {
 public:
  Pragmas(clang::DiagnosticsEngine& diagnostics, const std::string& extensions)
      : diagnostics_(diagnostics), extensions_(extensions) {}
  void PragmaOpenCLExtension(clang::SourceLocation at, const clang::IdentifierInfo* name,
                             clang::SourceLocation, unsigned) override {
    const auto severity = has_word(extensions_, {name->getName().data(), name->getName().size()})
                              ? clang::diag::Severity::Ignored
                              : clang::diag::Severity::Warning;
    for (const auto warning :
         {clang::diag::warn_pragma_unknown_extension, clang::diag::warn_pragma_unsupported_extension})
      diagnostics_.setSeverity(warning, severity, at);
  }

 private:
  clang::DiagnosticsEngine& diagnostics_;
  const std::string& extensions_;
};

// Clang's own action sets up a back end behind its code generator, also one with nothing to do.
class MakeModule : public clang::ASTFrontendAction {
 public:
  MakeModule(llvm::LLVMContext& context, const Request& request) : context_(context), request_(request) {}
  std::unique_ptr<llvm::Module> take() { return std::move(module_); }

 protected:
  std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance& compiler,
                                                        llvm::StringRef file) override {
    // OpenCL C reserves long long, and Clang makes it 128 bits, which SPIR-V does not have. Programs mean the
    // host's type.
    compiler.getTarget().LongLongWidth = compiler.getTarget().LongLongAlign = 64;
    std::unique_ptr<clang::CodeGenerator> generator(clang::CreateLLVMCodeGen(
        compiler.getDiagnostics(), file, &compiler.getVirtualFileSystem(), compiler.getHeaderSearchOpts(),
        compiler.getPreprocessorOpts(), compiler.getCodeGenOpts(), context_));
    generator_ = generator.get();
    std::vector<std::unique_ptr<clang::ASTConsumer>> consumers;
    consumers.push_back(find_unsupported(compiler.getDiagnostics()));  // before code is made of it
    consumers.push_back(check_sub_group_sizes(compiler.getDiagnostics(), request_.target));
    consumers.push_back(relabel_reserved_names());
    consumers.push_back(keep_builtin_overloads());
    consumers.push_back(std::move(generator));
    return std::make_unique<clang::MultiplexConsumer>(std::move(consumers));
  }
  bool BeginSourceFileAction(clang::CompilerInstance& compiler) override {
    compiler.getPreprocessor().addPPCallbacks(
        std::make_unique<Pragmas>(compiler.getDiagnostics(), request_.extensions));
    return true;
  }
  void EndSourceFileAction() override {
    if (getCompilerInstance().getDiagnostics().hasErrorOccurred()) return;
    module_.reset(generator_->ReleaseModule());
    mark_own(*generator_, *module_, getCompilerInstance().getSourceManager());
  }

 private:
  llvm::LLVMContext& context_;
  const Request& request_;
  clang::CodeGenerator* generator_ = nullptr;
  std::unique_ptr<llvm::Module> module_;
};

void run(clang::CompilerInstance& compiler, const Request& request, llvm::LLVMContext& context,
         Compiled& result) {
  auto& inputs = compiler.getFrontendOpts().Inputs;
  inputs.clear();
  inputs.emplace_back(llvm::MemoryBufferRef(request.source, kSourceName),
                      clang::InputKind(clang::Language::OpenCL));
  compiler.getFrontendOpts().SkipFunctionBodies = true;  // asks keep_builtin_overloads(), which says no
  MakeModule action(context, request);
  if (compiler.ExecuteAction(action)) result.module = action.take();
}

}  // namespace

std::string discreet_error() { return std::string("error: (text left out)\n") + kTextLeftOut; }

Compiled compile_source(llvm::LLVMContext& context, const Request& request, const BuildOptions& options,
                        Files& files) {
  Compiled result;
  llvm::raw_string_ostream log(result.log);
  const auto arguments = clang_arguments(request, options);
  std::vector<const char*> words;
  for (const auto& argument : arguments) words.push_back(argument.c_str());

  const llvm::IntrusiveRefCntPtr<SourceFiles> sources(
      new SourceFiles(files, request.working_folder, options.include_folders));
  llvm::IntrusiveRefCntPtr<clang::DiagnosticOptions> display(new clang::DiagnosticOptions);
  auto* printer = new DiscreetDiagnostics(log, *display, *sources);
  clang::DiagnosticsEngine diagnostics(new clang::DiagnosticIDs, display, printer);
  clang::CompilerInstance compiler;
  if (!clang::CompilerInvocation::CreateFromArgs(compiler.getInvocation(), words, diagnostics)) return result;

  compiler.setVerboseOutputStream(log);
  compiler.createDiagnostics(new DiscreetDiagnostics(log, compiler.getDiagnosticOpts(), *sources), true);
  compiler.createFileManager(overlay(request, sources));
  run(compiler, request, context, result);
  result.is_discreet = sources->has_foreign();
  if (result.module) {
    const auto errors = run_time_initialisers(*result.module);
    if (!errors.empty()) result.module.reset();
    log << (errors.empty() || !result.is_discreet ? errors : discreet_error());
  }
  if (!result.module) log << sources->notes();
  result.dependencies = sources->dependencies();
  return result;
}

}  // namespace kiesel::compiler
