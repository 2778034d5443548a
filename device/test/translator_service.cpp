#include "device/model/translator/translate.hpp"
#include "device/test/machine.hpp"

namespace kiesel::device::test {

// In this process, so that a debugger sees it.
TranslationService test_service() {
  return {[](std::span<const std::byte> request) -> Result<std::vector<std::byte>> {
            return model::translator::translate_bytes(request);
          },
          "test"};
}

}  // namespace kiesel::device::test
