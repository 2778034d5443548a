// What a run of the suite found: as data, as JSON, and compared with what a device is expected to give.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/result.hpp"

namespace kiesel::conformance {

enum class Verdict { kPass, kFail, kSkip, kCrash, kTimeout };
std::string_view to_string(Verdict verdict);

struct SubTest {
  Verdict verdict = Verdict::kCrash;
  double seconds = 0;
};

struct Results {
  std::string device;                                            // CL_DEVICE_NAME's shape, e.g. "kiesel"
  std::string driver;                                            // library that was tested
  std::string tier;                                              // quick, or the list's name
  double seconds = 0;                                            // wall clock of all
  std::map<std::string, std::map<std::string, SubTest>> suites;  // suite -> sub-test

  std::string version;                          // of the driver and of its compiler
  std::vector<std::string> order;               // of suites, where it is not the alphabet's
  std::map<std::string, std::string> known_as;  // names of suites in expectations, where they are others
};

// Suites in their order.
using SuiteOfResults = std::pair<const std::string, std::map<std::string, SubTest>>;
std::vector<const SuiteOfResults*> ordered(const Results& results);

// Adds the sub-tests of another part of the same run.
void merge(Results& into, const Results& part);

struct Totals {
  unsigned count = 0, pass = 0, fail = 0, skip = 0, crash = 0, timeout = 0;
  double seconds = 0;
};
Totals totals(const std::map<std::string, SubTest>& suite);

std::string to_json(const Results& results);
Result<Results> results_from_json(std::string_view text);

// Sub-tests that are known not to pass, as a JSON object: {"suite/sub-test": {"result": "skip", "reason":
// "..."}}. A name may end in '*'; the longest name that fits counts. What is not named is expected to pass.
class Expectations {
 public:
  static Result<Expectations> parse(std::string_view json);
  Verdict of(const std::string& suite, const std::string& sub_test) const;
  Verdict of(const Results& results, const std::string& suite, const std::string& sub_test) const;

 private:
  std::map<std::string, Verdict> rows_;
};

struct Surprise {
  std::string name;  // "suite/sub-test"
  Verdict expected, found;
};
std::vector<Surprise> surprises(const Results& results, const Expectations& expectations);

}  // namespace kiesel::conformance
