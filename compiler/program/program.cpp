#include "compiler/program/program.hpp"

#include <xxhash.h>

#include <cstring>
#include <memory>

#include "compiler/program/verify.hpp"
#include "support/elf.hpp"

namespace kiesel::compiler {
namespace {

using Hash = std::array<std::byte, kHashBytes>;

Error bad(std::string reason) { return {Errc::kInvalidBinary, std::move(reason)}; }

// Of the whole file, with the bytes [hole, hole + kHashBytes) as zero.
Hash file_hash(std::span<const std::byte> file, std::size_t hole) {
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state(XXH3_createState(),
                                                                              XXH3_freeState);
  const Hash zeros{};
  XXH3_128bits_reset(state.get());
  XXH3_128bits_update(state.get(), file.data(), hole);
  XXH3_128bits_update(state.get(), zeros.data(), zeros.size());
  XXH3_128bits_update(state.get(), file.data() + hole + kHashBytes, file.size() - hole - kHashBytes);
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state.get()));
  Hash hash;
  static_assert(sizeof canonical.digest == kHashBytes);
  std::memcpy(hash.data(), canonical.digest, kHashBytes);
  return hash;
}

struct Checked {
  ElfView view;
  std::size_t hash_offset;
};

Result<Checked> check_shape(std::span<const std::byte> file) {
  auto view = ElfView::parse(file);
  if (!view) return view.error();
  if (view->header().e_machine != EM_RISCV) return bad("an ELF file for another processor");
  if (view->header().e_type != ET_DYN) return bad("not a shared ELF file");
  const auto* hash = view->section(kHashSection);
  if (!hash || !view->section(kProgramSection) || !view->section(kSpirvSection))
    return bad("an ELF file without Kiesel's sections");
  if (hash->bytes.size() != kHashBytes) return bad("a hash section of the wrong size");
  const auto offset = static_cast<std::size_t>(hash->bytes.data() - file.data());
  return Checked{std::move(*view), offset};
}

Result<Checked> verify(std::span<const std::byte> file) {
  auto checked = check_shape(file);
  if (!checked) return checked;
  const auto hash = file_hash(file, checked->hash_offset);
  if (std::memcmp(hash.data(), file.data() + checked->hash_offset, kHashBytes) != 0)
    return bad("the file is damaged: its hash does not match");
  return checked;
}

}  // namespace

Result<Program> read_program(std::span<const std::byte> elf) {
  const auto checked = verify(elf);
  if (!checked) return checked.error();
  const auto bytes = checked->view.section(kProgramSection)->bytes;
  auto program = from_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!program) return program;
  if (const auto status = check_code(*program, checked->view); !status) return status.error();
  return program;
}

Result<std::vector<std::uint32_t>> read_spirv(std::span<const std::byte> elf) {
  const auto checked = verify(elf);
  if (!checked) return checked.error();
  const auto bytes = checked->view.section(kSpirvSection)->bytes;
  if (bytes.size() % sizeof(std::uint32_t)) return bad("SPIR-V that is not a sequence of words");
  std::vector<std::uint32_t> words(bytes.size() / sizeof(std::uint32_t));
  if (!words.empty()) std::memcpy(words.data(), bytes.data(), bytes.size());
  return words;
}

Status seal(std::span<std::byte> elf) {
  const auto checked = check_shape(elf);
  if (!checked) return checked.error();
  const auto hash = file_hash(elf, checked->hash_offset);
  std::memcpy(elf.data() + checked->hash_offset, hash.data(), kHashBytes);
  return {};
}

}  // namespace kiesel::compiler
