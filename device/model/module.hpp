// A program in device memory: an ELF file placed, relocated and decoded.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "device/isa/target.hpp"
#include "device/model/interpreter/code.hpp"
#include "device/model/interpreter/engine.hpp"
#include "device/model/memory/memory.hpp"
#include "device/model/translations.hpp"
#include "support/result.hpp"

namespace kiesel::model {

class Module {
 public:
  static constexpr std::uint64_t kPage = 4096;  // of which programs begin one

  // kInvalidBinary for what is not a program for this machine, kOutOfMemory. `at`: its base, or 0.
  // `front`: start-up code of a loader, up to a page, that lies a page before the program; warps start there.
  static Result<std::unique_ptr<Module>> load(Memory& memory, const Engine& engine, const isa::Target& target,
                                              std::span<const std::byte> file, Owner owner = 0,
                                              Address at = 0, std::span<const std::byte> front = {});
  ~Module();
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  const Code& code() const { return code_; }
  std::uint64_t number() const { return number_; }  // no other module of the process has or had it
  const Insn* startup() const { return startup_; }
  Address base() const { return base_; }
  Address begin() const { return begin_; }  // of its memory: the front's, where it has one
  // Most instructions that a warp of the kernel executes, 0 where that is not certain (straight_line.hpp).
  std::uint32_t straight_line_length(const Insn* entry) const;
  ModuleTranslations& translations() const { return *translations_; }
  Result<Address> symbol(std::string_view name) const;
  // "name+0x1c", or "" where no symbol covers the address.
  std::string locate(Address address) const;

 private:
  struct Symbol {
    Address address;
    std::uint64_t size;
    std::string name;
  };

  explicit Module(Memory& memory);

  Memory& memory_;
  const std::uint64_t number_;
  Address begin_ = 0, base_ = 0;
  Code code_;
  const Insn* startup_ = nullptr;
  std::unique_ptr<ModuleTranslations> translations_;
  // By instruction; for those that kernels were seen to start with.
  mutable std::vector<std::atomic<std::uint16_t>> lengths_;
  std::map<std::string, Address, std::less<>> by_name_;
  std::vector<Symbol> symbols_;  // functions, by address

  friend class ModuleLoader;
};

}  // namespace kiesel::model
