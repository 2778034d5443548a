// What a run of the suite found: as data, as JSON, and compared with what a device is expected to give.
#pragma once

#include <map>
#include <string>
#include <string_view>
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
  std::string tier;                                              // quick or full
  double seconds = 0;                                            // wall clock of all
  std::map<std::string, std::map<std::string, SubTest>> suites;  // suite -> sub-test
};

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

 private:
  std::map<std::string, Verdict> rows_;
};

struct Surprise {
  std::string name;  // "suite/sub-test"
  Verdict expected, found;
};
std::vector<Surprise> surprises(const Results& results, const Expectations& expectations);

}  // namespace kiesel::conformance
