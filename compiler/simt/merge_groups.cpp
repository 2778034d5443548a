#include "compiler/simt/merge_groups.hpp"

#include <algorithm>
#include <set>

namespace kiesel::simt {
namespace {

using Group = std::vector<ValueId>;

// Tarjan's algorithm with a stack of its own: chains of merges are as long as functions are.
class Groups {
 public:
  Groups(const MergeNodes& nodes, const std::set<ValueId>& members) : nodes_(nodes), members_(members) {
    for (const ValueId id : members)
      if (!index_.contains(id)) visit(id);
  }
  // A group comes behind those that it takes values from.
  const std::vector<Group>& groups() const { return groups_; }

 private:
  struct Step {
    ValueId id;
    std::size_t next_input;
  };

  void enter(ValueId id) {
    index_[id] = low_[id] = index_.size();
    open_.push_back(id);
    is_open_.insert(id);
    steps_.push_back({id, 0});
  }

  void visit(ValueId start) {
    enter(start);
    while (!steps_.empty()) {
      const ValueId id = steps_.back().id;
      const auto& inputs = nodes_.at(id).inputs;
      if (steps_.back().next_input < inputs.size()) {
        const ValueId input = inputs[steps_.back().next_input++];
        if (!members_.contains(input)) continue;
        if (!index_.contains(input))
          enter(input);
        else if (is_open_.contains(input))
          low_[id] = std::min(low_[id], index_[input]);
        continue;
      }
      steps_.pop_back();
      if (!steps_.empty()) low_[steps_.back().id] = std::min(low_[steps_.back().id], low_[id]);
      if (low_[id] == index_[id]) close(id);
    }
  }

  void close(ValueId first) {
    Group group;
    do {
      group.push_back(open_.back());
      is_open_.erase(open_.back());
      open_.pop_back();
    } while (group.back() != first);
    groups_.push_back(std::move(group));
  }

  const MergeNodes& nodes_;
  const std::set<ValueId>& members_;
  std::map<ValueId, std::size_t> index_, low_;
  std::vector<ValueId> open_;
  std::set<ValueId> is_open_;
  std::vector<Step> steps_;
  std::vector<Group> groups_;
};

class Search {
 public:
  Search(const MergeNodes& nodes, const std::function<bool(ValueId, ValueId)>& may_be)
      : nodes_(nodes), may_be_(may_be) {}

  void run(const std::set<ValueId>& members) {
    const Groups groups(nodes_, members);
    for (const Group& group : groups.groups()) examine(group);
  }
  std::map<ValueId, ValueId> take() { return std::move(found_); }

 private:
  ValueId resolve(ValueId id) const {
    for (auto known = found_.find(id); known != found_.end(); known = found_.find(id)) id = known->second;
    return id;
  }

  void examine(const Group& group) {
    const std::set<ValueId> members(group.begin(), group.end());
    std::set<ValueId> outside, inner;
    for (const ValueId id : group) {
      bool sees_outside = false;
      for (const ValueId input : nodes_.at(id).inputs)
        if (const ValueId value = resolve(input); !members.contains(value)) {
          outside.insert(value);
          sees_outside = true;
        }
      if (!sees_outside) inner.insert(id);
    }
    if (outside.size() == 1) {
      const ValueId value = *outside.begin();
      if (std::ranges::all_of(group, [&](ValueId id) { return may_be_(id, value); }))
        for (const ValueId id : group) found_[id] = value;
    } else if (outside.size() > 1 && !inner.empty()) {
      run(inner);
    }
  }

  const MergeNodes& nodes_;
  const std::function<bool(ValueId, ValueId)>& may_be_;
  std::map<ValueId, ValueId> found_;
};

}  // namespace

std::map<ValueId, ValueId> find_superfluous(const MergeNodes& nodes,
                                            const std::function<bool(ValueId, ValueId)>& may_be) {
  std::set<ValueId> all;
  for (const auto& [id, node] : nodes) all.insert(id);
  Search search(nodes, may_be);
  search.run(all);
  return search.take();
}

}  // namespace kiesel::simt
