#include <fmt/format.h>
#include <llvm/ADT/StringMap.h>
#include <llvm/ADT/Triple.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/Host.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Target/TargetMachine.h>

#include <array>

#include "device/translator/host/host_code.hpp"
#include "device/translator/host/host_traits.hpp"

namespace kiesel::translator {
namespace {

struct Processor {
  std::string name, features;
};

// A processor's name says less than its features: a virtual machine may hide some.
Processor this_processor() {
  Processor out{llvm::sys::getHostCPUName().str(), {}};
  llvm::StringMap<bool> features;
  if (!llvm::sys::getHostCPUFeatures(features)) return out;
  for (const auto& feature : features)
    out.features += fmt::format("{}{}{}", out.features.empty() ? "" : ",", feature.second ? '+' : '-',
                                std::string_view(feature.first().data(), feature.first().size()));
  return out;
}

Processor processor_for(HostLevel level, const llvm::Triple& triple) {
  if (triple.getArch() != llvm::Triple::x86_64) return {"generic", {}};
  if (level == HostLevel::kBase) return {"x86-64", {}};
  // The level's own processor has slow gathers, by LLVM; those that came after it have not.
  if (level == HostLevel::kV3) return {"x86-64-v3", "+fast-gather"};
  Processor host = this_processor();
  if (host.features.find("+avx512f,") == std::string::npos || host.name == "generic" || host.name == "x86-64")
    return {"x86-64-v4", host_has_dots() ? "+avx512vnni" : ""};
  return host;
}

Result<llvm::TargetMachine*> make_machine(HostLevel level) {
  if (llvm::InitializeNativeTarget() || llvm::InitializeNativeTargetAsmPrinter())
    return Error{Errc::kUnsupported, "this LLVM makes no code for this host"};
  const llvm::Triple triple(llvm::sys::getProcessTriple());
  std::string reason;
  const auto* target = llvm::TargetRegistry::lookupTarget(triple.getTriple(), reason);
  if (!target) return Error{Errc::kUnsupported, reason};
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;  // a * b + c is two roundings unless it says fma
  options.ExceptionModel = llvm::ExceptionHandling::None;
  Processor processor = processor_for(level, triple);
  // LLVM clears upper halves even where a function that keeps all registers returns: the translator does it.
  if (triple.getArch() == llvm::Triple::x86_64)
    processor.features += processor.features.empty() ? "-vzeroupper" : ",-vzeroupper";
  auto* machine =
      target->createTargetMachine(triple.getTriple(), processor.name, processor.features, options,
                                  llvm::Reloc::PIC_, llvm::CodeModel::Small, llvm::CodeGenOpt::Less, true);
  if (!machine)
    return Error{Errc::kUnsupported, fmt::format("LLVM makes no code for a '{}'", processor.name)};
  return machine;
}

}  // namespace

Result<llvm::TargetMachine*> host_machine(HostLevel level) {
  static std::array<llvm::TargetMachine*, 3> machines{};
  auto& machine = machines.at(static_cast<std::size_t>(level));
  if (machine) return machine;
  auto made = make_machine(level);
  if (made) machine = *made;
  return made;
}

}  // namespace kiesel::translator
