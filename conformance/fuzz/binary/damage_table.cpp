#include <nlohmann/json.hpp>

#include "conformance/fuzz/binary/damage.hpp"

namespace kiesel::conformance::binary {
namespace {

using nlohmann::json;

// A value of any sort.
json any_value(Random& random) {
  switch (random() % 8) {
    case 0:
      return nullptr;
    case 1:
      return random() % 2 == 0;
    case 2:
      return std::string(random() % 300, 'x');
    case 3:
      return json::array({1, 2, 3, 4});
    case 4:
      return json::object({{"name", 1}});
    case 5:
      return 1e300;
    case 6:
      return -static_cast<std::int64_t>(random() % 300);
    default:
      return edge(0, random);
  }
}

json changed(const json& old, Random& random) {
  if (random() % 4 == 0) return any_value(random);
  if (old.is_number_unsigned()) return edge(old.get<std::uint64_t>(), random);
  if (old.is_boolean()) return !old.get<bool>();
  if (old.is_string()) return random() % 2 ? std::string() : old.get<std::string>() + "*";
  if (old.is_array() && !old.empty()) {
    json list = old;
    const auto copy = list[random() % list.size()];
    for (auto more = random() % 40; more; --more) list.push_back(copy);
    return list;
  }
  return any_value(random);
}

// Puts text in front of a random name, which is then there twice, or far down.
std::string with_insertion(const std::string& text, Random& random) {
  std::vector<std::size_t> names;
  for (std::size_t at = text.find("\":"); at != std::string::npos; at = text.find("\":", at + 1))
    if (const auto start = text.rfind('"', at - 1); start != std::string::npos) names.push_back(start);
  if (names.empty()) return text;
  const std::size_t at = names[random() % names.size()];
  const std::string name = text.substr(at, text.find(':', at) - at);
  const std::size_t depth = std::size_t{1} << random() % 18;
  std::string value = std::to_string(edge(0, random));
  if (random() % 3 == 0) value = std::string(depth, '[') + std::string(depth, ']');
  return text.substr(0, at) + name + ":" + value + "," + text.substr(at);
}

}  // namespace

std::string damaged_table(const std::string& text, Random& random) {
  if (random() % 6 == 0) return with_insertion(text, random);
  json table = json::parse(text, nullptr, false);
  if (table.is_discarded()) return text;
  const json flat = table.flatten();
  auto row = flat.begin();
  std::advance(row, random() % flat.size());
  json::json_pointer place(row.key());
  while (random() % 6 == 0 && !place.empty()) place = place.parent_pointer();
  if (place.empty()) return text;
  json& parent = table[place.parent_pointer()];
  if (parent.is_object() && random() % 6 == 0)
    parent.erase(place.back());
  else
    table[place] = changed(table[place], random);
  return table.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace kiesel::conformance::binary
