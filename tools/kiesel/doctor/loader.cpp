#include <CL/cl.h>
#include <fmt/format.h>

#include <array>
#include <filesystem>

#include "tools/kiesel/doctor/checks.hpp"
#include "tools/kiesel/doctor/icd_files.hpp"
#include "tools/kiesel/doctor/library.hpp"
#include "tools/kiesel/installation.hpp"

namespace kiesel::tools::doctor {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kSeconds = 20;

// cl_loader_info, which Debian 12's headers do not have.
constexpr cl_uint kVersionOfLoader = 2, kNameOfLoader = 3;
using FunctionAddress = void*(const char*);
using LoaderInfo = cl_int(cl_uint, std::size_t, void*, std::size_t*);

std::string loader_text(LoaderInfo* info, cl_uint what) {
  std::array<char, 256> text{};
  return info && info(what, text.size() - 1, text.data(), nullptr) == CL_SUCCESS ? text.data() : "";
}

std::string file_of(const void* symbol) {
  Dl_info info{};
  return ::dladdr(symbol, &info) && info.dli_fname ? info.dli_fname : "?";
}

Finding judge_loader() {
  const Library library(kLoaderName);
  if (!library)
    return error(fmt::format("no ICD loader: {}", library.problem()), "sudo apt install ocl-icd-libopencl1");
  auto* entry = library.find<decltype(clGetPlatformIDs)>("clGetPlatformIDs");
  const auto file = entry ? file_of(reinterpret_cast<const void*>(entry)) : std::string("?");
  auto* extension = library.find<FunctionAddress>("clGetExtensionFunctionAddress");
  auto* info = extension ? reinterpret_cast<LoaderInfo*>(extension("clGetICDLoaderInfoOCLICD")) : nullptr;
  const auto name = loader_text(info, kNameOfLoader);
  if (!name.empty()) return ok(fmt::format("{} {}, {}", name, loader_text(info, kVersionOfLoader), file));
  return warning(fmt::format("{} is a loader that does not say its name, or one driver alone", file),
                 "if other drivers do not appear, install ocl-icd-libopencl1 and remove this file from the "
                 "linker's path");
}

std::string how_to_register() {
  const auto library = driver_library();
  if (!library) return "install the package kiesel again";
  return fmt::format("echo {} | sudo tee /etc/OpenCL/vendors/kiesel.icd, and unset OCL_ICD_VENDORS",
                     fs::absolute(*library).lexically_normal().string());
}

Finding judge_driver(const Icd& icd) {
  const Library library(icd.library);
  if (!library) return error(fmt::format("{}: {}", icd.source, library.problem()), how_to_register());
  if (!library.has("clIcdGetPlatformIDsKHR") && !library.has("clGetExtensionFunctionAddress"))
    return error(fmt::format("{} names {}, which is no driver", icd.source, icd.library), how_to_register());
  const auto own = driver_library();
  std::error_code failed;
  if (own && icd.library.find('/') != std::string::npos && !fs::equivalent(*own, icd.library, failed))
    return warning(fmt::format("{} opens, but this program came with {}", icd.library, own->string()),
                   how_to_register());
  return ok(icd.library);
}

// Whether a library opens, said by its process's verdict.
Finding judge_other(const Icd& icd) {
  const Library library(icd.library);
  const auto name = fs::path(icd.source).filename().string();
  return library ? ok(name) : warning(fmt::format("{}: {}", name, library.problem()), "");
}

}  // namespace

Finding loader() { return apart(judge_loader, kSeconds); }

Finding vendors() {
  const auto found = find_vendors();
  const auto name =
      found.variable.empty() ? found.place : fmt::format("{} ({})", found.place, found.variable);
  const auto count = counted(found.icds.size(), "driver");
  if (!found.readable && found.icds.empty())
    return error(fmt::format("{} cannot be read", name), how_to_register());
  for (const auto& icd : found.icds)
    if (icd.is_ours()) return ok(fmt::format("{}: {}, this one from {}", name, count, icd.source));
  return error(fmt::format("{}: {}, and none is Kiesel", name, count), how_to_register());
}

Finding driver() {
  for (const auto& icd : find_vendors().icds)
    if (icd.is_ours()) return apart([&] { return judge_driver(icd); }, kSeconds);
  return error("no ICD file names it", how_to_register());
}

Finding other_drivers() {
  std::string good, bad;
  for (const auto& icd : find_vendors().icds) {
    if (icd.is_ours()) continue;
    const auto finding = apart([&] { return judge_other(icd); }, kSeconds);
    auto& list = finding.verdict == Verdict::kOk ? good : bad;
    list += (list.empty() ? "" : ", ") + finding.found;
  }
  if (!bad.empty())
    return warning(bad, "reinstall what these ICD files belong to, or remove them: loaders may stop at them");
  return ok(good.empty() ? "none" : good);
}

}  // namespace kiesel::tools::doctor
