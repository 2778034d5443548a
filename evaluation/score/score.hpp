// What came of a suite's workloads on some designs: as JSON, of which a table of CSV, a text for terminals
// and one page that needs no network are made.
#pragma once

#include <nlohmann/json.hpp>

#include "evaluation/score/suite.hpp"
#include "evaluation/sweep/report.hpp"

namespace kiesel::score {

// score.json. `sweep`: the runs of plan_of(suite, size, ...).
nlohmann::ordered_json describe(const Suite& suite, std::string_view size, const sweep::Sweep& sweep);

// A line for each workload on each design.
std::string table_of(const nlohmann::ordered_json& score);
// For people, on a terminal.
std::string text_of(const nlohmann::ordered_json& score);
// `refresh`: seconds after which a browser loads it again; 0: it does not.
std::string page_of(const nlohmann::ordered_json& score, unsigned refresh);

}  // namespace kiesel::score
