// A translator for tests of the host's side: code that calls the interpreter for every instruction, one after
// the other, and leaves to it whatever may change the flow or the mask. So each program works, by all the
// ways in which translated code and the interpreter meet.
#pragma once

#include "device/device.hpp"
#include "device/model/translator/translation.hpp"

namespace kiesel::device::test {

model::Translation translate_by_steps(const model::TranslationRequest& request);
// translate_by_steps() as a device calls it, without a process in between.
TranslationService stepping_service();

}  // namespace kiesel::device::test
