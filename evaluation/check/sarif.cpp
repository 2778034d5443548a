// Findings as SARIF 2.1.0, which CI systems show beside the source.
#include <fmt/format.h>

#include <algorithm>

#include "evaluation/check/report.hpp"

namespace kiesel::check {
namespace {

using nlohmann::ordered_json;

ordered_json location_of(const Deed& deed, const std::string& kernel) {
  ordered_json out;
  if (deed.place.line) {
    out["physicalLocation"] = {
        {"artifactLocation", {{"uri", deed.place.file.empty() ? "program.cl" : deed.place.file}}},
        {"region", {{"startLine", deed.place.line}}}};
    if (deed.place.column) out["physicalLocation"]["region"]["startColumn"] = deed.place.column;
    if (!deed.place.text.empty()) out["physicalLocation"]["region"]["snippet"] = {{"text", deed.place.text}};
  }
  out["logicalLocations"] = {{{"name", kernel}, {"kind", "function"}}};
  out["message"] = {{"text", fmt::format("{} by {}", deed.what, deed.who)}};
  return out;
}

ordered_json rules() {
  ordered_json out = ordered_json::array();
  for (const auto& kind : kKindInfos)
    out.push_back({{"id", kind.name},
                   {"shortDescription", {{"text", kind.meaning}}},
                   {"properties", {{"tags", {kToolNames[static_cast<std::size_t>(kind.tool)]}}}}});
  return out;
}

ordered_json result_of(const Finding& finding) {
  std::string text = finding.what;
  if (!finding.object.empty()) text += "; " + finding.object;
  ordered_json out{{"ruleId", info(finding.kind).name},
                   {"ruleIndex", static_cast<int>(finding.kind)},
                   {"level", finding.kind == Kind::kSameValue ? "warning" : "error"},
                   {"message", {{"text", text}}},
                   {"locations", {location_of(finding.deed, finding.kernel)}},
                   {"occurrenceCount", finding.count}};
  if (finding.other) out["relatedLocations"] = {location_of(*finding.other, finding.kernel)};
  return out;
}

}  // namespace

std::string to_sarif(const Data& data, std::size_t most, const std::string& version) {
  ordered_json results = ordered_json::array();
  for (const auto& finding : data.findings)
    if (results.size() < most) results.push_back(result_of(finding));
  ordered_json notes = ordered_json::array();
  for (const auto& note : data.notes) notes.push_back({{"level", "note"}, {"message", {{"text", note}}}});
  const ordered_json driver{{"name", "kiesel check"}, {"version", version}, {"rules", rules()}};
  const ordered_json run{
      {"tool", {{"driver", driver}}},
      {"invocations", {{{"executionSuccessful", true}, {"toolExecutionNotifications", notes}}}},
      {"results", results}};
  const ordered_json out{
      {"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}, {"runs", {run}}};
  return out.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace kiesel::check
