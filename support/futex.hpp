// Sleeping until a word changes, and waking who sleeps. Unlike std::atomic's wait(), which keeps its account
// of sleepers for many words together and so asks the kernel in vain: here the caller knows whether somebody
// may sleep. Between threads of one process.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <climits>

namespace kiesel {

// Sleeps if the word has that value, until it is woken; may also return for no reason.
template <class T>
requires(sizeof(T) == 4) void sleep_while(const std::atomic<T>& word, T value) {
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, nullptr, nullptr, 0);
}

template <class T>
requires(sizeof(T) == 4) void wake(const std::atomic<T>& word, int threads) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, threads, nullptr, nullptr, 0);
}
template <class T>
void wake_one(const std::atomic<T>& word) {
  wake(word, 1);
}
template <class T>
void wake_all(const std::atomic<T>& word) {
  wake(word, INT_MAX);
}

}  // namespace kiesel
