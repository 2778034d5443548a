#include "device/test/machine.hpp"

namespace kiesel::device::test {

TranslationService test_service() { return {}; }

}  // namespace kiesel::device::test
