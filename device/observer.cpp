#include "device/observer.hpp"

namespace kiesel::device {

void ObservedWarp::anchor() const {}

}  // namespace kiesel::device
