// Images, samplers and pipes: CL_DEVICE_IMAGE_SUPPORT and CL_DEVICE_PIPE_SUPPORT are false, so no such object
// exists.
#include "runtime/api/api.hpp"
#include "runtime/api/unsupported.hpp"

namespace kiesel::runtime::api {
namespace {

constexpr const char* kNoImages = "no device of the context supports images";
constexpr const char* kNoImage = "not an image: the device supports none";

cl_mem no_image(cl_context context, cl_int* errcode_ret) {
  return unsupported_object(context, CL_INVALID_OPERATION, kNoImages, errcode_ret);
}
cl_int no_image(cl_command_queue queue) { return unsupported(queue, CL_INVALID_MEM_OBJECT, kNoImage); }

}  // namespace

cl_mem clCreateImage(cl_context context, cl_mem_flags, const cl_image_format*, const cl_image_desc*, void*,
                     cl_int* errcode_ret) {
  return no_image(context, errcode_ret);
}
cl_mem clCreateImageWithProperties(cl_context context, const cl_mem_properties*, cl_mem_flags,
                                   const cl_image_format*, const cl_image_desc*, void*, cl_int* errcode_ret) {
  return no_image(context, errcode_ret);
}
cl_mem clCreateImage2D(cl_context context, cl_mem_flags, const cl_image_format*, size_t, size_t, size_t,
                       void*, cl_int* errcode_ret) {
  return no_image(context, errcode_ret);
}
cl_mem clCreateImage3D(cl_context context, cl_mem_flags, const cl_image_format*, size_t, size_t, size_t,
                       size_t, size_t, void*, cl_int* errcode_ret) {
  return no_image(context, errcode_ret);
}

cl_int clGetSupportedImageFormats(cl_context handle, cl_mem_flags, cl_mem_object_type, cl_uint num_entries,
                                  cl_image_format* formats, cl_uint* num_formats) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(context, valid<Context>(handle));
    KIESEL_REQUIRE(!formats || num_entries > 0, *context, CL_INVALID_VALUE, "formats without num_entries");
    if (num_formats) *num_formats = 0;
    return {};
  }());
}

cl_int clGetImageInfo(cl_mem, cl_image_info, size_t, void*, size_t*) {
  return report(error(CL_INVALID_MEM_OBJECT, kNoImage));
}

cl_int clEnqueueReadImage(cl_command_queue queue, cl_mem, cl_bool, const size_t*, const size_t*, size_t,
                          size_t, void*, cl_uint, const cl_event*, cl_event*) {
  return no_image(queue);
}
cl_int clEnqueueWriteImage(cl_command_queue queue, cl_mem, cl_bool, const size_t*, const size_t*, size_t,
                           size_t, const void*, cl_uint, const cl_event*, cl_event*) {
  return no_image(queue);
}
cl_int clEnqueueFillImage(cl_command_queue queue, cl_mem, const void*, const size_t*, const size_t*, cl_uint,
                          const cl_event*, cl_event*) {
  return no_image(queue);
}
cl_int clEnqueueCopyImage(cl_command_queue queue, cl_mem, cl_mem, const size_t*, const size_t*, const size_t*,
                          cl_uint, const cl_event*, cl_event*) {
  return no_image(queue);
}
cl_int clEnqueueCopyImageToBuffer(cl_command_queue queue, cl_mem, cl_mem, const size_t*, const size_t*,
                                  size_t, cl_uint, const cl_event*, cl_event*) {
  return no_image(queue);
}
cl_int clEnqueueCopyBufferToImage(cl_command_queue queue, cl_mem, cl_mem, size_t, const size_t*,
                                  const size_t*, cl_uint, const cl_event*, cl_event*) {
  return no_image(queue);
}
void* clEnqueueMapImage(cl_command_queue queue, cl_mem, cl_bool, cl_map_flags, const size_t*, const size_t*,
                        size_t*, size_t*, cl_uint, const cl_event*, cl_event*, cl_int* errcode_ret) {
  const cl_int code = no_image(queue);
  if (errcode_ret) *errcode_ret = code;
  return nullptr;
}

cl_sampler clCreateSampler(cl_context context, cl_bool, cl_addressing_mode, cl_filter_mode,
                           cl_int* errcode_ret) {
  return unsupported_object(context, CL_INVALID_OPERATION, kNoImages, errcode_ret);
}
cl_sampler clCreateSamplerWithProperties(cl_context context, const cl_sampler_properties*,
                                         cl_int* errcode_ret) {
  return unsupported_object(context, CL_INVALID_OPERATION, kNoImages, errcode_ret);
}
cl_int clRetainSampler(cl_sampler) { return report(error(CL_INVALID_SAMPLER, "not a sampler")); }
cl_int clReleaseSampler(cl_sampler) { return report(error(CL_INVALID_SAMPLER, "not a sampler")); }
cl_int clGetSamplerInfo(cl_sampler, cl_sampler_info, size_t, void*, size_t*) {
  return report(error(CL_INVALID_SAMPLER, "not a sampler"));
}

cl_mem clCreatePipe(cl_context context, cl_mem_flags, cl_uint, cl_uint, const cl_pipe_properties*,
                    cl_int* errcode_ret) {
  return unsupported_object(context, CL_INVALID_OPERATION, "no device of the context supports pipes",
                            errcode_ret);
}
cl_int clGetPipeInfo(cl_mem, cl_pipe_info, size_t, void*, size_t*) {
  return report(error(CL_INVALID_MEM_OBJECT, "not a pipe"));
}

}  // namespace kiesel::runtime::api
