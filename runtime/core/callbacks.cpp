#include "runtime/core/callbacks.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "support/fast_thread_local.hpp"
#include "support/fork.hpp"
#include "support/single.hpp"

namespace kiesel::runtime {
namespace {

KIESEL_FAST_THREAD_LOCAL bool on_device_thread = false;

class CallbackThread {
 public:
  void post(std::function<void()> callback) {
    std::lock_guard lock(mutex_);
    if (!started_) {
      std::thread([this] { run(); }).detach();
      started_ = true;
    }
    waiting_.push_back(std::move(callback));
    wake_.notify_one();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [this] { return !waiting_.empty(); });
      auto callback = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      callback();
      callback = nullptr;
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> waiting_;
  bool started_ = false;
};

constinit Single<CallbackThread> the_thread;  // which uses it until the process ends
const InForkedChild renews{[] { the_thread.forget(); }};

}  // namespace

void post_callback(std::function<void()> callback) { the_thread.get().post(std::move(callback)); }

OnDeviceThread::OnDeviceThread() : before_(std::exchange(on_device_thread, true)) {}
OnDeviceThread::~OnDeviceThread() { on_device_thread = before_; }
bool OnDeviceThread::active() { return on_device_thread; }

}  // namespace kiesel::runtime
