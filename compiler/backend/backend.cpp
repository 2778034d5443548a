#include "compiler/backend/backend.hpp"

#include <llvm/IR/DiagnosticInfo.h>
#include <llvm/IR/DiagnosticPrinter.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>

#include <set>

#include "compiler/backend/code.hpp"
#include "compiler/backend/dot_products.hpp"
#include "compiler/backend/entries.hpp"
#include "compiler/backend/frames.hpp"
#include "compiler/backend/inlining.hpp"
#include "compiler/backend/kernel_table.hpp"
#include "compiler/backend/link.hpp"
#include "compiler/backend/lower_memory.hpp"
#include "compiler/backend/machine.hpp"
#include "compiler/backend/matrices.hpp"
#include "compiler/backend/missing_atomics.hpp"
#include "compiler/backend/notes.hpp"
#include "compiler/backend/optimize.hpp"
#include "compiler/backend/program_variables.hpp"
#include "compiler/backend/remainders.hpp"
#include "compiler/backend/sub_group_sizes.hpp"
#include "compiler/backend/undefined.hpp"
#include "compiler/backend/unspecified.hpp"
#include "compiler/backend/work_groups.hpp"
#include "compiler/builtins/builtins.hpp"
#include "compiler/il/execution_modes.hpp"
#include "compiler/program/elf_writer.hpp"
#include "compiler/simt/simt.hpp"
#include "compiler/spirv/bitcode.hpp"
#include "compiler/spirv/spirv.hpp"

namespace kiesel::compiler {
namespace {

using TextStatus = Result<void, std::string>;

std::string lines(const std::vector<std::string>& messages) {
  std::string text;
  for (const auto& message : messages) text += "error: " + message + "\n";
  return text;
}

std::string lines(const simt::Errors& errors) {
  std::vector<std::string> messages;
  for (const auto& error : errors) messages.push_back(error.text);
  return lines(messages);
}

Program describe(const Ingredients& from) {
  Program program;
  program.target = from.target;
  program.has_argument_info = from.options.argument_info;
  program.options = code_options(from.options);
  program.uniform_work_groups = from.options.uniform_work_group_size;
  if (from.options.debug) program.source = from.source;
  return program;
}

// What LLVM complains about (inline assembly, unsupported code) becomes the build log, not standard error.
class ErrorCollector : public llvm::DiagnosticHandler {
 public:
  explicit ErrorCollector(std::vector<std::string>& errors) : errors_(errors) {}
  bool handleDiagnostics(const llvm::DiagnosticInfo& info) override {
    if (info.getSeverity() != llvm::DS_Error) return true;
    std::string text;
    llvm::raw_string_ostream stream(text);
    llvm::DiagnosticPrinterRawOStream printer(stream);
    info.print(printer);
    errors_.push_back(std::move(text));
    return true;
  }

 private:
  std::vector<std::string>& errors_;
};

// One program on its way through the back end.
class BackEnd {
 public:
  BackEnd(const Ingredients& from, Stages& stages)
      : from_(from), stages_(stages), machine_(target_machine(from.target)) {
    context_.setOpaquePointers(true);
    context_.setDiscardValueNames(!stages_.dumping());
    context_.setDiagnosticHandler(std::make_unique<ErrorCollector>(complaints_));
  }

  BackendResult run() {
    if (auto status = read(); !status) return status.error();
    if (auto status = link_library(); !status) return status.error();
    if (auto status = optimise(); !status) return status.error();
    if (auto log = too_large_frames(*module_); !log.empty()) return log;
    if (auto status = generate(); !status) return status.error();
    if (!complaints_.empty()) return lines(complaints_);
    if (auto status = measure(); !status) return status.error();
    return link();
  }

 private:
  TextStatus read() {
    stages_.begin("read SPIR-V");
    auto module = read_spirv_module(context_, from_.words);
    if (!module) return "error: " + module.error().reason + "\n";
    module_ = std::move(*module);
    if (module_->getDataLayout().getPointerSize() != sizeof(std::uint64_t))
      return std::string("error: the SPIR-V module uses 32-bit addresses: the device has 64-bit ones\n");
    module_->setTargetTriple(machine_.getTargetTriple().str());
    module_->setDataLayout(machine_.createDataLayout());
    stages_.dump("1-from-spirv.ll", *module_);
    const auto bytes = program_variable_bytes(*module_);
    if (!bytes) return bytes.error();
    global_bytes_ = *bytes;
    return {};
  }

  TextStatus link_library() {
    stages_.begin("builtins");
    kernels_ = find_kernels(*module_);
    for (auto& kernel : kernels_)
      kernel.description.observes_work_groups = observes_work_groups(*kernel.body);
    builtins::lower_printf(*module_, from_.target.atomics);
    for (auto& kernel : kernels_) kernel.description.uses_printf = builtins::uses_printf(*kernel.body);
    const auto sub_groups = sub_groups_per_work_group(from_.words);
    for (auto& [name, count] : sub_groups)
      for (auto& kernel : kernels_)
        if (kernel.description.name == name) kernel.description.required_sub_groups = count;
    if (const auto log = lower_matrices(*module_, from_.target); !log.empty()) return log;
    lower_remainders(*module_);
    specify_values(*module_);
    apply_math_options(*module_, from_.options);
    if (from_.options.notes) note_synchronisation(*module_);
    auto undefined = builtins::link_builtins(*module_);
    if (!from_.target.half && builtins::lower_half(*module_)) undefined = builtins::link_builtins(*module_);
    if (!undefined) return "error: " + undefined.error().reason + "\n";
    if (!undefined->empty()) return undefined_message(*undefined, *module_);
    lower_dot_products(*module_, from_.target);
    if (const auto name = find_recursion(kernels_); !name.empty())
      return "error: function '" + name + "' calls itself: recursion is not allowed in OpenCL C\n";
    if (const auto text = missing_sub_group_size(kernels_, from_.target); !text.empty())
      return "error: " + text + "\n";
    settle_sub_group_sizes(*module_, kernels_, from_.target.lanes);
    make_entries(*module_, kernels_, from_.target);
    limit_inlining(*module_);
    make_struct_copies(*module_);
    stages_.dump("2-linked.ll", *module_);
    return {};
  }

