#include "compiler/frontend/clang.hpp"

#include <clang/Basic/FileManager.h>
#include <clang/Basic/SourceManager.h>
#include <clang/Basic/TargetInfo.h>
#include <clang/CodeGen/ModuleBuilder.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/CompilerInvocation.h>
#include <clang/Frontend/FrontendAction.h>
#include <clang/Frontend/MultiplexConsumer.h>
#include <clang/Frontend/TextDiagnosticPrinter.h>
#include <clang/Lex/PPCallbacks.h>
#include <clang/Lex/Preprocessor.h>
#include <clang/Parse/ParseDiagnostic.h>
#include <fmt/format.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/Path.h>
#include <llvm/Support/VirtualFileSystem.h>

#include "compiler/frontend/base_header.hpp"
#include "compiler/frontend/builtin_overloads.hpp"
#include "compiler/frontend/clang_arguments.hpp"
#include "compiler/frontend/initialisers.hpp"
#include "compiler/frontend/own.hpp"
#include "compiler/frontend/unsupported.hpp"
#include "support/cache.hpp"
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
  add((llvm::Twine(kBaseHeaderFolder) + "/opencl-c-base.h").str(), base_header());
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
FileSystem make_file_system(const Request& request) {
  const auto real = llvm::vfs::getRealFileSystem();
  llvm::IntrusiveRefCntPtr<llvm::vfs::OverlayFileSystem> overlay(new llvm::vfs::OverlayFileSystem(real));
  const auto folder = real->getCurrentWorkingDirectory();
  overlay->pushOverlay(memory_files(request, folder ? *folder : "/"));
  return overlay;
}

std::vector<Dependency> read_files(clang::CompilerInstance& compiler, const FileSystem& memory) {
  std::vector<Dependency> dependencies;
  auto& sources = compiler.getSourceManager();
  for (auto file = sources.fileinfo_begin(); file != sources.fileinfo_end(); ++file) {
    const auto name = file->first->getName();
    const auto buffer = file->second->getBufferIfLoaded();
    llvm::SmallString<128> path(name);
    compiler.getFileManager().makeAbsolutePath(path);
    llvm::sys::path::remove_dots(path, true);
    if (!buffer || name == kSourceName || memory->exists(path)) continue;
    const auto text = buffer->getBuffer();
    dependencies.push_back({path.str().str(), hash64(std::as_bytes(std::span(text.data(), text.size())))});
  }
  return dependencies;
}

// Clang warns of a pragma that names an extension it does not know, also of one that the device has. The
// warning comes later, where the pragma stands, and asks for its severity there.
class Pragmas : public clang::PPCallbacks {
 public:
  Pragmas(clang::DiagnosticsEngine& diagnostics, const std::string& extensions)
      : diagnostics_(diagnostics), extensions_(extensions) {}
  void PragmaOpenCLExtension(clang::SourceLocation at, const clang::IdentifierInfo* name,
                             clang::SourceLocation, unsigned) override {
    const auto severity = has_word(extensions_, {name->getName().data(), name->getName().size()})
                              ? clang::diag::Severity::Ignored
                              : clang::diag::Severity::Warning;
    diagnostics_.setSeverity(clang::diag::warn_pragma_unknown_extension, severity, at);
  }

 private:
  clang::DiagnosticsEngine& diagnostics_;
  const std::string& extensions_;
};

// Clang's own action sets up a back end behind its code generator, also one with nothing to do.
class MakeModule : public clang::ASTFrontendAction {
 public:
  MakeModule(llvm::LLVMContext& context, const std::string& extensions)
      : context_(context), extensions_(extensions) {}
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
    consumers.push_back(relabel_reserved_names());
    consumers.push_back(keep_builtin_overloads());
    consumers.push_back(std::move(generator));
    return std::make_unique<clang::MultiplexConsumer>(std::move(consumers));
  }
  bool BeginSourceFileAction(clang::CompilerInstance& compiler) override {
    compiler.getPreprocessor().addPPCallbacks(
        std::make_unique<Pragmas>(compiler.getDiagnostics(), extensions_));
    return true;
  }
  void EndSourceFileAction() override {
    if (getCompilerInstance().getDiagnostics().hasErrorOccurred()) return;
    module_.reset(generator_->ReleaseModule());
    mark_own(*generator_, *module_, getCompilerInstance().getSourceManager());
  }

 private:
  llvm::LLVMContext& context_;
  const std::string& extensions_;
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
  MakeModule action(context, request.extensions);
  if (compiler.ExecuteAction(action)) result.module = action.take();
}

}  // namespace

Compiled compile_source(llvm::LLVMContext& context, const Request& request, const BuildOptions& options) {
  Compiled result;
  llvm::raw_string_ostream log(result.log);
  const auto arguments = clang_arguments(request, options);
  std::vector<const char*> words;
  for (const auto& argument : arguments) words.push_back(argument.c_str());

  llvm::IntrusiveRefCntPtr<clang::DiagnosticOptions> display(new clang::DiagnosticOptions);
  auto* printer = new clang::TextDiagnosticPrinter(log, display.get());
  clang::DiagnosticsEngine diagnostics(new clang::DiagnosticIDs, display, printer);
  clang::CompilerInstance compiler;
  if (!clang::CompilerInvocation::CreateFromArgs(compiler.getInvocation(), words, diagnostics)) return result;

  compiler.setVerboseOutputStream(log);
  compiler.createDiagnostics(new clang::TextDiagnosticPrinter(log, &compiler.getDiagnosticOpts()), true);
  const auto files = make_file_system(request);
  compiler.createFileManager(files);
  run(compiler, request, context, result);
  if (result.module) {
    const auto errors = run_time_initialisers(*result.module);
    if (!errors.empty()) result.module.reset();
    log << errors;
  }
  if (compiler.hasSourceManager()) {
    const auto folder = files->getCurrentWorkingDirectory();
    result.dependencies = read_files(compiler, memory_files(request, folder ? *folder : "/"));
  }
  return result;
}

}  // namespace kiesel::compiler
