#include "device/designs_page.hpp"

#include <fmt/format.h>

#include "device/model/configuration.hpp"
#include "device/timing/design_table.hpp"

namespace kiesel::device {
namespace {

constexpr std::string_view kIntroduction = R"(# Designs

A device file (TOML) tells what a machine is like: its shape ([device.md](device.md)) and, in the tables below, what
the cycle model ([timing.md](timing.md)) needs to know of it. `KIESEL_DEVICE=my.toml KIESEL_ENGINE=cycles` runs an
application on it. What a file does not name follows from the shape, as in the last column for `vortex-4x4`; a key
that does not exist, a value out of range and values that do not go together are errors with file, line and key.
A table `l2` or `l3` adds that cache; a table `energy`, with a `source` for its figures, adds estimates of energy to
reports. This page is made by `kiesel info --designs-page`.

Top-level keys beside those of the shape: `validated`, a sentence for reports on what the design's times were compared
with. A table `roofline` (`gflops`, `gigabytes_a_second`, `source`) is for machines of which only peaks are known:
the cycle model refuses them.

## Designs that come along

| name | cores | warps | lanes | MHz | validated |
|---|---|---|---|---|---|
)";

std::string rows_of_designs() {
  std::string out;
  for (const std::string_view name : model::built_in_shapes()) {
    const auto c = model::built_in_shape(name);
    if (!c) continue;
    out +=
        fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", name, c->cores, c->target.warps, c->target.lanes,
                    c->clock_mhz, c->roofline.only ? "roofline only" : c->design.validated);
  }
  return out;
}

std::string table_of(std::string_view name, timing::Design& design) {
  std::string out = fmt::format(
      "\n## [{}]\n\n| key | range | unit | meaning | vortex-4x4 |\n|---|---|---|---|---|\n", name);
  for (const timing::DesignKey& key : timing::design_keys())
    if (key.table == name)
      out += fmt::format("| `{}` | {} to {} | {} | {} | {} |\n", key.key, key.least, key.most, key.unit,
                         key.meaning, key.member(design));
  return out;
}

}  // namespace

std::string designs_page() {
  timing::Design design = model::built_in_shape("vortex-4x4")->design;
  std::string out = std::string(kIntroduction) + rows_of_designs();
  std::string_view last;
  for (const timing::DesignKey& key : timing::design_keys()) {
    if (key.table == last) continue;
    last = key.table;
    if (out.find(fmt::format("\n## [{}]\n", last)) == std::string::npos) out += table_of(last, design);
  }
  return out;
}

}  // namespace kiesel::device
