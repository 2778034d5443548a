// Which accesses of a block go through one register that does not change between them: they are checked
// together. And which need no check, because one before them has asked for the same and more: in a block that
// leads nowhere else, for the same lanes and others.
#pragma once

#include <cstdint>
#include <vector>

#include "device/translator/analysis/code.hpp"

namespace kiesel::translator {

struct AccessGroup {
  Register base = 0;
  std::int64_t first = 0, end = 0;  // bytes from the register's address that its members cover
  unsigned alignment = 1;
  // The group whose check holds for this one, too, or kNone.
  std::uint32_t known_in = kNone, known_by = 0;  // block, group of it
  bool is_asked = false;                         // others rely on its check
  bool writes = false;                           // it, or one that relies on its check, has a store
};

struct BlockAccesses {
  std::vector<std::uint32_t> group_of;  // by item: its group, or kNone
  std::vector<AccessGroup> groups;
};

std::vector<BlockAccesses> find_access_groups(const Code& code);  // by block

}  // namespace kiesel::translator
