// Passes a launch's findings on to the collector: the first of a kind at two instructions in words, of the
// others the number. Threads: one.
#pragma once

#include <map>
#include <tuple>

#include "evaluation/check/collector.hpp"
#include "evaluation/check/launch.hpp"

namespace kiesel::check {

class Reporter {
 public:
  explicit Reporter(Collector& collector) : collector_(collector) {}

  static constexpr std::size_t kNoOther = ~std::size_t{0};
  // `make` returns a finding; it is called for the first one.
  template <class Make>
  void add(const LaunchState& launch, Kind kind, std::size_t instruction, std::size_t other, Make make) {
    auto [found, is_new] = known_.try_emplace(std::tuple(kind, instruction, other));
    Known& known = found->second;
    if (!is_new) {
      ++known.more;
      return;
    }
    Finding finding = make();
    finding.kind = kind;
    finding.kernel = launch.kernel;
    finding.launch = launch.number;
    known.key = {kind,
                 launch.program->name(),
                 launch.kernel,
                 finding.deed.place.address,
                 finding.other ? finding.other->place.address : 0,
                 finding.name};
    collector_.add(known.key, 1, [&] { return std::move(finding); });
  }
  // The launch is over.
  void end() {
    for (auto& [at, known] : known_)
      if (known.more) collector_.add(known.key, known.more, [] { return Finding(); });
    known_.clear();
  }
  Collector& collector() { return collector_; }

 private:
  struct Known {
    Collector::Key key;
    std::uint64_t more = 0;
  };
  Collector& collector_;
  std::map<std::tuple<Kind, std::size_t, std::size_t>, Known> known_;
};

}  // namespace kiesel::check
