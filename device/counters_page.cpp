#include "device/counters_page.hpp"

#include <fmt/format.h>

#include "device/counters.hpp"

namespace kiesel::device {

std::string counters_page() {
  std::string page =
      "# Counters\n\n"
      "Made from `device/counters.def` by `kiesel info --counters-page`; a test keeps it true.\n\n"
      "Devices count these for a launch when somebody asks ([profile.md](profile.md)), and nothing "
      "otherwise. Counters of\n"
      "source program follow from what was executed: the device model counts them in one place, from what "
      "its interpreter\n"
      "did, so that they are the same on every engine and on any number of host threads. The engine `auto` "
      "and the\n"
      "translator run a launch that is counted on the interpreter. Counters of source clock are those of the "
      "cycle model.\n"
      "Those of scope instruction are kept for each instruction of the kernel, too, and so for each source "
      "line.\n\n"
      "A warp that executes an instruction counts once, whatever its lanes; \"of instructions\" are parts of "
      "that number.\n\n"
      "| counter | unit | scope | source | meaning |\n|---|---|---|---|---|\n";
  for (const CounterInfo& info : kCounterInfos)
    page += fmt::format("| {} | {} | {} | {} | {} |\n", info.name, info.unit,
                        info.scope == CounterScope::kInstruction ? "instruction" : "launch",
                        info.source == CounterSource::kProgram ? "program" : "clock", info.meaning);
  return page;
}

}  // namespace kiesel::device
