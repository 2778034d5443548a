// The driver's entry points, taken from its library without a loader: a loader reads handles before the
// driver can judge them, and so could not be given wild ones.
#pragma once

#include <CL/cl.h>
#include <CL/cl_ext.h>
#include <CL/cl_icd.h>

#include <string>

#include "runtime/api/api.hpp"
#include "support/result.hpp"

namespace kiesel::conformance::api {

using namespace runtime::api;  // the types of extensions that are younger than the headers

struct Library {
#define ENTRY(name) cl_api_##name name = nullptr;
#define EXTENSION(name) name##_fn name = nullptr;
#include "runtime/api/entry_points.def"

  cl_platform_id platform = nullptr;
  static Result<Library> open(const std::string& path);
};

}  // namespace kiesel::conformance::api
