// The one list of what the kernel table of a program binary holds: for each field its name in the file, the
// member, and what it may be. Reader, writer and checks go through it; a member without a row does not
// compile.
#pragma once

#include <string_view>
#include <tuple>
#include <utility>

#include "compiler/program/program.hpp"
#include "compiler/program/rules.hpp"

namespace kiesel::compiler {

template <class Owner, class Member, class Rule>
struct Row {
  std::string_view key;
  Member Owner::*member;
  Rule rule;
};
template <class Owner, class Member, class Rule>
constexpr Row<Owner, Member, Rule> row(std::string_view key, Member Owner::*member, Rule rule) {
  return {key, member, rule};
}

template <class Owner>
struct Table;

template <>
struct Table<isa::Target> {
  using T = isa::Target;
  static constexpr std::tuple kRows{
      row("lanes", &T::lanes, power_of_two(64)), row("warps", &T::warps, between(1, 64)),
      row("local_memory_bytes", &T::local_memory_bytes, at_most(std::numeric_limits<std::int32_t>::max()))
#define EXTENSION(member, ...) , row(#member, &T::member, kSwitch)
#include "device/isa/extensions.def"
#undef EXTENSION
#define QUIRK(member, ...) , row(#member, &T::member, kSwitch)
#include "device/isa/quirks.def"
#undef QUIRK
  };
};

template <>
struct Table<KernelArgument> {
  using T = KernelArgument;
  static constexpr std::tuple kRows{
      row("name", &T::name, kAnyText),
      row("type_name", &T::type_name, kAnyText),
      row("kind", &T::kind, up_to(ArgumentKind::kPipe)),
      row("address_space", &T::address_space, up_to(AddressSpace::kLocal)),
      row("access", &T::access, up_to(ArgumentAccess::kReadWrite)),
      row("const", &T::is_const, kSwitch),
      row("restrict", &T::is_restrict, kSwitch),
      row("volatile", &T::is_volatile, kSwitch),
      row("offset", &T::offset, between(sizeof(isa::LaunchHeader), kMostArgumentEnd)),
      row("size", &T::size, at_most(kMostArgumentBytes)),
      row("alignment", &T::alignment, power_of_two(kMostArgumentBytes))};
};

template <>
struct Table<Kernel> {
  using T = Kernel;
  static constexpr std::tuple kRows{
      row("name", &T::name, kAnyText),
      row("symbol", &T::symbol, kAnyText),
      row("arguments", &T::arguments, kNested),
      row("argument_bytes", &T::argument_bytes, at_most(kMostArgumentBytes)),
      row("local_memory_bytes", &T::local_memory_bytes, kMemoryBytes),
      row("private_memory_bytes", &T::private_memory_bytes, kMemoryBytes),
      row("required_work_group_size", &T::required_work_group_size, kShown32),  // compared with the launch's
      row("work_group_size_hint", &T::work_group_size_hint, kShown32),
      row("required_sub_groups", &T::required_sub_groups, at_most(kMostSubGroups)),
      row("required_sub_group_size", &T::required_sub_group_size, at_most(kMostLanes)),
      row("vector_type_hint", &T::vector_type_hint, kAnyText),
      row("attributes", &T::attributes, kAnyText),
      row("uses_printf", &T::uses_printf, kSwitch),
      row("observes_work_groups", &T::observes_work_groups, kSwitch)};
};

template <>
struct Table<Program> {
  using T = Program;
  static constexpr std::tuple kRows{row("format", &T::format, exactly(kFormatVersion)),
                                    row("target", &T::target, kNested),
                                    row("kernels", &T::kernels, kNested),
                                    row("global_variable_bytes", &T::global_variable_bytes, kMemoryBytes),
                                    row("has_code", &T::has_code, kSwitch),
                                    row("is_library", &T::is_library, kSwitch),
                                    row("uniform_work_groups", &T::uniform_work_groups, kSwitch),
                                    row("has_argument_info", &T::has_argument_info, kSwitch),
                                    row("source", &T::source, kAnyText),
                                    row("options", &T::options, kAnyText)};
};

template <class Owner>
inline constexpr std::size_t kRowCount = std::tuple_size_v<decltype(Table<Owner>::kRows)>;

// How many members a struct has: as many as it takes initialisers of any type.
struct Anything {
  template <class T>
  operator T() const;
};
template <class Owner, std::size_t... I>
constexpr bool takes(std::index_sequence<I...>) {
  return requires { Owner{(static_cast<void>(I), Anything())...}; };
}
template <class Owner, std::size_t Count = 0>
constexpr std::size_t member_count() {
  if constexpr (takes<Owner>(std::make_index_sequence<Count + 1>()))
    return member_count<Owner, Count + 1>();
  else
    return Count;
}
static_assert(member_count<isa::Target>() == kRowCount<isa::Target>);
static_assert(member_count<KernelArgument>() == kRowCount<KernelArgument>);
static_assert(member_count<Kernel>() == kRowCount<Kernel>);
static_assert(member_count<Program>() == kRowCount<Program>);

}  // namespace kiesel::compiler
