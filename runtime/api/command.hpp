// Commands that can be enqueued and recorded to command-buffers: their checks, and the work that they come
// to. Each takes the arguments of its clEnqueue... function between the command-queue and the wait list.
#pragma once

#include <CL/cl.h>

#include "runtime/api/enqueue.hpp"
#include "runtime/core/command_buffer.hpp"
#include "runtime/core/ndrange.hpp"

namespace kiesel::runtime::api {

Outcome<Event::Work> copy_buffer(CommandQueue& queue, cl_mem source, cl_mem target, size_t source_offset,
                                 size_t target_offset, size_t size);
Outcome<Event::Work> copy_buffer_rect(CommandQueue& queue, cl_mem source, cl_mem target,
                                      const size_t* source_origin, const size_t* target_origin,
                                      const size_t* region, size_t source_row_pitch,
                                      size_t source_slice_pitch, size_t target_row_pitch,
                                      size_t target_slice_pitch);
Outcome<Event::Work> fill_buffer(CommandQueue& queue, cl_mem memory, const void* pattern, size_t pattern_size,
                                 size_t offset, size_t size);
Outcome<Event::Work> fill_image(CommandQueue& queue, cl_mem memory, const void* colour, const size_t* origin,
                                const size_t* region);
Outcome<Event::Work> copy_image(CommandQueue& queue, cl_mem source, cl_mem target,
                                const size_t* source_origin, const size_t* target_origin,
                                const size_t* region);
Outcome<Event::Work> copy_image_to_buffer(CommandQueue& queue, cl_mem source, cl_mem target,
                                          const size_t* origin, const size_t* region, size_t offset);
Outcome<Event::Work> copy_buffer_to_image(CommandQueue& queue, cl_mem source, cl_mem target, size_t offset,
                                          const size_t* origin, const size_t* region);
Outcome<Event::Work> svm_memcpy(CommandQueue& queue, void* target, const void* source, size_t size);
Outcome<Event::Work> svm_memfill(CommandQueue& queue, void* target, const void* pattern, size_t pattern_size,
                                 size_t size);

// A kernel of the queue's context with an executable for its device.
Outcome<Kernel*> kernel_for(CommandQueue& queue, cl_kernel handle);
// The NDRange that clEnqueueNDRangeKernel's arguments mean for this kernel; a local size is chosen where none
// is given.
Outcome<NDRange> checked_range(CommandQueue& queue, Kernel& kernel, cl_uint dimensions, const size_t* offset,
                               const size_t* global, const size_t* local);
bool is_empty(const NDRange& range);
// The work of a kernel's execution in a command-buffer, for many enqueues. Null if arguments are missing and
// may come later.
Outcome<std::shared_ptr<const Event::Work>> dispatch_work(CommandQueue& queue,
                                                          const MutableCommand::Dispatch& dispatch,
                                                          bool arguments_later);

// clSetKernelExecInfo.
Outcome<> set_exec_info(Kernel& kernel, cl_kernel_exec_info name, size_t size, const void* value);

// A device with shared virtual memory: CL_INVALID_OPERATION.
Outcome<> check_svm(const CommandQueue& queue);

}  // namespace kiesel::runtime::api
