// What plug-ins may ask of Kiesel: the functions of kiesel_host.
#pragma once

#include <string_view>

#include "device/plugin/kiesel_device.h"
#include "support/result.hpp"

namespace kiesel::device::plugin {

// Valid as long as the process.
const kiesel_host& host_services();

// A sentence into the other side's text; what does not fit is cut.
void say(kiesel_reason* reason, std::string_view text);
// What the other side said, which need not end.
std::string_view text_of(const kiesel_reason& reason);

kiesel_result result_of(Errc code);
Errc code_of(kiesel_result result);
// Of a call that did not return KIESEL_OK: "<what>: <its sentence>".
Error error_of(std::string_view what, kiesel_result result, std::string_view sentence);

}  // namespace kiesel::device::plugin
