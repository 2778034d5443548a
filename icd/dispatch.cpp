#include "icd/dispatch.hpp"

#include <CL/cl_ext.h>

#include "icd/entry.hpp"
#include "icd/exports.hpp"
#include "runtime/api/api.hpp"
#include "runtime/core/handle.hpp"

namespace kiesel::icd {
namespace {

#define ENTRY(name) constexpr char name_of_##name[] = #name;
#define EXTENSION(name) ENTRY(name)
#include "runtime/api/entry_points.def"

template <auto function, const char* name>
constexpr auto kEntry = &Entry<function, name>::call;

// Slots of extensions that exist on Windows only. No application here has their headers' types, so no
// arguments can be looked at; functions that return an object return this as "no object".
cl_int CL_API_CALL opaque_status() { return CL_INVALID_OPERATION; }
void* CL_API_CALL opaque_object() { return nullptr; }

constexpr bool returns_object(std::string_view name) { return name.starts_with("clCreate"); }
void* opaque(std::string_view name) {
  return returns_object(name) ? reinterpret_cast<void*>(&opaque_object)
                              : reinterpret_cast<void*>(&opaque_status);
}

// cl_khr_icd 2.0: this value in the slots of the two functions that take no object tells the loader that it
// manages the dispatch itself. A loader of 1.0 never calls through these slots.
template <class Function>
void tag(Function& slot) {
  constexpr std::intptr_t kTag = 0x4F50454E434C3331;  // CL_ICD2_TAG_KHR, newer than the headers: "OPENCL31"
  slot = reinterpret_cast<Function>(kTag);
}

DispatchTable make_table() {
  DispatchTable table{};
#define ENTRY(name) table.name = kEntry<&runtime::api::name, name_of_##name>;
#define OPAQUE(name) table.name = opaque(#name);
#define SLOT(name) ENTRY(name)
#include "runtime/api/entry_points.def"
  tag(table.clGetPlatformIDs);
  tag(table.clUnloadCompiler);
  return table;
}

struct Named {
  std::string_view name;
  void* function;
};

const Named kFunctions[] = {
#define ENTRY(name) {#name, reinterpret_cast<void*>(kEntry<&runtime::api::name, name_of_##name>)},
#define EXTENSION(name) ENTRY(name)
#define EXPORT(name) {#name, reinterpret_cast<void*>(&::name)},
#include "runtime/api/entry_points.def"
};

// Before any call can come in.
const bool kRegistered = (runtime::set_dispatch_table(&kDispatchTable), true);

}  // namespace

const DispatchTable kDispatchTable = make_table();

void* find_function(std::string_view name) {
  static_cast<void>(kRegistered);
  for (const auto& entry : kFunctions)
    if (entry.name == name) return entry.function;
  return nullptr;
}

}  // namespace kiesel::icd
