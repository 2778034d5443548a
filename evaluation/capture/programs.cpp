#include "evaluation/capture/programs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "device/isa/language_features.hpp"
#include "device/isa/program_image.hpp"
#include "evaluation/capture/without_source.hpp"
#include "support/checked.hpp"
#include "support/config.hpp"

namespace kiesel::capture {
namespace {

const compiler::Kernel* find(const compiler::Program& program, std::string_view name) {
  const auto found = std::ranges::find(program.kernels, name, &compiler::Kernel::name);
  return found == program.kernels.end() ? nullptr : &*found;
}

Result<std::uint64_t> image_bytes(std::span<const std::byte> elf) {
  const auto view = ElfView::parse(elf);
  if (!view) return view.error();
  const auto image = isa::ProgramImage::of(*view);
  if (!image) return image.error();
  return image->bytes();
}

}  // namespace

const compiler::Kernel* LoadedProgram::recorded_kernel(std::string_view name) const {
  return find(recorded, name);
}
const compiler::Kernel* LoadedProgram::kernel(std::string_view name) const { return find(here, name); }

Programs::Programs(const Reader& reader, device::Device& device, compiler::Client& compiler)
    : reader_(reader),
      device_(device),
      model_(dynamic_cast<model::ModelDevice*>(&device)),
      compiler_(compiler) {}

Programs::~Programs() {
  for (const auto& [key, program] : loaded_) device_.unload(program->module);
}

Result<std::vector<std::byte>> Programs::made_for(const compiler::Program& program,
                                                  std::span<const std::byte> elf) {
  const isa::Target& target = device_.description().target;
  if (!has_spirv(elf))
    return Error{
        Errc::kUnsupported,
        fmt::format("it was built for {}; this device has {}, and the capture was made without source",
                    words_for(program.target), words_for(target))};
  const auto words = compiler::read_spirv(elf);
  if (!words) return words.error();
  compiler::Request request;
  request.target = target;
  request.options = program.options;
  const auto spirv = std::as_bytes(std::span(*words));
  request.inputs.emplace_back(spirv.begin(), spirv.end());
  for (const auto& feature : isa::language_features(target))
    request.extensions += std::string(feature.name) + " ";
  request.build_seconds = saturating_cast<std::uint32_t>(config().build_seconds);
  request.build_mib = saturating_cast<std::uint32_t>(config().build_mib);
  auto reply = compiler_.run(request);
  if (!reply) return reply.error();
  if (reply->outcome != compiler::Outcome::kSuccess)
    return Error{Errc::kUnsupported,
                 fmt::format("it cannot be built for {}: {}", words_for(target), reply->log)};
  return std::move(reply->binary);
}

Status Programs::load(LoadedProgram& program, std::span<const std::byte> elf) {
  if (program.at_home && model_) {
    make_room(program.begin, program.bytes);
    if (auto module = model_->load_at(program.begin, elf)) {
      program.module = *module;
      return {};
    }
  }
  program.at_home = false;
  auto module = device_.load(elf);
  if (!module) return module.error();
  program.module = *module;
  return {};
}

Result<std::unique_ptr<LoadedProgram>> Programs::make(const Launch& launch) {
  auto elf = reader_.content(launch.program);
  if (!elf) return elf.error();
  auto recorded = compiler::read_program(*elf);
  if (!recorded) return recorded.error();
  const auto bytes = image_bytes(*elf);
  if (!bytes) return bytes.error();
  auto program = std::make_unique<LoadedProgram>();
  program->recorded = program->here = std::move(*recorded);
  program->begin = launch.program_base;
  program->bytes = *bytes;
  program->at_home = program->recorded.target == device_.description().target;
  if (!program->at_home) {
    auto& made = made_[launch.program];
    if (made.empty()) {
      auto built = made_for(program->recorded, *elf);
      if (!built) return built.error();
      made = std::move(*built);
    }
    auto here = compiler::read_program(made);
    if (!here) return here.error();
    program->here = std::move(*here);
    *elf = made;
  }
  program->elf = std::move(*elf);
  if (auto loaded = load(*program, program->elf); !loaded) return loaded.error();
  return program;
}

Result<const LoadedProgram*> Programs::of(const Launch& launch) {
  const auto key = std::pair(launch.program, launch.program_base);
  if (const auto found = loaded_.find(key); found != loaded_.end()) return found->second.get();
  auto made = make(launch);
  if (!made) return made.error();
  return loaded_.emplace(key, std::move(*made)).first->second.get();
}

template <class IsWanted>
void Programs::unload_if(IsWanted is_wanted) {
  std::erase_if(loaded_, [&](const auto& entry) {
    const bool wanted = is_wanted(entry.first.first, *entry.second);
    if (wanted) device_.unload(entry.second->module);
    return wanted;
  });
}

void Programs::make_room(device::Address begin, std::uint64_t bytes) {
  unload_if([&](const Hash&, const LoadedProgram& program) {
    return program.at_home && program.begin < begin + bytes && begin < program.begin + program.bytes;
  });
}

void Programs::start_again(const Allocation& variables) {
  unload_if([&](const Hash& hash, const LoadedProgram& program) {
    return hash == variables.program && variables.address - program.begin < program.bytes;
  });
}

}  // namespace kiesel::capture
