#include "support/fork.hpp"

#include <pthread.h>

namespace kiesel {

// Neither can fail but for want of memory when the library is loaded.
InForkedChild::InForkedChild(void (*renew)()) { pthread_atfork(nullptr, nullptr, renew); }
AroundFork::AroundFork(void (*take)(), void (*leave)()) { pthread_atfork(take, leave, leave); }

}  // namespace kiesel
