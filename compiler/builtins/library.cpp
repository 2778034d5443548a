#include "compiler/builtins/library.hpp"

#include <algorithm>
#include <cassert>

extern "C" const char kiesel_builtins_begin[];
extern "C" const char kiesel_builtins_end[];

namespace kiesel::compiler::builtins {

Library::Library(std::span<const char> bytes) {
  const char* at = bytes.data();
  auto take = [&at]<class T>(std::span<const T>& table, std::size_t count) {
    table = {reinterpret_cast<const T*>(at), count};
    at += count * sizeof(T);
  };
  std::span<const LibraryHeader> headers;
  take(headers, 1);
  const LibraryHeader& header = headers[0];
  assert(header.magic == kLibraryMagic);
  take(symbols_, header.symbols);
  // Groups hold 64-bit fields: the writer pads the symbol table.
  at = bytes.data() + ((at - bytes.data() + 7) & ~std::ptrdiff_t{7});
  take(groups_, header.groups);
  take(dependencies_, header.dependencies);
  names_ = at;
  bitcode_ = bytes.data() + ((at + header.names_bytes - bytes.data() + 7) & ~std::ptrdiff_t{7});
}

std::optional<std::uint32_t> Library::find(std::string_view name) const {
  auto at = std::lower_bound(
      symbols_.begin(), symbols_.end(), name,
      [this](const Symbol& symbol, std::string_view wanted) { return this->name(symbol) < wanted; });
  if (at == symbols_.end() || this->name(*at) != name) return std::nullopt;
  return static_cast<std::uint32_t>(at - symbols_.begin());
}

const Library& embedded_library() {
  static const Library library({kiesel_builtins_begin, kiesel_builtins_end});
  return library;
}

}  // namespace kiesel::compiler::builtins
