#include "compiler/worker/build.hpp"

#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>

#include <cstring>

#include "compiler/backend/backend.hpp"
#include "compiler/backend/undefined.hpp"
#include "compiler/frontend/clang.hpp"
#include "compiler/frontend/options.hpp"
#include "compiler/frontend/promote.hpp"
#include "compiler/il/requirements.hpp"
#include "compiler/program/program.hpp"
#include "compiler/spirv/spirv.hpp"
#include "device/isa/opencl_level.hpp"

namespace kiesel::compiler {
namespace {

// The last version of OpenCL C that is compiled on whatever device.
constexpr unsigned kLastForAll = 300;

// An input of a build, with the options its SPIR-V was made with.
struct Input {
  Words words;
  std::string options, source;
};

bool begins_as_spirv(std::span<const std::byte> bytes) {
  std::uint32_t magic = 0;
  if (bytes.size() >= sizeof magic) std::memcpy(&magic, bytes.data(), sizeof magic);
  return magic == kSpirvMagic;
}

// Strings that OpenCL's producers leave: the types of a kernel's arguments as the source has them.
bool has_argument_names(std::span<const std::uint32_t> words) {
  constexpr std::uint32_t kOpString = 7;
  bool found = false;
  for_each_instruction(words, [&](Instruction instruction) {
    found |= opcode(instruction) == kOpString && literal_at(instruction, 2).starts_with("kernel_arg_type.");
  });
  return found;
}

Result<Input> read_input(std::span<const std::byte> bytes) {
  if (begins_as_spirv(bytes)) {
    auto words = read_words(bytes);
    if (!words) return words.error();
    const bool info = has_argument_names(*words);
    return Input{std::move(*words), info ? "-cl-kernel-arg-info" : "", {}};
  }
  const auto program = read_program(bytes);
  if (!program) return program.error();
  auto words = read_spirv(bytes);
  if (!words) return words.error();
  return Input{std::move(*words), program->options, program->source};
}

class Builder {
 public:
  Builder(const Request& request, Files& files)
      : request_(request), files_(files), stages_(request.dump.empty() ? nullptr : &files) {}

  Reply run() {
    dump_request();
    if (parse_options() && make_words()) make_binary();
    reply_.phases = stages_.finish();
    stages_.dump("build.log", std::string_view(reply_.log));
    return std::move(reply_);
  }

 private:
  void dump_request() const {
    stages_.dump("source.cl", std::string_view(request_.source));
    stages_.dump("options.txt", request_.options + "\nextensions: " + request_.extensions + "\n");
    for (const auto& header : request_.headers) stages_.dump_header(header.name, header.text);
  }

  bool fail(Outcome outcome, std::string text) {
    reply_.outcome = outcome;
    if (is_discreet_ && !text.empty()) text = discreet_error();
    reply_.log += text;
    if (!text.empty() && text.back() != '\n') reply_.log += '\n';
    return false;
  }

  bool parse_options() {
    auto options = compiler::parse_options(request_.options, request_.operation);
    if (!options) return fail(Outcome::kInvalidOptions, options.error().log);
    options_ = std::move(*options);
    return options_.language <= kLastForAll ||
           options_.language <= isa::opencl_level(request_.target).number() ||
           fail(Outcome::kFailed, "error: -cl-std: the device does not compile this version of OpenCL C");
  }

  bool make_words() {
    if (!(request_.inputs.empty() ? compile() : read_inputs())) return false;
    stages_.begin("check SPIR-V");
    stages_.dump("program.spv", std::as_bytes(std::span(words_)));
    if (auto valid = check_spirv(words_); !valid)
      return fail(request_.inputs.empty() ? Outcome::kFailed : Outcome::kInvalidInput,
                  "error: " + valid.error().reason);
    return check_requirements() && check_imports();
  }

  // The library's functions are not among them: the SPIR-V of a source has instructions for those.
  bool check_imports() {
    if (!request_.inputs.empty() || request_.operation != Operation::kBuild) return true;
    auto log = undefined_message(imports_of(words_));
    return log.empty() || fail(Outcome::kFailed, std::move(log));
  }

  bool check_requirements() {
    std::string log;
    for (const auto& text : missing_requirements(words_, request_.extensions)) log += "error: " + text + "\n";
    return log.empty() || fail(Outcome::kFailed, std::move(log));
  }

  bool compile() {
    source_ = request_.source;
    stages_.begin("Clang");
    llvm::LLVMContext context;
    context.setOpaquePointers(false);
    context.setDiscardValueNames(!stages_.dumping());
    auto compiled = compile_source(context, request_, options_, files_);
    reply_.log += compiled.log;
    is_discreet_ = compiled.is_discreet;
    reply_.dependencies = std::move(compiled.dependencies);
    if (!compiled.module) return fail(Outcome::kFailed, {});
    if (options_.language < 200) options_.uniform_work_group_size = true;  // OpenCL 3.0 API 5.10
    stages_.dump("0-from-source.ll", *compiled.module);
    stages_.begin("write SPIR-V");
    if (!options_.debug && !options_.opt_disable) promote_variables(*compiled.module);
    auto words = write_spirv(*compiled.module);
    if (!words) return fail(Outcome::kFailed, "error: " + words.error().reason);
    words_ = std::move(*words);
    return true;
  }

  bool read_inputs() {
    std::vector<Words> modules;
    for (const auto& bytes : request_.inputs) {
      auto input = read_input(bytes);
      if (!input) return fail(Outcome::kInvalidInput, "error: " + input.error().reason);
      auto words = accept_spirv(std::move(input->words));
      if (!words) return fail(Outcome::kInvalidInput, "error: " + words.error().reason);
      inherit(input->options, modules.empty());
      source_ += input->source;
      modules.push_back(std::move(*words));
    }
    if (request_.operation == Operation::kLink) return link(std::move(modules));
    if (modules.size() != 1) return fail(Outcome::kInvalidInput, "error: a build takes one program");
    words_ = std::move(modules[0]);
    return true;
  }

  // What a program was compiled with still holds when it is linked: freedom that only some of the modules
  // have is not taken.
  void inherit(const std::string& text, bool first) {
    const auto parsed = compiler::parse_options(text, Operation::kBuild);
    const BuildOptions inherited = parsed ? *parsed : BuildOptions();
    inherited_ = first ? inherited : common_options(inherited_, inherited);
    options_given_ = true;
  }

  bool link(std::vector<Words> modules) {
    stages_.begin("link SPIR-V");
    auto linked = link_spirv(std::move(modules), options_.create_library);
    if (!linked) return fail(Outcome::kFailed, "error: " + linked.error().reason);
    words_ = std::move(*linked);
    return true;
  }

  bool make_binary() {
    if (options_given_) options_ = with_inherited(options_, inherited_);
    const bool unlinked = request_.operation == Operation::kCompile || options_.create_library;
    const Ingredients ingredients{words_, request_.target, options_, source_};
    if (unlinked) {
      reply_.binary = make_unlinked(ingredients);
    } else {
      auto made = make_program(ingredients, stages_);
      if (!made) return fail(Outcome::kFailed, made.error());
      reply_.binary = std::move(*made);
    }
    reply_.outcome = Outcome::kSuccess;
    return true;
  }

  const Request& request_;
  Files& files_;
  Stages stages_;
  BuildOptions options_;
  BuildOptions inherited_;
  bool options_given_ = false;
  bool is_discreet_ = false;
  Words words_;
  std::string source_;
  Reply reply_;
};

}  // namespace

Reply build(const Request& request, Files& files) { return Builder(request, files).run(); }

}  // namespace kiesel::compiler
