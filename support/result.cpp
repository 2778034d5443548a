#include "support/result.hpp"

namespace kiesel {

const char* to_string(Errc code) {
  switch (code) {
    case Errc::kInvalidArgument:
      return "invalid argument";
    case Errc::kOutOfMemory:
      return "out of memory";
    case Errc::kNotFound:
      return "not found";
    case Errc::kInvalidBinary:
      return "invalid binary";
    case Errc::kUnsupported:
      return "unsupported";
    case Errc::kIo:
      return "input/output error";
    case Errc::kFault:
      return "fault";
    case Errc::kTimeout:
      return "time limit reached";
    case Errc::kCrashed:
      return "process died";
  }
  return "unknown error";
}

}  // namespace kiesel
