// While this lives pthread_cancel() does not end this thread: a call that may block is a cancellation point,
// and what the thread holds and does for others would be left behind. Two atomic operations, none where one
// lives already.
#pragma once

#include <pthread.h>

namespace kiesel {

class Uncancelled {
 public:
  Uncancelled() { ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before_); }
  ~Uncancelled() { ::pthread_setcancelstate(before_, nullptr); }
  Uncancelled(const Uncancelled&) = delete;
  Uncancelled& operator=(const Uncancelled&) = delete;

 private:
  int before_ = PTHREAD_CANCEL_ENABLE;
};

}  // namespace kiesel
