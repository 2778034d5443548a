// Something for each piece of a large address space, in pages that are made when they are first wanted.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>

namespace kiesel::check {

template <class Page, unsigned kShift>
class Pages {
 public:
  static constexpr std::uint64_t kBytes = std::uint64_t{1} << kShift;

  // Null where there is none.
  Page* find(std::uint64_t address) {
    const std::uint64_t number = address >> kShift;
    Near& near = near_[number % near_.size()];
    if (near.page && near.number == number) return near.page;
    const auto found = pages_.find(number);
    if (found == pages_.end()) return nullptr;
    near = {number, found->second.get()};
    return near.page;
  }
  Page& get(std::uint64_t address) {
    if (Page* const known = find(address)) return *known;
    const std::uint64_t number = address >> kShift;
    auto& made = pages_[number];
    made = std::make_unique<Page>();
    near_[number % near_.size()] = {number, made.get()};
    return *made;
  }
  void remove(std::uint64_t address) {
    const std::uint64_t number = address >> kShift;
    near_[number % near_.size()] = {};
    pages_.erase(number);
  }
  void clear() {
    near_ = {};
    pages_.clear();
  }
  std::size_t size() const { return pages_.size(); }

 private:
  struct Near {
    std::uint64_t number = 0;
    Page* page = nullptr;
  };
  std::array<Near, 256> near_{};
  std::unordered_map<std::uint64_t, std::unique_ptr<Page>> pages_;
};

}  // namespace kiesel::check
