#include "device/model/translations.hpp"

#include <unistd.h>

#include <thread>

#include "device/model/host_identity.hpp"
#include "device/translation/encoding.hpp"
#include "support/clock.hpp"
#include "support/log.hpp"

namespace kiesel::model {
namespace {

// Instructions of a kernel's warps after which its translation is worth its time: the interpreter needs about
// half a millisecond for them, a translation ten and more, on a processor that may have other work.
constexpr std::uint64_t kWorthTranslating = 100'000;

std::string text_of(const Shape& shape) {
  return fmt::format("rows of {}{}{}", shape.row,
                     shape.single    ? ", warps of one lane"
                     : shape.partial ? ", partial warps"
                     : shape.tail    ? ", the last warp partial"
                                     : "",
                     shape.alone ? ", one in a work-group" : "");
}

bool power_of_two(std::uint32_t v) { return v && !(v & (v - 1)); }

}  // namespace

Shape shape_of(const std::array<std::uint32_t, 3>& local_size, std::uint32_t lanes) {
  Shape shape;
  const auto [x, y, z] = local_size;
  if (x % lanes == 0 || (y == 1 && z == 1))
    shape.row = lanes;
  else if (power_of_two(x) && x < lanes && (y % (lanes / x) == 0 || z == 1))
    shape.row = x;
  return shape;
}

// What the thread uses. `mutex` guards all but the constants at the start.
struct Translations::Shared {
  TranslationService service;
  isa::Target target;
  const Engine* engine;
  StateLayout layout;
  std::optional<DiskCache> cache;

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::shared_ptr<KernelTranslation>> queue;
  bool started = false, stopping = false;
  Counts counts;

