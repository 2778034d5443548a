// A program as checks see it: its instructions with what they do to memory, its kernels, its segments.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "compiler/program/program.hpp"
#include "device/device.hpp"
#include "device/isa/instruction.hpp"
#include "device/isa/operation_class.hpp"
#include "device/observer.hpp"
#include "evaluation/check/finding.hpp"
#include "evaluation/check/kinds.hpp"

namespace kiesel::check {

struct Fact {
  isa::Instruction in;
  isa::OperationClass kind{};
  std::uint8_t bytes = 0;  // that a lane accesses; 0: no access
  bool loads = false, stores = false, atomic = false, acquires = false, releases = false;
  bool is_note = false;  // of the compiler, see notes.hpp
};

class Program {
 public:
  struct Segment {
    device::Address begin, end;
    bool writable;
  };

  // `name`: in findings. kInvalidBinary.
  static Result<std::unique_ptr<Program>> make(std::string name, std::span<const std::byte> elf,
                                               device::Address base);

  const std::string& name() const { return name_; }
  const std::vector<Segment>& segments() const { return segments_; }
  const compiler::Kernel* kernel(std::string_view name) const;
  const isa::Target& target() const { return table_.target; }
  bool has_notes() const { return has_notes_; }  // known once it was decoded

  // Of the code in place; decoded when it is first asked for.
  void decode(std::span<const std::uint32_t> code, const Tools& tools);
  const std::vector<Fact>& facts() const { return facts_; }
  const std::vector<device::Interest>& interests() const { return interests_; }
  Place place(std::size_t instruction) const;

 private:
  std::string name_;
  device::Address base_ = 0, code_begin_ = 0;
  std::vector<Segment> segments_;
  compiler::Program table_;
  std::vector<Fact> facts_;
  std::vector<device::Interest> interests_;
  bool has_notes_ = false;
};

}  // namespace kiesel::check
