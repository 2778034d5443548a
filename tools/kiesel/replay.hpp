// `kiesel replay`: the launches of a capture again, on any device, and what is not as it was.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "compiler/client/client.hpp"
#include "device/device.hpp"
#include "evaluation/capture/reader.hpp"

namespace kiesel::tools {

// Its return value is set in `exit_code` when it has run: 0 the same, 1 different, 2 could not run.
void add_replay(CLI::App& app, int& exit_code);

// The device that the options ask for, with its memory where a capture's was.
Result<std::unique_ptr<device::Device>> open_replay_device(const std::shared_ptr<compiler::Client>& compiler,
                                                           capture::Reader& reader);

// Whether a file begins as a capture does.
bool is_capture(const std::string& path);

}  // namespace kiesel::tools
