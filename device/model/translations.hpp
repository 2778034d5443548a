// Translations of kernels into code of the host: when they are asked for, made in the background, kept on
// disk. Threads: all members may be called from any thread.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "device/device.hpp"
#include "device/model/configuration.hpp"
#include "device/model/host_kernel.hpp"
#include "device/model/interpreter/engine.hpp"
#include "device/translation/translation_service.hpp"
#include "support/cache.hpp"

namespace kiesel::model {

using translation::TranslationService;

// The parts of a program that a translation is made from.
struct ModuleImage {
  std::uint64_t image_begin = 0;
  std::vector<std::byte> image;
  std::vector<std::uint64_t> relocated;
  std::uint64_t code_begin = 0, code_end = 0, startup = 0;  // offsets in the program
  bool has_barriers = false;
};

// How the work-items of work-groups of a size lie in the warps.
Shape shape_of(const std::array<std::uint32_t, 3>& local_size, std::uint32_t lanes);

// A kernel for one shape.
class KernelTranslation : public std::enable_shared_from_this<KernelTranslation> {
 public:
  // What to run, or null.
  const HostKernel* kernel() const { return kernel_.load(std::memory_order_acquire); }
  // Nobody has asked for it yet: its instructions count.
  bool is_cold() const { return state_.load(std::memory_order_relaxed) == State::kCold; }
  bool is_settled() const { return state_.load(std::memory_order_acquire) >= State::kReady; }

 private:
  friend class Translations;
  friend class ModuleTranslations;
  enum class State : std::uint8_t { kCold, kAsked, kReady, kRefused };

  std::string name;  // of the kernel, for the log
  std::shared_ptr<const ModuleImage> image;
  std::uint64_t entry = 0;
  Shape shape;
  std::atomic<State> state_{State::kCold};
  std::atomic<std::uint64_t> executed_{0};  // instructions of warps that the interpreter has run
  std::atomic<const HostKernel*> kernel_{nullptr};
  std::unique_ptr<const HostKernel> owned_;
  KernelTranslation* next_ = nullptr;  // in a bucket of ModuleTranslations
};

// Those of a module, by entry offset and shape. Each launch looks for one: without a lock.
class ModuleTranslations {
 public:
  explicit ModuleTranslations(std::shared_ptr<const ModuleImage> image) : image_(std::move(image)) {}

 private:
  friend class Translations;
  std::shared_ptr<const ModuleImage> image_;
  static constexpr std::size_t kBuckets = 64;
  std::atomic<KernelTranslation*>& bucket(std::uint64_t entry) { return buckets_[entry / 4 % kBuckets]; }
  KernelTranslation* find(std::uint64_t entry, Shape shape);

  std::array<std::atomic<KernelTranslation*>, kBuckets> buckets_{};  // lists; what is in one stays
  std::mutex mutex_;                                                 // for adding
  std::vector<std::shared_ptr<KernelTranslation>> all_;  // a translation under way holds its own too
};

class Translations {
 public:
  struct Counts {
    std::uint64_t made = 0, from_disk = 0, refused = 0;
  };

  Translations(TranslationService service, const Configuration& configuration, const Engine& engine,
               const std::optional<DiskCache>& cache);
  // Does not wait for a translation that is under way.
  ~Translations();

  // The kernel for that shape, or null when nothing is translated here. Lives as long as the module's.
  KernelTranslation* find(ModuleTranslations& module, std::uint64_t entry, Shape shape,
                          std::string_view name);
  // The interpreter has run that many instructions of such warps. May ask for the translation.
  void count(KernelTranslation& kernel, std::uint64_t instructions);
  // With the engine `translator`: asks, and returns when it is there, refused, or stop() was called.
  void wait(KernelTranslation& kernel);
  bool waits() const { return active_ && engine_choice_ == EngineChoice::kTranslator; }
  // Ends all waiting; nothing new is started.
  void stop();
  Counts counts() const;

 private:
  struct Shared;  // with the thread, which may outlive this

  void ask(KernelTranslation& kernel);

  std::shared_ptr<Shared> shared_;
  const EngineChoice engine_choice_;
  const bool active_;
  const pid_t owner_;
};

}  // namespace kiesel::model
