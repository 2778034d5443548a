// Finished builds on disk. The key covers everything that decides the result but the files that #include
// read; their hashes are in the entry and are compared when it is found.
#pragma once

#include <optional>
#include <string>

#include "compiler/client/client.hpp"
#include "support/cache.hpp"

namespace kiesel::runtime {

// Which compiler: another one, or the same rebuilt, makes other programs.
std::uint64_t compiler_identity(const std::string& path);
std::string cache_key(const compiler::Request& request, const std::string& compiler_path);
std::optional<compiler::Reply> find_cached(const DiskCache& cache, const std::string& key);
void store_cached(const DiskCache& cache, const std::string& key, const compiler::Reply& reply);

}  // namespace kiesel::runtime
