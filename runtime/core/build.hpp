// One build for one device: from the cache where it is known, else by the compiler.
#pragma once

#include <string>
#include <vector>

#include "compiler/client/client.hpp"
#include "runtime/core/device.hpp"
#include "runtime/core/error.hpp"
#include "runtime/core/executable.hpp"

namespace kiesel::runtime {

std::string current_folder();  // "/" when it is gone

struct BuildOrder {
  compiler::Operation operation = compiler::Operation::kBuild;
  std::string options{};
  std::string source{};
  std::vector<compiler::File> headers{};
  std::vector<std::vector<std::byte>> inputs{};
  std::string working_folder = current_folder();  // the application's at its call, wherever it is later
};

struct BuildResult {
  compiler::Outcome outcome = compiler::Outcome::kFailed;
  std::string log;
  Ref<Executable> executable;  // on success
};

// Blocks. Never fails otherwise than by its outcome and log.
BuildResult build(Device& device, const BuildOrder& order);

}  // namespace kiesel::runtime
