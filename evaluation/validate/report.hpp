// What a validation found, for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "evaluation/validate/validation.hpp"

namespace kiesel::validate {

// Markdown tables, aligned: the cases, then what is true of all of them.
std::string table_of_cases(const ReferenceResult& result);
std::string summary_of(const std::vector<ReferenceResult>& results, double limit);
// Of each counter over all cases.
std::string table_of_counters(const std::vector<ReferenceResult>& results);
// Each counter of one case.
std::string table_of_case(const CaseResult& result);

std::string to_json(const std::vector<ReferenceResult>& results, double limit);

}  // namespace kiesel::validate
