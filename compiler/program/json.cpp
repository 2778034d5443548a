// The kernel table as JSON text.
#include <nlohmann/json.hpp>

#include "compiler/program/program.hpp"

namespace kiesel::isa {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Target, lanes, warps, local_memory_bytes, atomics, cas, zicond, half,
                                   bitmanip, votes)

}  // namespace kiesel::isa

namespace kiesel::compiler {
namespace {

using nlohmann::json;

// An enumerator outside the range is damage, not a value.
template <class Enum>
Enum checked_enum(const json& value, Enum last) {
  const auto number = value.get<unsigned>();
  if (number > static_cast<unsigned>(last)) throw std::out_of_range("an enumerator out of range");
  return static_cast<Enum>(number);
}

json argument_to_json(const KernelArgument& argument) {
  return {{"name", argument.name},
          {"type_name", argument.type_name},
          {"kind", static_cast<unsigned>(argument.kind)},
          {"address_space", static_cast<unsigned>(argument.address_space)},
          {"access", static_cast<unsigned>(argument.access)},
          {"const", argument.is_const},
          {"restrict", argument.is_restrict},
          {"volatile", argument.is_volatile},
          {"offset", argument.offset},
          {"size", argument.size},
          {"alignment", argument.alignment}};
}

KernelArgument argument_from_json(const json& value) {
  KernelArgument argument;
  value.at("name").get_to(argument.name);
  value.at("type_name").get_to(argument.type_name);
  argument.kind = checked_enum(value.at("kind"), ArgumentKind::kPipe);
  argument.address_space = checked_enum(value.at("address_space"), AddressSpace::kLocal);
  argument.access = checked_enum(value.at("access"), ArgumentAccess::kReadWrite);
  value.at("const").get_to(argument.is_const);
  value.at("restrict").get_to(argument.is_restrict);
  value.at("volatile").get_to(argument.is_volatile);
  value.at("offset").get_to(argument.offset);
  value.at("size").get_to(argument.size);
  value.at("alignment").get_to(argument.alignment);
  return argument;
}

json kernel_to_json(const Kernel& kernel) {
  json arguments = json::array();
  for (const auto& argument : kernel.arguments) arguments.push_back(argument_to_json(argument));
  return {{"name", kernel.name},
          {"symbol", kernel.symbol},
          {"arguments", std::move(arguments)},
          {"argument_bytes", kernel.argument_bytes},
          {"local_memory_bytes", kernel.local_memory_bytes},
          {"private_memory_bytes", kernel.private_memory_bytes},
          {"required_work_group_size", kernel.required_work_group_size},
          {"work_group_size_hint", kernel.work_group_size_hint},
          {"required_sub_groups", kernel.required_sub_groups},
          {"vector_type_hint", kernel.vector_type_hint},
          {"attributes", kernel.attributes},
          {"uses_printf", kernel.uses_printf}};
}

Kernel kernel_from_json(const json& value) {
  Kernel kernel;
  value.at("name").get_to(kernel.name);
  value.at("symbol").get_to(kernel.symbol);
  for (const auto& argument : value.at("arguments")) kernel.arguments.push_back(argument_from_json(argument));
  value.at("argument_bytes").get_to(kernel.argument_bytes);
  value.at("local_memory_bytes").get_to(kernel.local_memory_bytes);
  value.at("private_memory_bytes").get_to(kernel.private_memory_bytes);
  value.at("required_work_group_size").get_to(kernel.required_work_group_size);
  value.at("work_group_size_hint").get_to(kernel.work_group_size_hint);
  value.at("required_sub_groups").get_to(kernel.required_sub_groups);
  value.at("vector_type_hint").get_to(kernel.vector_type_hint);
  value.at("attributes").get_to(kernel.attributes);
  value.at("uses_printf").get_to(kernel.uses_printf);
  return kernel;
}

Program program_from_json(const json& value) {
  Program program;
  value.at("target").get_to(program.target);
  for (const auto& kernel : value.at("kernels")) program.kernels.push_back(kernel_from_json(kernel));
  value.at("global_variable_bytes").get_to(program.global_variable_bytes);
  value.at("has_code").get_to(program.has_code);
  value.at("is_library").get_to(program.is_library);
  value.at("uniform_work_groups").get_to(program.uniform_work_groups);
  value.at("has_argument_info").get_to(program.has_argument_info);
  value.at("source").get_to(program.source);
  value.at("options").get_to(program.options);
  return program;
}

}  // namespace

std::string to_json(const Program& program) {
  json kernels = json::array();
  for (const auto& kernel : program.kernels) kernels.push_back(kernel_to_json(kernel));
  const json value = {{"format", kFormatVersion},
                      {"target", program.target},
                      {"kernels", std::move(kernels)},
                      {"global_variable_bytes", program.global_variable_bytes},
                      {"has_code", program.has_code},
                      {"is_library", program.is_library},
                      {"uniform_work_groups", program.uniform_work_groups},
                      {"has_argument_info", program.has_argument_info},
                      {"source", program.source},
                      {"options", program.options}};
  // Names in foreign SPIR-V may be any bytes: they are replaced, never an error.
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Program> from_json(std::string_view text) try {
  const json value = json::parse(text, nullptr, false);
  if (value.is_discarded()) return Error{Errc::kInvalidBinary, "the kernel table is not JSON"};
  if (value.at("format").get<std::uint32_t>() != kFormatVersion)
    return Error{Errc::kInvalidBinary, "a program binary of another format version"};
  return program_from_json(value);
} catch (const std::exception& exception) {
  return Error{Errc::kInvalidBinary, std::string("the kernel table is damaged: ") + exception.what()};
}

}  // namespace kiesel::compiler
