// Programs, kernels, arguments and launches.
#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

#include "conformance/fuzz/api/calls.hpp"
#include "conformance/fuzz/api/launch.hpp"

namespace kiesel::conformance::api::calls {
namespace {

constexpr std::size_t kManyPrograms = 8, kManyKernels = 16;
constexpr unsigned kBuildEvery = 64;  // calls of a build function that may build

Program* keep_program(Fuzzer& f, cl_program made, int context) {
  if (!made) return nullptr;
  f.programs.push_back(std::make_unique<Program>(Program{.handle = made, .context = context}));
  return f.programs.back().get();
}

Program* own_program(Fuzzer& f) {
  Program* program = f.pick(f.programs);
  return program->shared ? nullptr : program;
}

struct DeviceList {
  cl_uint count = 0;
  const cl_device_id* list = nullptr;
};
DeviceList devices(Fuzzer& f, cl_device_id& device) {
  device = f.shared.device;
  if (f.one_in(2)) return {};
  if (f.spoil()) {
    f.wrong({CL_INVALID_VALUE});
    return f.one_in(2) ? DeviceList{1, nullptr} : DeviceList{0, &device};
  }
  device = f.device();
  return {1, &device};
}

void wait_for_build(Fuzzer& f, const Program& program) {
  cl_build_status status = CL_BUILD_IN_PROGRESS;
  for (int i = 0; i < 10000 && status == CL_BUILD_IN_PROGRESS; ++i) {
    f.cl.clGetProgramBuildInfo(program.handle, f.shared.device, CL_PROGRAM_BUILD_STATUS, sizeof status,
                               &status, nullptr);
    if (status == CL_BUILD_IN_PROGRESS) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (status == CL_BUILD_IN_PROGRESS) f.fail("a build that does not end");
}

void keep_kernel(Fuzzer& f, cl_kernel made, Program& program, unsigned which) {
  if (!made) return;
  f.kernels.push_back(std::make_unique<Kernel>(
      Kernel{.handle = made, .context = program.context, .which = which, .program = &program}));
  f.kernels.back()->arguments.resize(kKernels[which].arguments.size());
  ++program.kernels;
}

// Sets one argument to what it takes; notes what it is now.
void set_right(Fuzzer& f, Kernel& kernel, cl_uint index) {
  Argument& argument = kernel.arguments[index];
  const cl_kernel handle = f.kernel(kernel);
  const void* value = nullptr;
  std::size_t size = 0;
  Argument next{.state = Argument::State::kValue};
  cl_int number = 7;
  cl_mem memory = nullptr;
  cl_sampler sampler = nullptr;
  const auto take_memory = [&](Memory::Shape shape, cl_mem_object_type type) {
    const std::size_t start = f.below(f.memories.size());
    for (std::size_t i = 0; i < f.memories.size() && !memory; ++i) {
      const auto& candidate = *f.memories[(start + i) % f.memories.size()];
      if (candidate.shape == shape && candidate.context == kernel.context &&
          (shape != Memory::Shape::kImage ||
           (candidate.type == type && !(candidate.flags & CL_MEM_WRITE_ONLY))))
        memory = candidate.handle;
    }
    next.state = memory ? Argument::State::kMemory : Argument::State::kValue;
    next.memory = memory;
    value = &memory, size = sizeof memory;
    return memory != nullptr;
  };
  switch (kKernels[kernel.which].arguments[index]) {
    case Slot::kValue:
      value = &number, size = sizeof number;
      break;
    case Slot::kLocal:
      size = 1 + f.below(256);
      if (f.one_in(40)) size = f.absurd(), next.huge = true;
      break;
    case Slot::kBuffer:
      take_memory(Memory::Shape::kBuffer, 0);  // or none: NULL is a buffer argument's value too
      break;
    case Slot::kImage:
      if (!take_memory(Memory::Shape::kImage, CL_MEM_OBJECT_IMAGE2D)) return f.forget();
      break;
    case Slot::kPipe:
      if (!take_memory(Memory::Shape::kPipe, 0)) return f.forget();
      break;
    case Slot::kSampler:
      for (const auto& candidate : f.samplers)
        if (candidate->context == kernel.context) sampler = candidate->handle;
      if (!sampler) return f.forget();
      value = &sampler, size = sizeof sampler;
      break;
  }
  const bool right = f.right();
  f.judge(f.cl.clSetKernelArg(handle, index, size, value));
  if (right) argument = next;
}

// One wrong thing; the argument stays as it was.
void set_wrong(Fuzzer& f, Kernel& kernel, cl_uint index) {
  const Slot slot = kKernels[kernel.which].arguments[index];
  const cl_kernel handle = f.kernel(kernel);
  std::uint64_t junk[16] = {};
  cl_mem other = nullptr;
  switch (f.below(3)) {
    case 0:  // the index
      f.wrong({CL_INVALID_ARG_INDEX});
      f.judge(f.cl.clSetKernelArg(handle, index + 100, 4, junk));
      return;
    case 1:  // the size
      f.wrong({CL_INVALID_ARG_SIZE, CL_INVALID_ARG_VALUE});
      f.judge(f.cl.clSetKernelArg(handle, index, slot == Slot::kLocal ? 0 : f.one_of<std::size_t>({0, 3, 64}),
                                  junk));
      return;
    default:
      break;
  }
  switch (slot) {
    case Slot::kValue:
      f.wrong({CL_INVALID_ARG_VALUE});
      f.judge(f.cl.clSetKernelArg(handle, index, 4, nullptr));
      return;
    case Slot::kLocal:
      f.wrong({CL_INVALID_ARG_VALUE});
      f.judge(f.cl.clSetKernelArg(handle, index, 16, junk));
      return;
    case Slot::kSampler:
      f.wrong({CL_INVALID_SAMPLER});
      junk[0] = reinterpret_cast<std::uintptr_t>(f.bad(Kind::kSampler, f.shared.device));
      f.judge(f.cl.clSetKernelArg(handle, index, sizeof(cl_sampler), junk));
      return;
    default:
      break;
  }
  // No memory object, one of another shape, or of another context.
  const Memory::Shape shape = slot == Slot::kImage  ? Memory::Shape::kImage
                              : slot == Slot::kPipe ? Memory::Shape::kPipe
                                                    : Memory::Shape::kBuffer;
  for (const auto& memory : f.memories)
    if ((memory->shape != shape) != (memory->context != kernel.context)) other = memory->handle;
  if (!other || f.one_in(3)) other = static_cast<cl_mem>(f.bad(Kind::kMemory, f.memories.front()->handle));
  if (!other && slot == Slot::kBuffer) return f.forget();  // NULL is right
  f.wrong({CL_INVALID_MEM_OBJECT});
  f.judge(f.cl.clSetKernelArg(handle, index, sizeof other, &other));
}

}  // namespace

void check_arguments(Fuzzer& f, Queue& queue, const Kernel& kernel) {
  for (const auto& argument : kernel.arguments) {
    if (argument.huge) f.wrong({CL_OUT_OF_RESOURCES});
    if (argument.state == Argument::State::kUnset) f.wrong({CL_INVALID_KERNEL_ARGS});
    // A memory object that was released: its handle may stand for another one by now.
    if (argument.state == Argument::State::kMemory && !f.alive(argument.memory)) {
      f.maybe({CL_INVALID_KERNEL_ARGS, CL_INVALID_MEM_OBJECT});
      queue.may_have_failed = true;
    }
    if (argument.state == Argument::State::kSvm) {
      const auto is_it = [&](const auto& one) {
        return one->begin == argument.svm && one->context == kernel.context;
      };
      if (std::none_of(f.allocations.begin(), f.allocations.end(), is_it) &&
          std::none_of(f.usm.begin(), f.usm.end(), is_it))
        f.maybe({CL_INVALID_KERNEL_ARGS}), queue.may_have_failed = true;
    }
  }
}

namespace {

bool pick_launch(Fuzzer& f, Queue*& queue, Kernel*& kernel) {
  queue = f.pick(f.queues);
  kernel = f.pick(f.kernels);
  if (!kernel) return false;
  if (kernel->context != queue->context) {
    if (!f.one_in(16)) return false;
    f.wrong({CL_INVALID_CONTEXT});
  }
  return true;
}

}  // namespace

void launch_sizes(Fuzzer& f, const Kernel& kernel, Sizes& out) {
  out.dimensions = 1 + static_cast<cl_uint>(f.below(3));
  const std::size_t required = kKernels[kernel.which].required;
  for (cl_uint i = 0; i < out.dimensions; ++i) {
    out.local[i] = i == 0 && required ? required : required ? 1 : 1 + f.below(6);
    out.global[i] = out.local[i] * (1 + f.below(3));
    out.offset[i] = f.below(100);
  }
  if (f.one_in(2)) out.local_pointer = out.local;
  if (f.one_in(2)) out.offset_pointer = out.offset;
}

void spoil_sizes(Fuzzer& f, Sizes& s) {
  if (!f.spoil()) return;
  const auto i = f.below(s.dimensions);
  switch (f.below(5)) {
    case 0:
      s.dimensions = f.one_of<cl_uint>({0, 4, ~cl_uint{0}});
      f.wrong({CL_INVALID_WORK_DIMENSION});
      break;
    case 1:
      s.local_pointer = s.local;
      s.local[i] = 0;
      f.wrong({CL_INVALID_WORK_GROUP_SIZE, CL_INVALID_WORK_ITEM_SIZE});
      break;
    case 2:
      s.local_pointer = s.local;
      s.local[i] = f.one_in(2) ? f.absurd() : f.shared.max_work_group + 1;
      f.wrong({CL_INVALID_WORK_GROUP_SIZE, CL_INVALID_WORK_ITEM_SIZE});
      break;
    case 3:
      s.offset[i] = ~std::size_t{0}, s.offset_pointer = s.offset;
      f.wrong({CL_INVALID_GLOBAL_OFFSET, CL_INVALID_GLOBAL_WORK_SIZE});
      break;
    default:
      s.local_pointer = s.local;
      s.local[i] = 3, s.global[i] = 7;
      // Not uniform: right or wrong by the version that the program was built for.
      f.maybe({CL_INVALID_WORK_GROUP_SIZE});
      break;
  }
}

void clCreateProgramWithSource(Fuzzer& f) {
  if (f.programs.size() > kManyPrograms) return;
  const int number = f.context_number();
  const cl_context context = f.context(number);
  const char* strings[2] = {kSource, f.spoil() ? nullptr : "\n"};
  const std::size_t lengths[2] = {std::strlen(kSource), 0};
  if (!strings[1]) f.wrong({CL_INVALID_VALUE});
  const bool none = f.spoil();
  if (none) f.wrong({CL_INVALID_VALUE});
  keep_program(f,
               create(f,
                      [&](cl_int* error) {
                        return f.cl.clCreateProgramWithSource(context, none ? 0 : 2, strings,
                                                              f.one_in(2) ? lengths : nullptr, error);
                      }),
               number);
}

void clCreateProgramWithBinary(Fuzzer& f) {
  if (f.programs.size() > kManyPrograms) return;
  const int number = f.context_number();
  const cl_context context = f.context(number);
  const cl_device_id device = f.device();
  auto bytes = f.shared.binary;
  std::size_t length = bytes.size();
  if (f.spoil()) {
    // The program's hash covers every byte.
    f.wrong({CL_INVALID_BINARY});
    if (f.one_in(2))
      bytes[f.below(length)] ^= 1u << f.below(8);
    else
      length = 1 + f.below(length - 1);
  }
  const unsigned char* binaries[1] = {bytes.data()};
  cl_int status = 0;
  const auto wrong_list = f.below(60);
  if (wrong_list == 0) length = 0;
  if (wrong_list == 1) binaries[0] = nullptr;
  if (wrong_list <= 2) f.wrong({CL_INVALID_VALUE, CL_INVALID_DEVICE});
  Program* program = keep_program(f,
                                  create(f,
                                         [&](cl_int* error) {
                                           return f.cl.clCreateProgramWithBinary(
                                               context, wrong_list == 2 ? 0 : 1, &device, &length, binaries,
                                               f.one_in(2) ? &status : nullptr, error);
                                         }),
                                  number);
  if (program) program->from_binary = true;
}

void clCreateProgramWithBuiltInKernels(Fuzzer& f) {
  f.wrong({CL_INVALID_VALUE});
  const cl_context context = f.context(f.context_number());
  const cl_device_id device = f.device();
  cl_int error = 0;
  const void* made =
      f.cl.clCreateProgramWithBuiltInKernels(context, 1, &device, f.spoil() ? nullptr : "nothing", &error);
  f.judge_object(made, error);
}

namespace {

void create_from_il(Fuzzer& f, const auto& function) {
  const cl_context context = f.context(f.context_number());
  std::uint32_t words[8] = {0x07230203, 0x00010000, 0, 1, 0, 0x00000001};
  words[f.below(8)] = static_cast<std::uint32_t>(f.random());
  const std::size_t length = f.one_of<std::size_t>({0, 1, 4, 20, 32});
  const bool none = f.spoil();
  // Junk is found out here or by the build, whichever the driver likes.
  f.maybe({CL_INVALID_VALUE});
  if (none || length < 20) f.wrong({CL_INVALID_VALUE});
  cl_int error = 0;
  const cl_program made = function(context, none ? nullptr : words, length, &error);
  f.judge_object(made, error);
  if (made) f.cl.clReleaseProgram(made);
}

}  // namespace

void clCreateProgramWithIL(Fuzzer& f) { create_from_il(f, f.cl.clCreateProgramWithIL); }
void clCreateProgramWithILKHR(Fuzzer& f) { create_from_il(f, f.cl.clCreateProgramWithILKHR); }

void clRetainProgram(Fuzzer& f) {
  Program* program = own_program(f);
  if (!program || program->references > 3) return;
  const cl_program handle = f.program(*program);
  const bool right = f.right();
  f.judge(f.cl.clRetainProgram(handle));
  if (right) ++program->references;
}

void clReleaseProgram(Fuzzer& f) {
  Program* program = own_program(f);
  if (!program || program->kernels || f.programs.size() < 4) return;
  if (!release(f, *program, &Fuzzer::program, f.cl.clReleaseProgram)) return;
  f.retire(Kind::kProgram, program->handle);
  f.drop(f.programs, program);
}

void clBuildProgram(Fuzzer& f) {
  Program* program = own_program(f);
  if (!program) return;
  const cl_program handle = f.program(*program);
  cl_device_id device;
  const auto list = devices(f, device);
  const bool stray = f.spoil();
  if (stray) f.wrong({CL_INVALID_VALUE});
  if (program->kernels) f.wrong({CL_INVALID_OPERATION});
  if (f.right() && !f.one_in(kBuildEvery)) return f.forget();
  const bool asynchronous = f.right() && f.one_in(4);
  const bool right = f.right();
  f.judge(f.cl.clBuildProgram(handle, list.count, list.list, program->from_binary ? "" : "-cl-std=CL3.0",
                              asynchronous ? on_program : nullptr, stray ? &f : nullptr));
  if (asynchronous) wait_for_build(f, *program);
  if (right) program->built = true;
}

void clCompileProgram(Fuzzer& f) {
  Program* program = own_program(f);
  if (!program) return;
  const cl_program handle = f.program(*program);
  cl_device_id device;
  const auto list = devices(f, device);
  // Always wrong: what it does with right arguments is the API tests' matter.
  f.wrong({CL_INVALID_VALUE});
  if (program->from_binary) f.wrong({CL_INVALID_OPERATION});
  if (program->kernels) f.wrong({CL_INVALID_OPERATION});
  const cl_program headers[] = {f.program(*program)};
  const char* names[] = {nullptr};
  f.judge(f.cl.clCompileProgram(handle, list.count, list.list, "", 1, f.one_in(2) ? headers : nullptr, names,
                                nullptr, nullptr));
}

void clLinkProgram(Fuzzer& f) {
  const Program& program = *f.pick(f.programs);
  const int number = f.context_number();
  const cl_context context = f.context(number);
  if (number != program.context) f.wrong({CL_INVALID_CONTEXT});
  // It is source or an executable, neither compiled nor a library.
  f.wrong({CL_INVALID_OPERATION});
  cl_device_id device;
  const auto list = devices(f, device);
  const cl_program inputs[] = {f.program(program)};
  const bool none = f.spoil();
  if (none) f.wrong({CL_INVALID_VALUE});
  cl_int error = 0;
  const cl_program made =
      f.cl.clLinkProgram(context, list.count, list.list, "", none ? 0 : 1, inputs, nullptr, nullptr, &error);
  if (made) f.cl.clReleaseProgram(made);
  f.judge(error);
}

void clGetProgramInfo(Fuzzer& f) {
  const Program& program = *f.pick(f.programs);
  const cl_program handle = f.program(program);
  const auto name = query_name<cl_program_info>(
      f, {CL_PROGRAM_REFERENCE_COUNT, CL_PROGRAM_CONTEXT, CL_PROGRAM_NUM_DEVICES, CL_PROGRAM_DEVICES,
          CL_PROGRAM_SOURCE, CL_PROGRAM_IL, CL_PROGRAM_BINARY_SIZES, CL_PROGRAM_NUM_KERNELS,
          CL_PROGRAM_KERNEL_NAMES, CL_PROGRAM_SCOPE_GLOBAL_CTORS_PRESENT});
  if (!program.built && (name == CL_PROGRAM_NUM_KERNELS || name == CL_PROGRAM_KERNEL_NAMES))
    f.wrong({CL_INVALID_PROGRAM_EXECUTABLE});
  f.query([&](std::size_t size, void* value, std::size_t* told) {
    return f.cl.clGetProgramInfo(handle, name, size, value, told);
  });
}

void clGetProgramBuildInfo(Fuzzer& f) {
  const cl_program program = f.program(*f.pick(f.programs));
  const cl_device_id device = f.device();
  const auto name = query_name<cl_program_build_info>(
      f, {CL_PROGRAM_BUILD_STATUS, CL_PROGRAM_BUILD_OPTIONS, CL_PROGRAM_BUILD_LOG, CL_PROGRAM_BINARY_TYPE,
          CL_PROGRAM_BUILD_GLOBAL_VARIABLE_TOTAL_SIZE});
  f.query([&](std::size_t size, void* value, std::size_t* told) {
    return f.cl.clGetProgramBuildInfo(program, device, name, size, value, told);
  });
}

void clSetProgramReleaseCallback(Fuzzer& f) {
  const cl_program program = f.program(*f.pick(f.programs));
  f.wrong({CL_INVALID_OPERATION});
  f.judge(f.cl.clSetProgramReleaseCallback(program, on_program, nullptr));
}

void clSetProgramSpecializationConstant(Fuzzer& f) {
  const cl_program program = f.program(*f.pick(f.programs));
  f.wrong({CL_INVALID_PROGRAM});
  f.judge(f.cl.clSetProgramSpecializationConstant(program, 1, 4, f.host(4)));
}

void clCreateKernel(Fuzzer& f) {
  if (f.kernels.size() > kManyKernels) return;
  Program& program = *f.pick(f.programs);
  const cl_program handle = f.program(program);
  const auto which = static_cast<unsigned>(f.below(kKernels.size()));
  const char* name = kKernels[which].name;
  if (!program.built) f.wrong({CL_INVALID_PROGRAM_EXECUTABLE});
  if (f.spoil()) name = f.one_of<const char*>({"", "nothin", "nothing "}), f.wrong({CL_INVALID_KERNEL_NAME});
  if (f.spoil()) name = nullptr, f.wrong({CL_INVALID_VALUE});
  keep_kernel(f, create(f, [&](cl_int* error) { return f.cl.clCreateKernel(handle, name, error); }), program,
              which);
}

void clCreateKernelsInProgram(Fuzzer& f) {
  if (f.kernels.size() + kKernels.size() > kManyKernels) return;
  Program& program = *f.pick(f.programs);
  const cl_program handle = f.program(program);
  if (!program.built) f.wrong({CL_INVALID_PROGRAM_EXECUTABLE});
  cl_kernel made[16] = {};
  cl_uint count = 0, room = 16;
  if (f.spoil()) room = static_cast<cl_uint>(f.below(kKernels.size())), f.wrong({CL_INVALID_VALUE});
  const cl_int result = f.cl.clCreateKernelsInProgram(handle, room, made, &count);
  if (result == CL_SUCCESS && count != kKernels.size()) f.fail("another number of kernels");
  f.judge(result);
  for (cl_uint i = 0; result == CL_SUCCESS && i < count; ++i) {
    char name[32] = "";
    f.cl.clGetKernelInfo(made[i], CL_KERNEL_FUNCTION_NAME, sizeof name, name, nullptr);
    for (unsigned which = 0; which < kKernels.size(); ++which)
      if (std::strcmp(name, kKernels[which].name) == 0) keep_kernel(f, made[i], program, which);
  }
}

void clCloneKernel(Fuzzer& f) {
  Kernel* kernel = f.pick(f.kernels);
  if (!kernel || f.kernels.size() > kManyKernels) return;
  const cl_kernel handle = f.kernel(*kernel);
  const auto arguments = kernel->arguments;
  const cl_kernel made = create(f, [&](cl_int* error) { return f.cl.clCloneKernel(handle, error); });
  keep_kernel(f, made, *kernel->program, kernel->which);
  if (made) f.kernels.back()->arguments = arguments;
}

void clRetainKernel(Fuzzer& f) { retain(f, f.kernels, &Fuzzer::kernel, f.cl.clRetainKernel); }

void clReleaseKernel(Fuzzer& f) {
  if (f.kernels.size() < 6) return;
  Kernel& kernel = *f.pick(f.kernels);
  if (!release(f, kernel, &Fuzzer::kernel, f.cl.clReleaseKernel)) return;
  if (!kernel.kept) f.retire(Kind::kKernel, kernel.handle);
  --kernel.program->kernels;
  f.drop(f.kernels, &kernel);
}

void clSetKernelArg(Fuzzer& f) {
  Kernel* kernel = f.pick(f.kernels);
  if (!kernel || kernel->arguments.empty()) return;
  const auto index = static_cast<cl_uint>(f.below(kernel->arguments.size()));
  if (f.one_in(8))
    set_wrong(f, *kernel, index);
  else
    set_right(f, *kernel, index);
}

void clSetKernelArgSVMPointer(Fuzzer& f) {
  Kernel* kernel = f.pick(f.kernels);
  Svm* svm = f.pick(f.allocations);
  if (!kernel || !svm || kernel->arguments.empty()) return;
  auto index = static_cast<cl_uint>(f.below(kernel->arguments.size()));
  const auto slot = kKernels[kernel->which].arguments[index];
  if (slot != Slot::kBuffer || svm->context != kernel->context) f.wrong({CL_INVALID_ARG_VALUE});
  const cl_kernel handle = f.kernel(*kernel);
  if (f.spoil()) index += 50, f.wrong({CL_INVALID_ARG_INDEX});
  const bool right = f.right();
  f.judge(f.cl.clSetKernelArgSVMPointer(handle, index, svm->begin));
  if (right) kernel->arguments[index] = {.state = Argument::State::kSvm, .svm = svm->begin};
}

void clSetKernelExecInfo(Fuzzer& f) {
  Kernel* kernel = f.pick(f.kernels);
  Svm* svm = f.pick(f.allocations);
  if (!kernel || !svm) return;
  if (svm->context != kernel->context) f.wrong({CL_INVALID_VALUE});
  const cl_kernel handle = f.kernel(*kernel);
  const void* pointers[] = {svm->begin};
  std::size_t size = sizeof pointers;
  cl_kernel_exec_info name = CL_KERNEL_EXEC_INFO_SVM_PTRS;
  if (f.spoil()) size = 7, f.wrong({CL_INVALID_VALUE});
  if (f.spoil()) name = 0x7777, f.wrong({CL_INVALID_VALUE});
  const bool none = f.spoil();
  if (none) f.wrong({CL_INVALID_VALUE});
  f.judge(f.cl.clSetKernelExecInfo(handle, name, size, none ? nullptr : pointers));
}

void clGetKernelInfo(Fuzzer& f) {
  Kernel* kernel = f.pick(f.kernels);
  if (!kernel) return;
  const cl_kernel handle = f.kernel(*kernel);
  const auto name =
      query_name<cl_kernel_info>(f, {CL_KERNEL_FUNCTION_NAME, CL_KERNEL_NUM_ARGS, CL_KERNEL_REFERENCE_COUNT,
                                     CL_KERNEL_CONTEXT, CL_KERNEL_PROGRAM, CL_KERNEL_ATTRIBUTES});
  f.query([&](std::size_t size, void* value, std::size_t* told) {
    return f.cl.clGetKernelInfo(handle, name, size, value, told);
  });
}

void clGetKernelArgInfo(Fuzzer& f) {
  Kernel* kernel = f.pick(f.kernels);
  if (!kernel) return;
  const cl_kernel handle = f.kernel(*kernel);
  const auto index = static_cast<cl_uint>(f.below(4));
  if (index >= kernel->arguments.size()) f.wrong({CL_INVALID_ARG_INDEX});
  const auto name = query_name<cl_kernel_arg_info>(
      f, {CL_KERNEL_ARG_ADDRESS_QUALIFIER, CL_KERNEL_ARG_ACCESS_QUALIFIER, CL_KERNEL_ARG_TYPE_NAME,
          CL_KERNEL_ARG_TYPE_QUALIFIER, CL_KERNEL_ARG_NAME});
  f.maybe({CL_KERNEL_ARG_INFO_NOT_AVAILABLE});
  f.query([&](std::size_t size, void* value, std::size_t* told) {
    return f.cl.clGetKernelArgInfo(handle, index, name, size, value, told);
  });
}

void clGetKernelWorkGroupInfo(Fuzzer& f) {
  Kernel* kernel = f.pick(f.kernels);
  if (!kernel) return;
  const cl_kernel handle = f.kernel(*kernel);
  const cl_device_id device = f.device();
  if (!device) return f.forget();  // right where the kernel has one device
  auto name = query_name<cl_kernel_work_group_info>(
      f, {CL_KERNEL_WORK_GROUP_SIZE, CL_KERNEL_COMPILE_WORK_GROUP_SIZE, CL_KERNEL_LOCAL_MEM_SIZE,
          CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE, CL_KERNEL_PRIVATE_MEM_SIZE});
  if (f.spoil()) name = CL_KERNEL_GLOBAL_WORK_SIZE, f.wrong({CL_INVALID_VALUE});
  f.query([&](std::size_t size, void* value, std::size_t* told) {
    return f.cl.clGetKernelWorkGroupInfo(handle, device, name, size, value, told);
  });
}

namespace {

void sub_group_info(Fuzzer& f, const auto& function) {
  Kernel* kernel = f.pick(f.kernels);
  if (!kernel) return;
  const cl_kernel handle = f.kernel(*kernel);
  const cl_device_id device = f.device();
  if (!device) return f.forget();
  const auto name = query_name<cl_kernel_sub_group_info>(
      f, {CL_KERNEL_MAX_SUB_GROUP_SIZE_FOR_NDRANGE, CL_KERNEL_SUB_GROUP_COUNT_FOR_NDRANGE,
          CL_KERNEL_MAX_NUM_SUB_GROUPS, CL_KERNEL_COMPILE_NUM_SUB_GROUPS});
  std::size_t local[3] = {1 + f.below(16), 1 + f.below(16), 1};
  std::size_t size = sizeof local;
  if (name == CL_KERNEL_MAX_SUB_GROUP_SIZE_FOR_NDRANGE || name == CL_KERNEL_SUB_GROUP_COUNT_FOR_NDRANGE)
    if (f.spoil()) size = f.one_of<std::size_t>({0, 5, 800}), f.wrong({CL_INVALID_VALUE});
  f.query([&](std::size_t room, void* value, std::size_t* told) {
    return function(handle, device, name, size, local, room, value, told);
  });
}

}  // namespace

void clGetKernelSubGroupInfo(Fuzzer& f) { sub_group_info(f, f.cl.clGetKernelSubGroupInfo); }
void clGetKernelSubGroupInfoKHR(Fuzzer& f) { sub_group_info(f, f.cl.clGetKernelSubGroupInfoKHR); }

void clEnqueueNDRangeKernel(Fuzzer& f) {
  Queue* queue;
  Kernel* kernel;
  if (!pick_launch(f, queue, kernel)) return;
  const cl_command_queue to = f.queue(*queue);
  const cl_kernel handle = f.kernel(*kernel);
  Sizes sizes;
  launch_sizes(f, *kernel, sizes);
  spoil_sizes(f, sizes);
  check_arguments(f, *queue, *kernel);
  if (f.right() && f.one_in(16)) sizes.global[0] = 0;
  const auto waits = f.waits(queue->context);
  auto* out = f.event_out();
  const cl_int result =
      f.cl.clEnqueueNDRangeKernel(to, handle, sizes.dimensions, sizes.offset_pointer, sizes.global,
                                  sizes.local_pointer, waits.count, waits.list, out);
  f.judge(result);
  f.keep_event(*queue, waits, result, out);
}

void clEnqueueTask(Fuzzer& f) {
  Queue* queue;
  Kernel* kernel;
  if (!pick_launch(f, queue, kernel)) return;
  const cl_command_queue to = f.queue(*queue);
  const cl_kernel handle = f.kernel(*kernel);
  if (kKernels[kernel->which].required) f.wrong({CL_INVALID_WORK_GROUP_SIZE});
  check_arguments(f, *queue, *kernel);
  const auto waits = f.waits(queue->context);
  auto* out = f.event_out();
  const cl_int result = f.cl.clEnqueueTask(to, handle, waits.count, waits.list, out);
  f.judge(result);
  f.keep_event(*queue, waits, result, out);
}

void clEnqueueNativeKernel(Fuzzer& f) {
  const cl_command_queue queue = f.queue(*f.pick(f.queues));
  f.wrong({CL_INVALID_OPERATION});
  f.judge(f.cl.clEnqueueNativeKernel(
      queue, [](void*) {}, nullptr, 0, 0, nullptr, nullptr, 0, nullptr, nullptr));
}

namespace {

void suggested_size(Fuzzer& f, runtime::api::clGetKernelSuggestedLocalWorkSize_fn function) {
  Queue* queue;
  Kernel* kernel;
  if (!pick_launch(f, queue, kernel)) return;
  const cl_command_queue to = f.queue(*queue);
  const cl_kernel handle = f.kernel(*kernel);
  Sizes sizes;
  launch_sizes(f, *kernel, sizes);
  check_arguments(f, *queue, *kernel);
  if (f.spoil()) sizes.dimensions = 4, f.wrong({CL_INVALID_WORK_DIMENSION});
  if (f.spoil()) sizes.global[0] = 0, f.wrong({CL_INVALID_GLOBAL_WORK_SIZE});
  const bool none = f.spoil();
  if (none) f.wrong({CL_INVALID_VALUE});
  std::size_t suggested[3];
  f.judge(function(to, handle, sizes.dimensions, sizes.offset, sizes.global, none ? nullptr : suggested));
}

}  // namespace

void clGetKernelSuggestedLocalWorkSize(Fuzzer& f) {
  suggested_size(f, f.cl.clGetKernelSuggestedLocalWorkSize);
}
void clGetKernelSuggestedLocalWorkSizeKHR(Fuzzer& f) {
  suggested_size(f, f.cl.clGetKernelSuggestedLocalWorkSizeKHR);
}

}  // namespace kiesel::conformance::api::calls
