#include "runtime/core/external_memory.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace kiesel::runtime {

Outcome<ExternalMemory> import_memory(Context& context, int file, std::size_t size,
                                      std::vector<Ref<Device>> devices) {
  const auto error = [&](std::string reason) {
    return ApiError{CL_INVALID_PROPERTY, std::move(reason), Ref<Object>(&context)};
  };
  struct stat state {};
  if (::fstat(file, &state)) return error(fmt::format("file descriptor {}: {}", file, std::strerror(errno)));
  if (static_cast<std::uint64_t>(state.st_size) < size)
    return error(fmt::format("the memory object needs {} bytes, file descriptor {} has {}", size, file,
                             state.st_size));
  auto imported = SvmAllocation::import(context.roots(), context.owner(), file, size);
  if (!imported.ok()) return ApiError{imported.error().code, imported.error().reason, Ref<Object>(&context)};
  ::close(file);
  return ExternalMemory{*std::move(imported), std::move(devices)};
}

}  // namespace kiesel::runtime
