// link_builtins() and lower_printf() on modules as the SPIR-V reader makes them.
#include <llvm/AsmParser/Parser.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Support/SourceMgr.h>
#include <llvm/Support/raw_ostream.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <memory>
#include <string>

#include "compiler/builtins/builtins.hpp"
#include "compiler/files/local_files.hpp"
#include "compiler/frontend/clang.hpp"
#include "compiler/spirv/spirv.hpp"

using namespace kiesel::compiler::builtins;

namespace {

struct Program {
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> module;

  Program() {
    context.setOpaquePointers(true);
    context.setDiagnosticHandlerCallBack([](const llvm::DiagnosticInfo&, void*) {});
  }
  std::vector<std::string> link() {
    auto undefined = link_builtins(*module);
    REQUIRE(undefined.ok());
    std::string complaint;
    llvm::raw_string_ostream stream(complaint);
    REQUIRE_FALSE(llvm::verifyModule(*module, &stream));
    return *undefined;
  }
};

std::unique_ptr<Program> parse(const std::string& text) {
  auto program = std::make_unique<Program>();
  llvm::SMDiagnostic error;
  program->module = llvm::parseAssemblyString(text, error, program->context);
  INFO(error.getMessage().str());
  REQUIRE(program->module);
  return program;
}

// Source to SPIR-V and back, as a build does it.
std::unique_ptr<Program> compile(const std::string& source, const char* options) {
  using namespace kiesel::compiler;
  Request request;
  request.options = options;
  request.extensions = KIESEL_DECLARED_EXTENSIONS;
  request.source = source;
  auto parsed = parse_options(options, Operation::kBuild);
  REQUIRE(parsed.ok());
  llvm::LLVMContext typed;
  typed.setOpaquePointers(false);
  LocalFiles files(rights_of(request));
  auto compiled = compile_source(typed, request, *parsed, files);
  INFO(compiled.log.substr(0, 2000));
  REQUIRE(compiled.module);
  auto words = write_spirv(*compiled.module);
  REQUIRE(words.ok());
  REQUIRE(check_spirv(*words).ok());
  auto program = std::make_unique<Program>();
  auto module = read_spirv_module(program->context, *words);
  REQUIRE(module.ok());
  program->module = std::move(*module);
  return program;
}

// The callers of one file in programs of a size that programs have.
std::string undefined_names(const char* path, const char* options) {
  constexpr int kCallers = 400;
  std::ifstream file(path);
  std::string names;
  std::size_t callers = 0;
  while (file) {
    std::string source =
        "#pragma OPENCL EXTENSION cl_khr_fp16 : enable\nkernel void an_entry_point(void) {}\n";
    std::string line;
    for (int i = 0; i < kCallers && std::getline(file, line); ++i, ++callers) source += line + "\n";
    for (const std::string& name : compile(source, options)->link()) names += name + " ";
  }
  CHECK(callers > 9000);
  return names;
}

}  // namespace

TEST_CASE("every builtin of OpenCL C 1.2 resolves after the way through SPIR-V") {
  CHECK(undefined_names(KIESEL_DECLARED_CL1_2, "-cl-std=CL1.2 -w") == "");
}

TEST_CASE("every builtin of OpenCL C 3.0 that the device reports resolves after the way through SPIR-V") {
  CHECK(undefined_names(KIESEL_DECLARED_CL3_0, "-cl-std=CL3.0 -w") == "");
}

TEST_CASE("what nobody defines is named, what the program defines stays its own") {
  auto program = parse(R"(
    declare spir_func float @_Z7unknownf(float)
    define spir_func float @_Z3cosf(float %x) { ret float %x }
    declare spir_func float @_Z3sinf(float)
    define spir_kernel void @k(ptr addrspace(1) %p) {
      %a = call spir_func float @_Z7unknownf(float 0.0)
      %b = call spir_func float @_Z3cosf(float %a)
      %c = call spir_func float @_Z3sinf(float %b)
      store float %c, ptr addrspace(1) %p
      ret void
    })");
  CHECK(program->link() == std::vector<std::string>{"_Z7unknownf"});
  CHECK(program->module->getFunction("_Z3cosf")->getInstructionCount() == 1);
  const llvm::Function* sine = program->module->getFunction("_Z3sinf");
  REQUIRE(sine);
  CHECK_FALSE(sine->isDeclaration());
  CHECK(sine->hasInternalLinkage());
}

TEST_CASE("a call without the calling convention of the builtin is repaired, not dropped") {
  auto program = parse(R"(
    declare float @_Z3sinf(float)
    define spir_kernel void @k(ptr addrspace(1) %p) {
      %a = call float @_Z3sinf(float 1.0)
      store float %a, ptr addrspace(1) %p
      ret void
    })");
  CHECK(program->link().empty());
  for (const llvm::Instruction& instruction : llvm::instructions(program->module->getFunction("k")))
    if (auto* call = llvm::dyn_cast<llvm::CallInst>(&instruction))
      CHECK(call->getCallingConv() == call->getCalledFunction()->getCallingConv());
}

TEST_CASE("printf becomes a record: size and types, format, arguments") {
  auto program = parse(R"(
    @format = internal addrspace(2) constant [3 x i8] c"%d\00"
    declare spir_func i32 @printf(ptr addrspace(2), ...)
    define spir_func void @helper(i32 %n, <3 x float> %v) {
      %r = call spir_func i32 (ptr addrspace(2), ...) @printf(ptr addrspace(2) @format, i32 %n, <3 x float> %v)
      ret void
    }
    define spir_kernel void @says() { call spir_func void @helper(i32 1, <3 x float> zeroinitializer) ret void }
    define spir_kernel void @silent() { ret void })");
  CHECK(lower_printf(*program->module, true));
  CHECK(program->module->getFunction("printf") == nullptr);
  CHECK(uses_printf(*program->module->getFunction("says")));
  CHECK_FALSE(uses_printf(*program->module->getFunction("silent")));
  std::uint64_t reserved = 0;
  for (const llvm::Instruction& instruction : llvm::instructions(program->module->getFunction("helper")))
    if (auto* call = llvm::dyn_cast<llvm::CallInst>(&instruction))
      reserved = llvm::cast<llvm::ConstantInt>(call->getArgOperand(0))->getZExtValue();
  CHECK(reserved == 16 + 8 + 16);
  CHECK(program->link().empty());
  CHECK_FALSE(lower_printf(*program->module, true));
}

TEST_CASE("linking what a small kernel needs takes little time") {
  const char* text = R"(
    declare spir_func i64 @_Z13get_global_idj(i32)
    define spir_kernel void @k(ptr addrspace(1) %p) {
      %i = call spir_func i64 @_Z13get_global_idj(i32 0)
      store i64 %i, ptr addrspace(1) %p
      ret void
    })";
  auto best = std::chrono::nanoseconds::max();
  for (int round = 0; round < 20; ++round) {
    auto program = parse(text);
    auto start = std::chrono::steady_clock::now();
    CHECK(link_builtins(*program->module).ok());
    best = std::min(best, std::chrono::nanoseconds(std::chrono::steady_clock::now() - start));
  }
  INFO(best.count() << " ns");
  CHECK(best < std::chrono::milliseconds(1));
}
