#include "runtime/core/kernel_argument.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "runtime/core/buffer.hpp"
#include "runtime/core/handle.hpp"
#include "runtime/core/image.hpp"
#include "runtime/core/pipe.hpp"
#include "runtime/core/sampler.hpp"

namespace kiesel::runtime {
namespace {

using Declared = compiler::KernelArgument;

struct Setting {
  const ArgumentPlace& place;
  const Declared& declared;
  std::size_t size;
  const void* value;

  ApiError error(cl_int code, std::string_view reason) const {
    return {code, fmt::format("argument '{}' {}", declared.name, reason), Ref<Object>(&place.context)};
  }
  Outcome<> put(ArgumentState state, const void* bytes, std::size_t count) const {
    place.values.set(place.values.place(place.index), state, bytes, count);
    return {};
  }
  template <class T>
  Outcome<> put(ArgumentState state, const T& bytes) const {
    return put(state, &bytes, sizeof bytes);
  }
};

// The object that the value points to; null when it points to none.
template <class T>
Outcome<T*> object_of(const Setting& setting, const char* what) {
  if (setting.size != sizeof(typename T::ClType))
    return setting.error(CL_INVALID_ARG_SIZE, fmt::format("is {}: its size is {}, not {}", what,
                                                          sizeof(typename T::ClType), setting.size));
  typename T::ClType handle = nullptr;
  if (setting.value) std::memcpy(&handle, setting.value, sizeof handle);
  if (!handle) return static_cast<T*>(nullptr);
  T* found = find<T>(handle);
  if (!found) return setting.error(T::kInvalid, fmt::format("is {}, the value is not", what));
  // clSetKernelArg has no CL_INVALID_CONTEXT: an object of another context is none that is valid here.
  if (&found->context() != &setting.place.context)
    return setting.error(T::kInvalid, fmt::format("is {} of another context", what));
  return found;
}

template <class T>
Outcome<T*> needed_object_of(const Setting& setting, const char* what) {
  auto found = object_of<T>(setting, what);
  if (found.ok() && !*found) return setting.error(T::kInvalid, fmt::format("needs {}", what));
  return found;
}

Outcome<> from_value(const Setting& setting) {
  if (!setting.value) return setting.error(CL_INVALID_ARG_VALUE, "needs a value");
  if (setting.size != setting.declared.size)
    return setting.error(CL_INVALID_ARG_SIZE,
                         fmt::format("({}) takes {} bytes, not {}", setting.declared.type_name,
                                     setting.declared.size, setting.size));
  return setting.put(ArgumentState::kBytes, setting.value, setting.size);
}

Outcome<> from_local(const Setting& setting) {
  if (setting.value) return setting.error(CL_INVALID_ARG_VALUE, "is __local: its value must be NULL");
  return setting.put(ArgumentState::kLocal, std::uint64_t{setting.size});
}

Outcome<> from_buffer(const Setting& setting) {
  KIESEL_TRY(buffer, object_of<Buffer>(setting, "a buffer"));
  return setting.put(ArgumentState::kMemory, buffer ? cl_handle(*buffer) : cl_mem{nullptr});
}

struct ShapeName {
  const char* type_name;
  cl_mem_object_type type;
  bool depth;
};
constexpr ShapeName kShapeNames[] = {{"image1d_t", CL_MEM_OBJECT_IMAGE1D, false},
                                     {"image1d_buffer_t", CL_MEM_OBJECT_IMAGE1D_BUFFER, false},
                                     {"image1d_array_t", CL_MEM_OBJECT_IMAGE1D_ARRAY, false},
                                     {"image2d_t", CL_MEM_OBJECT_IMAGE2D, false},
                                     {"image2d_array_t", CL_MEM_OBJECT_IMAGE2D_ARRAY, false},
                                     {"image2d_depth_t", CL_MEM_OBJECT_IMAGE2D, true},
                                     {"image2d_array_depth_t", CL_MEM_OBJECT_IMAGE2D_ARRAY, true},
                                     {"image3d_t", CL_MEM_OBJECT_IMAGE3D, false}};

// Names that a program gave to image types say nothing.
bool fits(const Image& image, const Declared& declared) {
  const auto* row = std::find_if(std::begin(kShapeNames), std::end(kShapeNames),
                                 [&](const ShapeName& name) { return declared.type_name == name.type_name; });
  return row == std::end(kShapeNames) ||
         (row->type == image.type() && (!row->depth || image.format().is_depth()));
}

Outcome<> from_image(const Setting& setting) {
  using compiler::ArgumentAccess;
  KIESEL_TRY(image, needed_object_of<Image>(setting, "an image"));
  if (!fits(*image, setting.declared))
    return setting.error(CL_INVALID_MEM_OBJECT,
                         fmt::format("is {}, the image is of another type", setting.declared.type_name));
  if (setting.declared.access == ArgumentAccess::kReadOnly && (image->flags() & CL_MEM_WRITE_ONLY))
    return setting.error(CL_INVALID_ARG_VALUE, "is read_only, the image CL_MEM_WRITE_ONLY");
  if (setting.declared.access == ArgumentAccess::kWriteOnly && (image->flags() & CL_MEM_READ_ONLY))
    return setting.error(CL_INVALID_ARG_VALUE, "is write_only, the image CL_MEM_READ_ONLY");
  return setting.put(ArgumentState::kMemory, cl_handle(*image));
}

Outcome<> from_pipe(const Setting& setting) {
  KIESEL_TRY(pipe, needed_object_of<Pipe>(setting, "a pipe"));
  return setting.put(ArgumentState::kMemory, cl_handle(*pipe));
}

Outcome<> from_sampler(const Setting& setting) {
  KIESEL_TRY(sampler, needed_object_of<Sampler>(setting, "a sampler"));
  return setting.put(ArgumentState::kBytes, std::uint64_t{sampler->bits()});
}

Outcome<> check_pointer(const Setting& setting) {
  if (setting.declared.kind == compiler::ArgumentKind::kPointer) return {};
  return setting.error(CL_INVALID_ARG_VALUE, "is no pointer to __global or __constant memory");
}

}  // namespace

Outcome<> set_argument(const ArgumentPlace& place, std::size_t size, const void* value) {
  using compiler::ArgumentKind;
  const Setting setting{place, place.declared, size, value};
  switch (place.declared.kind) {
    case ArgumentKind::kLocalPointer:
      return from_local(setting);
    case ArgumentKind::kPointer:
      return from_buffer(setting);
    case ArgumentKind::kImage:
      return from_image(setting);
    case ArgumentKind::kPipe:
      return from_pipe(setting);
    case ArgumentKind::kSampler:
      return from_sampler(setting);
    case ArgumentKind::kValue:
      break;
  }
  return from_value(setting);
}

Outcome<> set_pointer_argument(const ArgumentPlace& place, const void* pointer) {
  const Setting setting{place, place.declared, sizeof pointer, pointer};
  KIESEL_CHECK(check_pointer(setting));
  return setting.put(ArgumentState::kAnyPointer, pointer);
}

Outcome<> set_svm_argument(const ArgumentPlace& place, const void* pointer) {
  const Setting setting{place, place.declared, sizeof pointer, pointer};
  KIESEL_CHECK(check_pointer(setting));
  if (pointer && !place.context.svm().find(pointer))
    return setting.error(CL_INVALID_ARG_VALUE,
                         fmt::format("gets {}, which is not of an allocation by clSVMAlloc", pointer));
  return setting.put(ArgumentState::kSvm, pointer);
}

}  // namespace kiesel::runtime
