// Damage to program binaries, the same for the same numbers, with the hash mended: what is left is a file
// that nothing but its own words speaks against.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "conformance/fuzz/mutate.hpp"

namespace kiesel::conformance::binary {

using File = std::vector<std::byte>;

// One or two changes: of the kernel table (values at edges or of another sort, names that are gone, there
// twice or new, lists that are longer, deeper or empty), of ELF headers, segments, sections, symbols and
// relocations, of words of code, of printf's records and formats, of any bytes, sections that are there again
// and again, a file that ends too soon.
File damaged(const File& binary, Random& random);

// Numbers at which something changes, or near `old`.
std::uint64_t edge(std::uint64_t old, Random& random);
// The kernel table's text with one change.
std::string damaged_table(const std::string& text, Random& random);
// printf (isa/printf_record.hpp) in code and constants: other sizes and types of a record, other places of
// its arguments and its format; other conversions, and texts that run into what follows.
void damage_records(std::span<std::byte> code, Random& random);
void damage_formats(std::span<std::byte> data, Random& random);

}  // namespace kiesel::conformance::binary