  TextStatus optimise() {
    stages_.begin("optimise");
    optimize(*module_, machine_, from_.options);
    if (auto log = missing_atomics(*module_, from_.target); !log.empty()) return log;
    if (auto log = too_large_local_variable(*module_); !log.empty()) return log;
    lower_local_variables(*module_, kernels_);
    lower_block_memory(*module_);
    if (from_.target.mixed_access) part_mixed_accesses(*module_);
    if (from_.target.wide_group) mend_local_ids(*module_);
    flatten_address_spaces(*module_);
    clean_up(*module_, machine_);
    stages_.dump("3-optimised.ll", *module_);
    return {};
  }

  // The analysed form first. Functions that the checker cannot follow are made again with every branch
  // guarded, in a phase of its own so that builds show it; an error in one that is guarded already stays.
  TextStatus generate() {
    const auto bitcode = write_bitcode(*module_);
    stages_.begin("SIMT lowering");
    std::set<std::string> guarded;
    for (auto errors = lower_and_generate(*module_); !errors.empty(); errors = lower_and_generate(*module_)) {
      const auto before = guarded.size();
      for (const auto& error : errors) guarded.insert(error.function);
      if (guarded.size() == before) return lines(errors);
      stages_.dump("checker.log", std::string_view(lines(errors)));
      stages_.begin("SIMT lowering again");
      complaints_.clear();
      guarded_ = true;
      module_ = read_bitcode(context_, bitcode);
      for (const auto& name : guarded)
        if (auto* function = module_->getFunction(name)) simt::guard_every_branch(*function);
    }
    return {};
  }

  simt::Errors lower_and_generate(llvm::Module& module) {
    simt::Errors errors;
    llvm::legacy::PassManager passes;
    simt::add_ir_passes(passes, from_.target, errors);
    passes.run(module);
    if (!errors.empty()) return errors;
    flatten_address_spaces(module);
    stages_.dump(guarded_ ? "6-simt-guarded.ll" : "4-simt.ll", module);
    dump_assembly(module);
    stages_.begin("code generation");
    code_ = code(module, CodeKind::kObject);
    return code_.errors;
  }

  Code code(llvm::Module& module, CodeKind kind) {
    return generate_code(module, static_cast<llvm::LLVMTargetMachine&>(machine_), kind,
                         from_.target.lanes > 1);
  }

  // Code generation changes the module, so the listing is made from a copy.
  void dump_assembly(const llvm::Module& module) {
    if (!stages_.dumping()) return;
    const auto copy = read_bitcode(context_, write_bitcode(module));
    const auto listing = code(*copy, CodeKind::kAssembly);
    stages_.dump(guarded_ ? "7-code-guarded.s" : "5-code.s",
                 std::string_view(listing.object.data(), listing.object.size()));
  }

  TextStatus measure() {
    for (auto& kernel : kernels_) {
      const auto bytes = stack_bytes(code_.frames, kernel.description.symbol);
      if (!bytes) return bytes.error();
      kernel.description.private_memory_bytes = *bytes;
    }
    const auto undefined = undefined_symbols(object());
    if (!undefined.empty()) return undefined_message(undefined, *module_);
    return {};
  }

  std::span<const std::byte> object() const {
    return std::as_bytes(std::span(code_.object.data(), code_.object.size()));
  }

  BackendResult link() {
    auto program = describe(from_);
    for (auto& kernel : kernels_) program.kernels.push_back(kernel.description);
    program.global_variable_bytes = global_bytes_;
    stages_.begin("link");
    auto file = link_program(
        object(), write_tables(ElfKind::kRelocatable, to_json(program), std::as_bytes(from_.words)));
    if (!file) return file;
    if (const auto sealed = seal(*file); !sealed) return "error: " + sealed.error().reason + "\n";
    stages_.dump("program.elf", std::span<const std::byte>(*file));
    return file;
  }

  const Ingredients& from_;
  Stages& stages_;
  std::vector<std::string> complaints_;
  llvm::LLVMContext context_;
  llvm::TargetMachine& machine_;
  std::unique_ptr<llvm::Module> module_;
  std::vector<KernelFunction> kernels_;
  Code code_;
  std::uint64_t global_bytes_ = 0;
  // Some functions with every branch guarded, because the checker could not follow them.
  bool guarded_ = false;
};

}  // namespace

BackendResult make_program(const Ingredients& ingredients, Stages& stages) {
  return BackEnd(ingredients, stages).run();
}

std::vector<std::byte> make_unlinked(const Ingredients& ingredients) {
  auto program = describe(ingredients);
  program.has_code = false;
  program.is_library = ingredients.options.create_library;
  auto file = write_tables(ElfKind::kShared, to_json(program), std::as_bytes(ingredients.words));
  const auto sealed = seal(file);
  assert(sealed.ok());
  return file;
}

}  // namespace kiesel::compiler
