#include "device/observer.hpp"

namespace kiesel::device {

ObservedWarp::~ObservedWarp() = default;

}  // namespace kiesel::device
