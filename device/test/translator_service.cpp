#include "device/test/machine.hpp"
#include "device/translator/translate.hpp"

namespace kiesel::device::test {

// In this process, so that a debugger sees it.
TranslationService test_service() {
  return {[](std::span<const std::byte> request) -> Result<std::vector<std::byte>> {
            return translator::translate_bytes(request);
          },
          "test"};
}

}  // namespace kiesel::device::test
