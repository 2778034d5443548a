// Follows values that nobody wrote from memory through registers to where they matter: an address, a branch,
// memory that the host reads. Threads: one at a time.
#pragma once

#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "evaluation/check/bits_shadow.hpp"
#include "evaluation/check/launch.hpp"
#include "evaluation/check/memory_map.hpp"
#include "evaluation/check/reporter.hpp"
#include "evaluation/check/undefined_bits.hpp"

namespace kiesel::check {

class InitialisationTool {
 public:
  InitialisationTool(const MemoryMap& map, Reporter& reporter) : map_(map), reporter_(reporter) {}

  // ---- between launches ----
  void made(const Allocation& allocation);
  void freed(const Allocation& allocation);
  void host_writes(device::Address begin, std::uint64_t bytes);
  void host_reads(device::Address begin, std::uint64_t bytes);
  void copied(device::Address from, device::Address to, std::uint64_t bytes);

  // ---- of a launch ----
  void begin(const LaunchState& launch);
  void begin_group();
  void begin_warp(unsigned rank);
  // Registers of the warp that have undefined bits.
  const std::uint64_t* interesting(unsigned rank) const { return &warps_[rank]->interesting; }
  // Of another instruction than one that accesses memory; it is called where that names such a register, and
  // for votes and shuffles.
  void step(device::ObservedWarp& warp, std::size_t instruction);
  // Before the memory tool has its say.
  void address(const Access& access);
  void access(const Access& access);
  void end();

 private:
  static constexpr unsigned kLanes = 64;
  using Lanes = std::uint64_t[kLanes];
  struct Warp {
    std::uint64_t interesting = 0;
    Lanes x[32], f[32];
    std::uint32_t origin[64]{};  // of each register's undefined bits: number in origins_, 0 unknown
  };
  struct Origin {
    Deed deed;
    LaunchState::Named memory;
    std::string what;  // "byte 12 of 'in'"
  };
  struct Output {
    std::shared_ptr<const Finding> finding;
    Collector::Key key;
  };
  Warp& warp(unsigned rank) { return *warps_[rank]; }
  Partly operand(device::ObservedWarp& of, unsigned number, unsigned lane);
  void write_integer(device::ObservedWarp& of, unsigned number, const Lanes& bits, std::uint32_t origin);
  void write_real(device::ObservedWarp& of, unsigned number, const Lanes& bits, std::uint32_t origin);
  void write(device::ObservedWarp& of, unsigned number, Lanes& to, const Lanes& bits, std::uint32_t origin);
  void clear(const device::ObservedWarp& of, unsigned number);
  std::uint32_t origin_of(const isa::Instruction& in, const Warp& of) const;
  void integer_step(device::ObservedWarp& of, const isa::Instruction& in);
  void float_step(device::ObservedWarp& of, const isa::Instruction& in);
  void matrix_step(device::ObservedWarp& of);
  void move_step(device::ObservedWarp& of, const isa::Instruction& in);
  void vote(device::ObservedWarp& of, const isa::Instruction& in);
  void shuffle(device::ObservedWarp& of, const isa::Instruction& in);
  void decide(device::ObservedWarp& of, std::size_t instruction);
  void load(const Access& access);
  void store(const Access& access);
  bool all_defined(const Access& access);
  std::uint64_t bits_at(const Access& access, unsigned lane);
  void set_bits(const Access& access, unsigned lane, std::uint64_t bits);
  std::uint8_t* private_bits(const Access& access, unsigned lane);
  std::uint32_t find_origin(const Access& access, unsigned lane);
  void note_output(const Access& access, unsigned lane, std::uint32_t origin);
  void report(Kind kind, unsigned rank, unsigned lane, std::size_t instruction, std::uint32_t origin);
  Finding finding_of(Kind kind, unsigned rank, unsigned lane, std::size_t instruction, std::uint32_t origin);

  static constexpr std::size_t kMostOutputs = 1 << 20, kMostOrigins = 1 << 16;
  const MemoryMap& map_;
  Reporter& reporter_;
  const LaunchState* launch_ = nullptr;
  BitsShadow memory_;  // global and local
  std::vector<std::unique_ptr<Warp>> warps_;
  std::vector<std::uint8_t> private_;
  std::uint64_t private_begin_ = 0, granules_ = 0;
  std::vector<Origin> origins_;
  std::map<std::pair<std::size_t, std::uint64_t>, std::uint32_t> known_origins_;
  std::map<std::pair<std::size_t, std::uint32_t>, Output> known_outputs_;
  std::unordered_map<std::uint64_t, std::uint32_t> stored_origins_;  // of this launch, by word
  std::map<std::uint64_t, Output> outputs_;                          // by word of global memory
};

}  // namespace kiesel::check