  void work();
  void translate(KernelTranslation& kernel);
  struct Answer {
    Translation translation;
    std::unique_ptr<const HostKernel> kernel;  // null where it is refused
    bool from_disk = false;
  };
  // From disk, where what lies there can be used, else made and kept. For a program of so many instructions.
  Result<Answer> answer(const std::vector<std::byte>& request, std::size_t instructions) const;
  std::string key(const std::vector<std::byte>& request) const;
};

Translations::Translations(TranslationService service, const Configuration& configuration,
                           const Engine& engine, const std::optional<DiskCache>& cache)
    : shared_(std::make_shared<Shared>()),
      engine_choice_(configuration.engine),
      active_(service.translate && configuration.engine != EngineChoice::kInterpreter),
      owner_(getpid()) {
  if (!active_) return;
  shared_->service = std::move(service);
  shared_->target = configuration.target;
  shared_->engine = &engine;
  shared_->layout = engine.layout();
  if (cache) shared_->cache.emplace(*cache);
}

Translations::~Translations() { stop(); }

// A forked child has not got the thread, and the mutex may be held by it for ever.
void Translations::stop() {
  if (!active_ || getpid() != owner_) return;
  {
    std::lock_guard lock(shared_->mutex);
    shared_->stopping = true;
    shared_->queue.clear();
  }
  shared_->changed.notify_all();
}

KernelTranslation* ModuleTranslations::find(std::uint64_t entry, Shape shape) {
  auto* at = bucket(entry).load(std::memory_order_acquire);
  while (at && !(at->entry == entry && at->shape == shape)) at = at->next_;
  return at;
}

KernelTranslation* Translations::find(ModuleTranslations& module, std::uint64_t entry, Shape shape,
                                      std::string_view name) {
  if (!active_) return nullptr;
  shape.alone &= module.image_->has_barriers;
  if (auto* known = module.find(entry, shape)) return known;
  std::lock_guard lock(module.mutex_);
  if (auto* known = module.find(entry, shape)) return known;
  auto& kernel = *module.all_.emplace_back(std::make_shared<KernelTranslation>());
  kernel.name = name;
  kernel.image = module.image_;
  kernel.entry = entry;
  kernel.shape = shape;
  auto& bucket = module.bucket(entry);
  kernel.next_ = bucket.load(std::memory_order_relaxed);
  bucket.store(&kernel, std::memory_order_release);
  return &kernel;
}

void Translations::count(KernelTranslation& kernel, std::uint64_t instructions) {
  const std::uint64_t before = kernel.executed_.fetch_add(instructions, std::memory_order_relaxed);
  if (before + instructions >= kWorthTranslating) ask(kernel);
}

void Translations::ask(KernelTranslation& kernel) {
  using State = KernelTranslation::State;
  if (getpid() != owner_) return;
  State cold = State::kCold;
  if (!kernel.state_.compare_exchange_strong(cold, State::kAsked)) return;
  {
    std::lock_guard lock(shared_->mutex);
    if (shared_->stopping) return;
    shared_->queue.push_back(kernel.shared_from_this());
    // Never joined: a translation may take seconds, and a device that goes does not wait for it.
    if (!shared_->started) std::thread([shared = shared_] { shared->work(); }).detach();
    shared_->started = true;
  }
  shared_->changed.notify_all();
}

void Translations::wait(KernelTranslation& kernel) {
  if (kernel.is_settled() || getpid() != owner_) return;
  ask(kernel);
  std::unique_lock lock(shared_->mutex);
  shared_->changed.wait(lock, [&] { return kernel.is_settled() || shared_->stopping; });
}

Translations::Counts Translations::counts() const {
  if (getpid() != owner_) return {};
  std::lock_guard lock(shared_->mutex);
  return shared_->counts;
}

void Translations::Shared::work() {
  std::unique_lock lock(mutex);
  for (;;) {
    changed.wait(lock, [&] { return stopping || !queue.empty(); });
    if (stopping) return;
    const auto kernel = std::move(queue.front());
    queue.pop_front();
    lock.unlock();
    translate(*kernel);
    lock.lock();
  }
}

std::string Translations::Shared::key(const std::vector<std::byte>& request) const {
  CacheKey key;
  key.add("translation").add(service.identity).add(host_identity()).add(std::span<const std::byte>(request));
  return key.text();
}

Result<Translations::Shared::Answer> Translations::Shared::answer(const std::vector<std::byte>& request,
                                                                  std::size_t instructions) const {
  const auto use = [&](std::span<const std::byte> bytes) -> Result<Answer> {
    auto translation = translation::decode_translation(bytes);
    if (!translation) return Error{Errc::kIo, "the translator's answer makes no sense"};
    if (!translation->refusal.empty()) return Answer{std::move(*translation), nullptr};
    auto kernel = HostKernel::install(*translation, instructions);
    if (!kernel) return kernel.error();
    return Answer{std::move(*translation), std::move(*kernel)};
  };
  const std::string name = cache ? key(request) : std::string();
  if (cache)
    if (const auto entry = cache->find(name))
      if (auto known = use(*entry)) {
        known->from_disk = true;
        return known;
      }
  const auto made = service.translate(request);
  if (!made) return made.error();
  auto answer = use(*made);
  if (answer && cache) cache->store(name, *made);
  return answer;
}

void Translations::Shared::translate(KernelTranslation& kernel) {
  using State = KernelTranslation::State;
  const ModuleImage& image = *kernel.image;
  const TranslationRequest request{target,
                                   static_cast<std::uint8_t>(engine->level),
                                   layout,
                                   kernel.shape,
                                   image.image_begin,
                                   image.image,
                                   image.relocated,
                                   image.code_begin,
                                   image.code_end,
                                   image.startup,
                                   kernel.entry};
  const std::uint64_t start = now_ns();
  auto found = answer(encode(request), (image.code_end - image.code_begin) / 4);
  const std::string refusal = found ? found->translation.refusal : found.error().reason;
  const std::string what = fmt::format("translation of '{}', {}", kernel.name, text_of(kernel.shape));
  const double ms = static_cast<double>(now_ns() - start) / 1e6;
  if (refusal.empty()) {
    kernel.owned_ = std::move(found->kernel);
    KIESEL_LOG(kDevice, kDebug, "{}: {} instructions, {} bytes, {:.2f} ms{}", what,
               found->translation.instructions, found->translation.code.size(), ms,
               found->from_disk ? " (from disk)" : "");
  } else {
    KIESEL_LOG(kDevice, kDebug, "{}: refused after {:.2f} ms: {}", what, ms, refusal);
  }
  {
    std::lock_guard lock(mutex);
    ++(refusal.empty() ? found->from_disk ? counts.from_disk : counts.made : counts.refused);
    kernel.kernel_.store(kernel.owned_.get(), std::memory_order_release);
    kernel.state_.store(refusal.empty() ? State::kReady : State::kRefused, std::memory_order_release);
  }
  changed.notify_all();
}

}  // namespace kiesel::model
