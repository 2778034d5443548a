#include "conformance/fuzz/api/calls.hpp"

namespace kiesel::conformance::api {
namespace {

#define ALLOWED(name, ...) constexpr cl_int kErrorsOf_##name[] = {CL_SUCCESS __VA_OPT__(, ) __VA_ARGS__};
#include "conformance/fuzz/api/errors.def"

// An entry point without a row in errors.def or without a call does not compile.
const EntryRow kRows[] = {
#define ENTRY(name) {#name, &calls::name, kErrorsOf_##name},
#define EXTENSION(name) ENTRY(name)
#include "runtime/api/entry_points.def"
};

}  // namespace

std::span<const EntryRow> entry_rows() { return kRows; }

}  // namespace kiesel::conformance::api
