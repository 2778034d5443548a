#include "support/single.hpp"

#include <new>

#include "support/fork.hpp"

namespace kiesel {
namespace {

constinit std::recursive_mutex mutex;
const InForkedChild renews{[] { new (&mutex) std::recursive_mutex; }};

}  // namespace

std::recursive_mutex& making_singles() { return mutex; }

}  // namespace kiesel
