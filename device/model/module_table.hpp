// The modules of a device by number. Threads: any; looking one up takes no lock, because each launch does it.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "device/model/module.hpp"

namespace kiesel::model {

class ModuleTable {
 public:
  ModuleTable() = default;
  ModuleTable(const ModuleTable&) = delete;
  ~ModuleTable() {
    for (auto& block : blocks_)
      if (Block* const own = block.load()) {
        for (auto& place : *own) delete place.load();
        delete own;
      }
  }

  // kOutOfMemory when there are too many.
  Result<device::ModuleId> add(std::unique_ptr<Module> module) {
    std::lock_guard lock(mutex_);
    if (free_.empty()) {
      if (used_ == kBlocks * kBlockSize) return Error{Errc::kOutOfMemory, "too many programs are loaded"};
      if (used_ % kBlockSize == 0) blocks_[used_ / kBlockSize].store(new Block{}, std::memory_order_release);
      free_.push_back(++used_);
    }
    const device::ModuleId id = free_.back();
    free_.pop_back();
    place(id)->store(module.release(), std::memory_order_release);
    return id;
  }
  // Nobody uses it any more.
  void remove(device::ModuleId id) {
    auto* const place = this->place(id);
    const std::unique_ptr<const Module> gone(place ? place->exchange(nullptr) : nullptr);
    if (!gone) return;
    std::lock_guard lock(mutex_);
    free_.push_back(id);
  }
  // Or null.
  const Module* find(device::ModuleId id) const {
    const auto* const place = const_cast<ModuleTable*>(this)->place(id);
    return place ? place->load(std::memory_order_acquire) : nullptr;
  }

 private:
  static constexpr std::size_t kBlocks = 4096, kBlockSize = 256;
  using Block = std::array<std::atomic<const Module*>, kBlockSize>;

  // Numbers start at 1.
  std::atomic<const Module*>* place(device::ModuleId id) {
    const std::size_t index = id - 1;
    if (index >= kBlocks * kBlockSize) return nullptr;
    Block* const block = blocks_[index / kBlockSize].load(std::memory_order_acquire);
    return block ? &(*block)[index % kBlockSize] : nullptr;
  }

  std::array<std::atomic<Block*>, kBlocks> blocks_{};
  std::mutex mutex_;  // guards what follows
  std::size_t used_ = 0;
  std::vector<device::ModuleId> free_;
};

}  // namespace kiesel::model
