#include "device/test/machine.hpp"
#include "device/test/stepping_translator.hpp"

namespace kiesel::device::test {

TranslationService test_service() { return stepping_service(); }

}  // namespace kiesel::device::test
