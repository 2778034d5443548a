#include "evaluation/check/finding.hpp"

#include <tuple>

namespace kiesel::check {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

// A line says more than an instruction: compilers make several of one.
auto key(const Place& place) {
  return std::tuple(place.program, place.file, place.line, place.line ? 0 : place.address);
}

ordered_json json_of(const Deed& deed) {
  ordered_json out{{"what", deed.what}, {"who", deed.who}};
  const Place& place = deed.place;
  if (!place.file.empty()) out["file"] = place.file;
  if (place.line) out["line"] = place.line;
  if (place.column) out["column"] = place.column;
  if (!place.text.empty()) out["text"] = place.text;
  out["program"] = place.program;
  out["address"] = place.address;
  out["instruction"] = place.instruction;
  return out;
}

Deed deed_from(const json& from) {
  Deed out;
  out.what = from.at("what");
  out.who = from.at("who");
  out.place.file = from.value("file", std::string());
  out.place.line = from.value("line", 0U);
  out.place.column = from.value("column", 0U);
  out.place.text = from.value("text", std::string());
  out.place.program = from.at("program");
  out.place.address = from.at("address");
  out.place.instruction = from.at("instruction");
  return out;
}

}  // namespace

bool Place::operator<(const Place& other) const { return key(*this) < key(other); }
bool Place::operator==(const Place& other) const { return key(*this) == key(other); }

// Which of two came first is chance.
bool same_cause(const Finding& a, const Finding& b) {
  if (a.kind != b.kind || a.kernel != b.kernel || a.name != b.name ||
      a.other.has_value() != b.other.has_value())
    return false;
  if (!a.other) return a.deed.place == b.deed.place;
  return (a.deed.place == b.deed.place && a.other->place == b.other->place) ||
         (a.deed.place == b.other->place && a.other->place == b.deed.place);
}

ordered_json to_json(const Finding& finding) {
  ordered_json out{{"kind", info(finding.kind).name},
                   {"tool", kToolNames[static_cast<std::size_t>(info(finding.kind).tool)]},
                   {"kernel", finding.kernel},
                   {"launch", finding.launch},
                   {"message", finding.what},
                   {"deed", json_of(finding.deed)}};
  if (finding.other) out["other"] = json_of(*finding.other);
  out["object"] = finding.object;
  out["name"] = finding.name;
  out["count"] = finding.count;
  return out;
}

Result<Finding> finding_from(const json& from) try {
  Finding out;
  const auto kind = find_kind(from.at("kind").get<std::string>());
  if (!kind) return Error{Errc::kInvalidBinary, "a finding of an unknown kind"};
  out.kind = *kind;
  out.kernel = from.at("kernel");
  out.launch = from.at("launch");
  out.what = from.at("message");
  out.deed = deed_from(from.at("deed"));
  if (from.contains("other")) out.other = deed_from(from.at("other"));
  out.object = from.at("object");
  out.name = from.at("name");
  out.count = from.at("count");
  return out;
} catch (const json::exception& error) {
  return Error{Errc::kInvalidBinary, error.what()};
}

}  // namespace kiesel::check
