#include "runtime/api/memory_flags.hpp"

namespace kiesel::runtime::api {
namespace {

bool at_most_one(cl_mem_flags bits) { return (bits & (bits - 1)) == 0; }

// What a memory object with the first flag does not allow its views.
struct Contradiction {
  cl_mem_flags whole, view;
  const char* reason;
};
constexpr Contradiction kContradictions[] = {
    {CL_MEM_WRITE_ONLY, CL_MEM_READ_WRITE | CL_MEM_READ_ONLY, "the memory object is CL_MEM_WRITE_ONLY"},
    {CL_MEM_READ_ONLY, CL_MEM_READ_WRITE | CL_MEM_WRITE_ONLY, "the memory object is CL_MEM_READ_ONLY"},
    {CL_MEM_HOST_WRITE_ONLY, CL_MEM_HOST_READ_ONLY, "the memory object is CL_MEM_HOST_WRITE_ONLY"},
    {CL_MEM_HOST_READ_ONLY, CL_MEM_HOST_WRITE_ONLY, "the memory object is CL_MEM_HOST_READ_ONLY"},
    {CL_MEM_HOST_NO_ACCESS, CL_MEM_HOST_READ_ONLY | CL_MEM_HOST_WRITE_ONLY,
     "the memory object is CL_MEM_HOST_NO_ACCESS"}};

}  // namespace

bool valid_flags(cl_mem_flags flags) {
  return (flags & ~(kDeviceAccess | kHostPointer | kHostAccess)) == 0 && at_most_one(flags & kDeviceAccess) &&
         at_most_one(flags & kHostAccess) &&
         !((flags & CL_MEM_USE_HOST_PTR) && (flags & (CL_MEM_ALLOC_HOST_PTR | CL_MEM_COPY_HOST_PTR)));
}

bool valid_usage_flags(cl_mem_flags flags) {
  return valid_flags(flags & ~cl_mem_flags{CL_MEM_KERNEL_READ_AND_WRITE}) &&
         (!(flags & CL_MEM_KERNEL_READ_AND_WRITE) || !(flags & (CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY)));
}

cl_mem_flags with_default_access(cl_mem_flags flags) {
  return flags & kDeviceAccess ? flags : flags | CL_MEM_READ_WRITE;
}

Outcome<> check_host_pointer(Context& context, cl_mem_flags flags, const void* host_pointer) {
  const bool wants_pointer = flags & (CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR);
  KIESEL_REQUIRE(wants_pointer == (host_pointer != nullptr), context, CL_INVALID_HOST_PTR,
                 "host_ptr and CL_MEM_USE_HOST_PTR or CL_MEM_COPY_HOST_PTR do not agree");
  return {};
}

Outcome<cl_mem_flags> flags_of_view(const MemoryObject& whole, cl_mem_flags flags) {
  Context& context = whole.context();
  KIESEL_REQUIRE((flags & kHostPointer) == 0 && valid_flags(flags), context, CL_INVALID_VALUE,
                 fmt::format("flags {:#x} are not valid for a view of a memory object", flags));
  for (const auto& row : kContradictions)
    KIESEL_REQUIRE(!(whole.flags() & row.whole) || !(flags & row.view), context, CL_INVALID_VALUE,
                   row.reason);
  const auto access = flags & kDeviceAccess, host = flags & kHostAccess;
  return (access ? access : whole.flags() & kDeviceAccess) | (host ? host : whole.flags() & kHostAccess) |
         (whole.flags() & kHostPointer);
}

}  // namespace kiesel::runtime::api
