// The builtin library as one file: what kiesel_builtins_pack writes and link_builtins() reads in place.
//   [LibraryHeader][Symbol, sorted by name][Group][dependencies: u32 symbol numbers][names][bitcode of the
//   groups]
// A group is a bitcode module with the functions of one name (all their overloads); a symbol lists what
// its definition refers to, so that the closure of a program is known before any bitcode is read.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace kiesel::compiler::builtins {

inline constexpr std::uint32_t kLibraryMagic = 0x3142434b;  // "KCB1"

struct LibraryHeader {
  std::uint32_t magic, symbols, groups, dependencies;
  std::uint64_t names_bytes, bitcode_bytes;
};
struct Symbol {
  std::uint32_t name, name_bytes;  // in names
  std::uint32_t group;
  std::uint32_t first_dependency, dependencies;
};
struct Group {
  std::uint64_t offset, bytes;  // in the bitcode
};

// A view of a library in memory; the bytes outlive it. They are part of the program, so they are trusted.
class Library {
 public:
  explicit Library(std::span<const char> bytes);

  std::span<const Symbol> symbols() const { return symbols_; }
  std::string_view name(const Symbol& symbol) const { return {names_ + symbol.name, symbol.name_bytes}; }
  std::span<const std::uint32_t> dependencies(const Symbol& symbol) const {
    return dependencies_.subspan(symbol.first_dependency, symbol.dependencies);
  }
  std::size_t groups() const { return groups_.size(); }
  std::string_view bitcode(std::uint32_t group) const {
    return {bitcode_ + groups_[group].offset, static_cast<std::size_t>(groups_[group].bytes)};
  }
  // The number of the symbol with this name.
  std::optional<std::uint32_t> find(std::string_view name) const;

 private:
  std::span<const Symbol> symbols_;
  std::span<const Group> groups_;
  std::span<const std::uint32_t> dependencies_;
  const char* names_;
  const char* bitcode_;
};

// The library inside this program.
const Library& embedded_library();

}  // namespace kiesel::compiler::builtins
