#include "device/model/translator/translate.hpp"

namespace kiesel::model::translator {

Translation translate(const TranslationRequest&) {
  Translation out;
  out.refusal = "there is no translator yet";
  return out;
}

}  // namespace kiesel::model::translator
