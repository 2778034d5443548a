// How each register is kept at each place of the code: once for the warp, as a line over its lanes, or lane
// by lane, in 32 bits where that is enough. Found before any code is made (find_kinds).
//
// A node is a block together with whether all lanes are known to be active there: code without masks.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "device/translator/analysis/code.hpp"
#include "device/translator/analysis/liveness.hpp"

namespace kiesel::translator {

enum class Rep : std::uint8_t {
  kNone,     // nothing was written yet
  kUniform,  // one number of 64 bits
  kLine,     // base + stride * lane; where a warp is several rows: + step * row, too
  kOffset,   // base + stride * 32 bits a lane, sign-extended
  kNarrow,   // 32 bits a lane: the sign-extended number, or all of it that matters
  kWide,     // 64 bits a lane
  kFloat,    // one boxed single
  kFloats,   // a boxed single a lane
  kDouble,   // one value of 64 bits
  kDoubles,
};

// What is known of NaNs. Arithmetic's NaNs are canonical on the device but not on the host: they are made
// canonical when their bits are looked at.
enum class Nan : std::uint8_t {
  kCanonical,  // a NaN is the canonical one
  kLoose,      // any NaN stands for the canonical one
  kExact,      // a NaN is what it is
};

struct Kind {
  Rep rep = Rep::kNone;
  bool narrow = false;        // uniform, line: a sign-extended number of 32 bits
  Nan nan = Nan::kCanonical;  // float kinds
  std::int64_t stride = 0;    // of a line, of offsets
  bool upper = false;         // uniform, line, offsets: a multiple of 2^32
  bool operator==(const Kind&) const = default;
};

inline bool is_float(Rep rep) { return rep >= Rep::kFloat; }
inline bool is_uniform(Rep rep) { return rep == Rep::kUniform || rep == Rep::kFloat || rep == Rep::kDouble; }
inline bool is_lanes(Rep rep) {  // each lane's value by itself
  return rep == Rep::kNarrow || rep == Rep::kWide || rep == Rep::kFloats || rep == Rep::kDoubles;
}
inline bool is_double(Rep rep) { return rep == Rep::kDouble || rep == Rep::kDoubles; }
inline bool is_single(Rep rep) { return rep == Rep::kFloat || rep == Rep::kFloats; }
// Its lanes are numbers of 32 bits, sign-extended.
inline bool is_narrow(const Kind& kind) { return kind.rep == Rep::kNarrow || kind.narrow; }

inline Kind uniform(bool narrow) { return {Rep::kUniform, narrow, Nan::kCanonical, 0}; }
inline Kind line_of(std::int64_t stride, bool narrow) {
  return {Rep::kLine, narrow, Nan::kCanonical, stride};
}
inline Kind lanes_of(bool wide) { return {wide ? Rep::kWide : Rep::kNarrow, false, Nan::kCanonical, 0}; }

// Addresses that are one number and what is added from lane to lane; of offsets, from a base.
inline bool is_line(const Kind& kind) { return kind.rep == Rep::kLine && !kind.upper; }
inline bool is_offset(const Kind& kind) {
  return kind.rep == Rep::kOffset && !kind.upper && kind.stride <= 64;
}

// What the kinds become that two paths bring. `high`: the upper half may be read.
Kind merged(const Kind& a, const Kind& b, bool high);
Kind literal_kind(const Literal& literal);
// Lane by lane.
Kind varying(const Kind& kind, bool high);

struct Node {
  std::uint32_t block = 0;
  bool full = false;
  Set needed;               // registers that have to be there when it starts
  std::vector<Kind> start;  // by register
};

class Kinds {
 public:
  Kinds(const Code& code, const Liveness& liveness, const TranslationRequest& request);

  const std::deque<Node>& nodes() const { return nodes_; }
  std::uint32_t find(std::uint32_t block, bool full) const { return number_[block * 2 + full]; }  // or kNone
  // What item writes, by the kinds of what it reads.
  Kind result(const Item& item, const std::vector<Kind>& kinds) const;
  // Whether a write in this node leaves lanes that wait their values.
  bool keeps(const Node& node, Register r) const;
  unsigned rows() const { return rows_; }
  // The condition of a split or predicate that `from` ends with, where it is one number for all lanes that go
  // to a node: a truth that the lanes of a side agree on. Else kNone.
  Register agreed(std::uint32_t from, std::uint32_t to, bool full) const;
  Kind kind_of(Register r, const Constant& constant, const std::vector<Kind>& kinds) const;

 private:
  struct Edge {
    std::uint32_t block;
    bool full;
  };
  std::vector<Edge> edges(const Node& node, const std::vector<Kind>& kinds) const;
  void visit(std::uint32_t node);
  void flow(std::uint32_t from, const Edge& to, const std::vector<Kind>& kinds);
  Kind integer(const Item& item, const Kind& a, const Kind& b) const;
  Kind line(const Item& item, const Kind& a, const Kind& b) const;
  Kind offset(const Item& item, const Kind& a, const Kind& b) const;
  Kind floating(const Item& item, const std::vector<Kind>& kinds) const;
  Kind loaded(const Item& item, const Kind& address) const;
  Kind of_csr(std::uint32_t number) const;

  const Code& code_;
  const Liveness& liveness_;
  const TranslationRequest& request_;
  unsigned rows_ = 1;
  std::deque<Node> nodes_;  // none moves when one comes
  std::vector<std::uint32_t> number_;
  std::vector<std::uint8_t> dirty_;
};

// Finds Code::literals (literals.cpp), which need no place, and no lanes that wait to be left alone.
void find_literals(Code& code, const Liveness& liveness, const TranslationRequest& request);

// The bytes of the program's image that a load of a known address reads, or null where they are not fixed.
const std::byte* fixed_bytes(const TranslationRequest& request, const Item& item);

}  // namespace kiesel::translator
