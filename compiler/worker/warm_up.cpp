#include "compiler/files/local_files.hpp"
#include "compiler/worker/build.hpp"

namespace kiesel::compiler {
namespace {

constexpr const char* kSmallKernel = R"(
kernel void warm_up(global float* out, global const int* in, local float* scratch, float4 scale) {
  size_t i = get_global_id(0);
  scratch[get_local_id(0)] = (float)in[i] * scale.x + sqrt(scale.y);
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int k = 0; k < in[i]; ++k) out[i] += scratch[k] > 0.5f ? exp(scale.z) : scale.w;
})";

}  // namespace

void warm_up_builds() {
  Request request;
  request.source = kSmallKernel;
  request.working_folder = "/";
  LocalFiles files(rights_of(request));
  static_cast<void>(build(request, files));
}

}  // namespace kiesel::compiler
