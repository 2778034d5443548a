#include "evaluation/check/launch.hpp"

#include <fmt/format.h>

namespace kiesel::check {
namespace {

std::string triple(const std::array<std::uint64_t, 3>& of) {
  return fmt::format("({}, {}, {})", of[0], of[1], of[2]);
}

std::string made(const Allocation& of) {
  return of.made.empty() ? std::string() : fmt::format(", made by {}", of.made);
}

}  // namespace

std::string what_of(const Fact& fact) {
  const char* what = fact.atomic ? "atomic access" : fact.stores ? "store" : "load";
  return fmt::format("{} of {} byte{}", what, fact.bytes, fact.bytes == 1 ? "" : "s");
}

std::string LaunchState::who(const std::array<std::uint64_t, 3>& of, unsigned rank, unsigned lane) const {
  const auto& size = shape.local_size;
  const std::uint64_t linear = std::uint64_t{rank} * shape.lanes + lane;
  const std::array<std::uint64_t, 3> local{linear % size[0], linear / size[0] % size[1],
                                           linear / size[0] / size[1]};
  std::array<std::uint64_t, 3> item{}, in_range{};
  for (int d = 0; d < 3; ++d) {
    item[d] = shape.first_global_id[d] + of[d] * size[d] + local[d];
    in_range[d] = shape.first_group[d] + of[d];
  }
  return fmt::format("work-item {} of work-group {}", triple(item), triple(in_range));
}

Deed LaunchState::deed(std::size_t instruction, std::string what, std::string who) const {
  return {program->place(instruction), std::move(what), std::move(who)};
}

std::string LaunchState::argument_name(std::uint32_t number) const {
  if (table && number < table->arguments.size() && !table->arguments[number].name.empty())
    return fmt::format("'{}'", table->arguments[number].name);
  return fmt::format("argument {}", number);
}

LaunchState::Named LaunchState::name_of(const Allocation& allocation, device::Address address) const {
  if (reach)
    for (const auto& known : *reach) {
      if (known.argument == device::Reach::kNoArgument || known.what == "local memory") continue;
      if (known.begin < allocation.begin || known.begin >= allocation.end()) continue;
      const bool part = known.bytes != allocation.bytes;
      if (part && (address < known.begin || address - known.begin >= known.bytes)) continue;
      const auto name = argument_name(known.argument);
      return {name, fmt::format("{} is a {} of {} bytes, argument {}{}", name, known.what, known.bytes,
                                known.argument, made(allocation))};
    }
  const auto name = fmt::format("{} number {}", allocation.label, allocation.number);
  return {name, fmt::format("{}: {} bytes{}", name, allocation.bytes, made(allocation))};
}

LaunchState::Named LaunchState::local_name(std::uint64_t offset) const {
  if (reach)
    for (const auto& known : *reach) {
      if (known.what != "local memory" || known.argument == device::Reach::kNoArgument ||
          offset < known.begin || offset - known.begin >= known.bytes)
        continue;
      const auto name = argument_name(known.argument);
      return {name,
              fmt::format("{} is local memory of {} bytes, argument {}", name, known.bytes, known.argument)};
    }
  const std::uint64_t own = table ? table->local_memory_bytes : shape.local_bytes;
  return {"local memory", fmt::format("local variables of the kernel, {} bytes", own)};
}

}  // namespace kiesel::check
