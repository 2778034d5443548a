// Sharing with OpenGL and EGL: slots of the dispatch table whose extensions are not supported.
#include "runtime/api/api.hpp"
#include "runtime/api/unsupported.hpp"

namespace kiesel::runtime::api {
namespace {

constexpr const char* kNoSharing = "the context shares nothing with a graphics API";

cl_mem no_object(cl_context context, cl_int* errcode_ret) {
  return unsupported_object(context, CL_INVALID_OPERATION, kNoSharing, errcode_ret);
}
cl_event no_event(cl_context context, cl_int* errcode_ret) {
  return unsupported_object(context, CL_INVALID_OPERATION, kNoSharing, errcode_ret);
}
cl_int no_sharing(cl_command_queue queue) { return unsupported(queue, CL_INVALID_OPERATION, kNoSharing); }

}  // namespace

cl_mem clCreateFromGLBuffer(cl_context context, cl_mem_flags, cl_GLuint, int* errcode_ret) {
  return no_object(context, errcode_ret);
}
cl_mem clCreateFromGLTexture(cl_context context, cl_mem_flags, cl_GLenum, cl_GLint, cl_GLuint,
                             cl_int* errcode_ret) {
  return no_object(context, errcode_ret);
}
cl_mem clCreateFromGLTexture2D(cl_context context, cl_mem_flags, cl_GLenum, cl_GLint, cl_GLuint,
                               cl_int* errcode_ret) {
  return no_object(context, errcode_ret);
}
cl_mem clCreateFromGLTexture3D(cl_context context, cl_mem_flags, cl_GLenum, cl_GLint, cl_GLuint,
                               cl_int* errcode_ret) {
  return no_object(context, errcode_ret);
}
cl_mem clCreateFromGLRenderbuffer(cl_context context, cl_mem_flags, cl_GLuint, cl_int* errcode_ret) {
  return no_object(context, errcode_ret);
}
cl_int clGetGLObjectInfo(cl_mem, cl_gl_object_type*, cl_GLuint*) {
  return report(error(CL_INVALID_GL_OBJECT, kNoSharing));
}
cl_int clGetGLTextureInfo(cl_mem, cl_gl_texture_info, size_t, void*, size_t*) {
  return report(error(CL_INVALID_GL_OBJECT, kNoSharing));
}
cl_int clEnqueueAcquireGLObjects(cl_command_queue queue, cl_uint, const cl_mem*, cl_uint, const cl_event*,
                                 cl_event*) {
  return no_sharing(queue);
}
cl_int clEnqueueReleaseGLObjects(cl_command_queue queue, cl_uint, const cl_mem*, cl_uint, const cl_event*,
                                 cl_event*) {
  return no_sharing(queue);
}
cl_int clGetGLContextInfoKHR(const cl_context_properties*, cl_gl_context_info, size_t, void*, size_t*) {
  return report(error(CL_INVALID_OPERATION, kNoSharing));
}
cl_event clCreateEventFromGLsyncKHR(cl_context context, cl_GLsync, cl_int* errcode_ret) {
  return no_event(context, errcode_ret);
}

cl_mem clCreateFromEGLImageKHR(cl_context context, CLeglDisplayKHR, CLeglImageKHR, cl_mem_flags,
                               const cl_egl_image_properties_khr*, cl_int* errcode_ret) {
  return no_object(context, errcode_ret);
}
cl_int clEnqueueAcquireEGLObjectsKHR(cl_command_queue queue, cl_uint, const cl_mem*, cl_uint, const cl_event*,
                                     cl_event*) {
  return no_sharing(queue);
}
cl_int clEnqueueReleaseEGLObjectsKHR(cl_command_queue queue, cl_uint, const cl_mem*, cl_uint, const cl_event*,
                                     cl_event*) {
  return no_sharing(queue);
}
cl_event clCreateEventFromEGLSyncKHR(cl_context context, CLeglSyncKHR, CLeglDisplayKHR, cl_int* errcode_ret) {
  return no_event(context, errcode_ret);
}

}  // namespace kiesel::runtime::api
