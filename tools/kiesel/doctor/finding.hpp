// What a check of `kiesel doctor` found.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace kiesel::tools::doctor {

enum class Verdict : std::uint8_t { kOk, kWarning, kError };

struct Finding {
  Verdict verdict = Verdict::kOk;
  std::string found;
  std::string mend;  // what to do; empty where nothing is to be done
};

const char* to_string(Verdict verdict);
std::string counted(std::size_t count, const char* noun);  // "1 driver", "2 drivers"
Finding ok(std::string found);
Finding warning(std::string found, std::string mend);
Finding error(std::string found, std::string mend);

using Function = std::function<Finding()>;

// Runs the check in a process of its own, since a broken library may end the process that opens it. What it
// prints is not shown; the last line of it explains a verdict that is not ok.
Finding apart(const Function& check, unsigned seconds);

}  // namespace kiesel::tools::doctor
