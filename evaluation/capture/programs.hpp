// The programs of a capture on the device of a replay: as they were recorded where its target is theirs, else
// made anew from their SPIR-V. Threads: one.
#pragma once

#include <map>
#include <memory>

#include "compiler/client/client.hpp"
#include "compiler/program/program.hpp"
#include "device/model/model_device.hpp"
#include "evaluation/capture/reader.hpp"

namespace kiesel::capture {

// A program as it was recorded and as it runs here.
struct LoadedProgram {
  compiler::Program recorded, here;
  std::vector<std::byte> elf;  // as it runs here
  device::ModuleId module = 0;
  device::Address begin = 0;  // where it lay when it was recorded
  std::uint64_t bytes = 0;
  bool at_home = false;  // the same code at the same place

  const compiler::Kernel* recorded_kernel(std::string_view name) const;
  const compiler::Kernel* kernel(std::string_view name) const;
};

class Programs {
 public:
  Programs(const Reader& reader, device::Device& device, compiler::Client& compiler);
  ~Programs();
  Programs(const Programs&) = delete;
  Programs& operator=(const Programs&) = delete;

  // Of a launch; loaded when it is first needed.
  Result<const LoadedProgram*> of(const Launch& launch);
  // Unloads what lies there.
  void make_room(device::Address begin, std::uint64_t bytes);
  // Unloads the program that has these variables: it was loaded again, and starts with them as they were.
  void start_again(const Allocation& variables);

 private:
  template <class IsWanted>
  void unload_if(IsWanted is_wanted);
  Result<std::vector<std::byte>> made_for(const compiler::Program& program, std::span<const std::byte> elf);
  Status load(LoadedProgram& program, std::span<const std::byte> elf);
  Result<std::unique_ptr<LoadedProgram>> make(const Launch& launch);

  const Reader& reader_;
  device::Device& device_;
  model::ModelDevice* const model_;  // null: of another kind, whose programs lie where it wants
  compiler::Client& compiler_;
  std::map<std::pair<Hash, device::Address>, std::unique_ptr<LoadedProgram>> loaded_;
  std::map<Hash, std::vector<std::byte>> made_;  // anew, by the recorded program
};

}  // namespace kiesel::capture
