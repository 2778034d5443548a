// Finished builds on disk. The key covers everything that decides the result but the files that #include
// looked for. A build that looked for any has two entries: under the key one that says so, and under the key
// and the working folder the build, with the files that were there, their sizes and hashes, and those that
// were not: all as they are now, or the entry is a miss.
#pragma once

#include <optional>
#include <string>

#include "compiler/client/client.hpp"
#include "support/cache.hpp"

namespace kiesel::runtime {

// Which compiler: another one, or the same rebuilt, makes other programs.
std::uint64_t compiler_identity(const std::string& path);
std::string cache_key(const compiler::Request& request, const std::string& compiler_path);
std::optional<compiler::Reply> find_cached(const DiskCache& cache, const std::string& key,
                                           const std::string& working_folder);
void store_cached(const DiskCache& cache, const std::string& key, const std::string& working_folder,
                  const compiler::Reply& reply);

}  // namespace kiesel::runtime
