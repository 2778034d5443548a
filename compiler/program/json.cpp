// The kernel table as JSON text, by the list of its fields.
#include <nlohmann/json.hpp>

#include "compiler/program/fields.hpp"

namespace kiesel::compiler {
namespace {

using nlohmann::json;

template <class T>
json object_of(const T& value);

template <class T>
json list_of(const std::vector<T>& values) {
  json list = json::array();
  for (const T& value : values) list.push_back(object_of(value));
  return list;
}

template <class Member, class Rule>
json value_of(const Member& member, const Rule&) {
  if constexpr (std::is_enum_v<Member>)
    return static_cast<unsigned>(member);
  else
    return member;
}
template <class Member>
json value_of(const Member& member, const NestedRule&) {
  if constexpr (std::is_class_v<Member> && requires { Table<Member>::kRows; })
    return object_of(member);
  else
    return list_of(member);
}

template <class T>
json object_of(const T& value) {
  json object;
  const auto add = [&](const auto& row) {
    object[std::string(row.key)] = value_of(value.*row.member, row.rule);
  };
  std::apply([&](const auto&... row) { (add(row), ...); }, Table<T>::kRows);
  return object;
}

}  // namespace

std::string to_json(const Program& program) {
  // Names in foreign SPIR-V may be any bytes: they are replaced, never an error.
  return object_of(program).dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace kiesel::compiler
