#include "device/translator/emit/fields.hpp"

#include <algorithm>
#include <set>

#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/masks.hpp"
#include "device/translator/emit/sites.hpp"
#include "device/translator/emit/targets.hpp"
#include "device/translator/emit/transfer.hpp"
#include "device/translator/emit/values.hpp"

namespace kiesel::translator {

namespace {

constexpr unsigned kWordBytes = 4, kMostWords = 4;  // of a chunk

// Chunks of so many lanes are taken apart and put together at once, in steps that stay inside of 16 bytes.
constexpr unsigned kAtOnce = 8;

using Order = llvm::ArrayRef<int>;
constexpr int kLow[] = {0, 8, 1, 9, 4, 12, 5, 13}, kHigh[] = {2, 10, 3, 11, 6, 14, 7, 15};
constexpr int kLowPairs[] = {0, 1, 8, 9, 4, 5, 12, 13}, kHighPairs[] = {2, 3, 10, 11, 6, 7, 14, 15};
constexpr int kEven[] = {0, 2, 8, 10, 4, 6, 12, 14}, kOdd[] = {1, 3, 9, 11, 5, 7, 13, 15};

// The elements of both by turns.
llvm::Value* alternating(llvm::IRBuilder<>& b, llvm::Value* first, llvm::Value* second) {
  const auto count = llvm::cast<llvm::FixedVectorType>(first->getType())->getNumElements();
  llvm::SmallVector<int, 128> order;
  for (unsigned i = 0; i < count; ++i) {
    order.push_back(static_cast<int>(i));
    order.push_back(static_cast<int>(count + i));
  }
  return b.CreateShuffleVector(first, second, order);
}

bool starts_anew(const Item& item) {  // what was loaded before is not what is there
  return (is_store(item.in) && item.slot == kNone) || is_fence(item.in) || is_atomic(item.in);
}

std::int64_t word_of(const Group& group, std::int64_t offset) {
  return offset - ((offset - group.of->first) & (kWordBytes - 1));
}

// The words of the group that this load and those behind it want, as far as they lie side by side: first,
// end.
std::pair<std::int64_t, std::int64_t> wanted_words(Cursor& here, std::uint32_t number, std::int64_t word) {
  const auto& items = here.block.items;
  std::set<std::int64_t> wanted;
  for (std::size_t i = here.item; i < items.size() && !starts_anew(items[i]); ++i)
    if (group_of(here, i) == number && access_bytes(items[i].in.op) <= kWordBytes)
      wanted.insert(word_of(here.groups[number], items[i].in.imm));
  std::int64_t first = word, end = word + kWordBytes;
  while (wanted.contains(first - kWordBytes)) first -= kWordBytes;
  while (wanted.contains(end)) end += kWordBytes;
  return {first, end};
}

// A chunk's words, each of all lanes.
std::vector<llvm::Value*> load_words(Cursor& here, const Target& target) {
  Builder& ir = here.ir;
  const auto count = static_cast<unsigned>(target.fresh.size());
  const auto load_at = [&](llvm::Value* pointer, unsigned words) -> llvm::Value* {
    return tagged(ir,
                  ir.CreateAlignedLoad(llvm::FixedVectorType::get(ir.i32, words), pointer, llvm::Align(1)));
  };
  if (count == 1 && target.side_by_side) {
    std::vector<llvm::Value*> rows;
    for (llvm::Value* row : row_bases(ir, target.place))
      rows.push_back(load_at(ir.CreateIntToPtr(row, ir.pointer), ir.row));
    return {joined(ir, std::move(rows))};
  }
  llvm::Value* all = nullptr;
  if (count == 1 || (count == 2 && ir.host.gathers && !target.one_by_one)) {
    all = tagged(ir, ir.CreateMaskedGather(vector_of(ir, count == 1 ? ir.i32 : ir.i64), pointers(ir, target),
                                           llvm::Align(1), active(here)));
    if (count == 1) return {all};
    all = ir.CreateBitCast(all, llvm::FixedVectorType::get(ir.i32, 2 * ir.lanes));
  }
  const std::vector<llvm::Value*> places = all ? std::vector<llvm::Value*>() : each_pointer(ir, target);
  const auto sixteen_bytes = [&](unsigned lane) -> llvm::Value* {  // from a lane's chunk on
    if (all) return part_of(ir, all, 2 * lane, 4);
    if (count == 4 || target.side_by_side) return load_at(places[lane], 4);
    return joined(ir, {load_at(places[lane], 2), load_at(places[lane + 1], 2)});
  };
  const auto both = [&](unsigned lane) { return joined(ir, {sixteen_bytes(lane), sixteen_bytes(lane + 4)}); };
  const auto mix = [&](llvm::Value* x, llvm::Value* y, Order order) {
    return ir.CreateShuffleVector(x, y, order);
  };
  std::vector<std::vector<llvm::Value*>> words(count);
  for (unsigned lane = 0; lane < ir.lanes; lane += kAtOnce) {
    if (count == 2) {
      llvm::Value *x = both(lane), *y = both(lane + 2);
      words[0].push_back(mix(x, y, kEven));
      words[1].push_back(mix(x, y, kOdd));
      continue;
    }
    llvm::Value *first = both(lane), *second = both(lane + 1), *third = both(lane + 2),
                *fourth = both(lane + 3);
    for (const unsigned half : {0U, 1U}) {
      llvm::Value* x = mix(first, second, half ? kHigh : kLow);
      llvm::Value* y = mix(third, fourth, half ? kHigh : kLow);
      words[2 * half].push_back(mix(x, y, kLowPairs));
      words[2 * half + 1].push_back(mix(x, y, kHighPairs));
    }
  }
  std::vector<llvm::Value*> out;
  for (auto& word : words) out.push_back(joined(ir, std::move(word)));
  return out;
}

// How many stores from the item on write a chunk of the group, each byte once, and nothing else: its first
// byte, in `start`, and its words.
std::size_t stores_together(Cursor& here, std::int64_t& start, unsigned& words) {
  const auto& items = here.block.items;
  const std::uint32_t number = group_of(here, here.item);
  if (number == kNone) return 1;
  std::size_t best = 1;
  std::set<std::int64_t> bytes;
  for (std::size_t i = here.item; i < items.size() && is_store(items[i].in) && group_of(here, i) == number;
       ++i) {
    const unsigned size = access_bytes(items[i].in.op);
    if (size > kWordBytes) break;
    for (unsigned byte = 0; byte < size; ++byte)
      if (!bytes.insert(items[i].in.imm + byte).second) return best;
    const std::int64_t first = *bytes.begin(), end = *bytes.rbegin() + 1;
    const auto count = static_cast<unsigned>(bytes.size()) / kWordBytes;
    const bool is_whole = end - first == static_cast<std::int64_t>(bytes.size()) &&
                          bytes.size() == count * kWordBytes && (count == 1 || count == 2 || count == 4);
    if (bytes.size() > kMostWords * kWordBytes) break;
    if (!is_whole || word_of(here.groups[number], first) != first) continue;
    best = i + 1 - here.item;
    start = first;
    words = count;
  }
  return best;
}

// The words that the stores from the item on make.
std::vector<llvm::Value*> words_of(Cursor& here, std::size_t stores, std::int64_t start, unsigned words) {
  Builder& ir = here.ir;
  std::vector<llvm::Value*> out(words);
  for (std::size_t i = here.item; i < here.item + stores; ++i) {
    const Item& item = here.block.items[i];
    const auto offset = static_cast<unsigned>(item.in.imm - start);
    llvm::Type* type = vector_of(ir, ir.getIntNTy(access_bytes(item.in.op) * 8));
    llvm::Value* part =
        ir.CreateZExt(ir.CreateBitCast(to_memory(here, item, false), type), vector_of(ir, ir.i32));
    part = ir.CreateShl(part, splat(ir, ir.getInt32(offset % kWordBytes * 8)));
    llvm::Value*& word = out[offset / kWordBytes];
    word = word ? ir.CreateOr(word, part) : part;
  }
  return out;
}

// Of all lanes, each chunk by itself or, where they are side by side, 16 bytes at a time.
void store_chunks(Builder& ir, const Target& target, const std::vector<llvm::Value*>& words) {
  const auto store_at = [&](llvm::Value* pointer, llvm::Value* v, unsigned first, unsigned size) {
    llvm::Value* part = size == 1 ? ir.CreateExtractElement(v, first) : part_of(ir, v, first, size);
    tagged(ir, ir.CreateAlignedStore(part, pointer, llvm::Align(1)));
  };
  if (words.size() == 1 && target.side_by_side) {
    unsigned row = 0;
    for (llvm::Value* base : row_bases(ir, target.place))
      store_at(ir.CreateIntToPtr(base, ir.pointer), words[0], ir.row * row++, ir.row);
    return;
  }
  const std::vector<llvm::Value*> places = each_pointer(ir, target);
  if (words.size() == 1) {
    for (unsigned lane = 0; lane < ir.lanes; ++lane) store_at(places[lane], words[0], lane, 1);
    return;
  }
  for (unsigned lane = 0; lane < ir.lanes; lane += kAtOnce) {
    const auto word = [&](unsigned number) { return part_of(ir, words[number], lane, kAtOnce); };
    for (const unsigned half : {0U, 1U}) {  // two of each four lanes
      const Order order = half ? kHigh : kLow;
      llvm::Value* pairs = ir.CreateShuffleVector(word(0), word(1), order);
      const unsigned at = lane + 2 * half;
      if (words.size() == 4) {
        llvm::Value* others = ir.CreateShuffleVector(word(2), word(3), order);
        for (const unsigned one : {0U, 1U}) {
          llvm::Value* whole = ir.CreateShuffleVector(pairs, others, one ? kHighPairs : kLowPairs);
          for (const unsigned four : {0U, 4U}) store_at(places[at + one + four], whole, four, 4);
        }
      } else if (target.side_by_side) {
        for (const unsigned four : {0U, 4U}) store_at(places[at + four], pairs, four, 4);
      } else {
        for (const unsigned i : {0U, 1U, 4U, 5U})
          store_at(places[at + i], pairs, i < 4 ? 2 * i : 2 * i - 4, 2);
      }
    }
  }
}

}  // namespace

void forget_words(Cursor& here) {
  for (Group& group : here.groups) group.words.clear();
}

// Where lanes lie one behind the other and most of a lane's bytes are accessed, all of them are checked:
// three members of four are loaded as fast as four.
std::int64_t whole_end(Cursor& here, const AccessGroup& group, const Value& address) {
  const std::int64_t stride = address.kind.stride, bytes = group.end - group.first;
  const bool fits = (stride == 4 || stride == 8 || stride == 16) && 2 * bytes > stride && bytes < stride;
  return here.node.full && is_line(address.kind) && fits ? group.first + stride : group.end;
}

// For loads that take a word, or a part of one: which, and of which chunk. All loads of a group go the fast
// way or none, so that a chunk is loaded by the first of them.
void find_word(Cursor& here, const Item& item, const Value& address, Target& target) {
  Builder& ir = here.ir;
  const std::uint32_t number = group_of(here, here.item);
  const unsigned bytes = access_bytes(item.in.op);
  if (number == kNone || bytes > kWordBytes) return;
  Group& group = here.groups[number];
  const std::int64_t word = word_of(group, item.in.imm);
  const auto is_inside = [&](std::int64_t first, std::int64_t size) {
    return first >= group.of->first && first + size <= group.end;
  };
  if (!is_inside(word, kWordBytes)) return;
  target.byte = static_cast<unsigned>(item.in.imm - word);
  const auto found =
      std::find_if(group.words.begin(), group.words.end(), [&](const Word& w) { return w.offset == word; });
  if (found != group.words.end()) {
    target.word = found->value;
    return;
  }
  const auto [first, end] = wanted_words(here, number, word);
  const auto chunk_of = [&](std::int64_t from, std::int64_t size) { return word - (word - from) % size; };
  unsigned words = 1;
  std::int64_t start = word;
  const std::int64_t stride = target.place.kind.stride;
  const bool full_line = here.node.full && is_line(target.place.kind);
  const bool is_wide = ir.lanes % kAtOnce == 0, is_alone = full_line || (here.node.full && !ir.host.scatters);
  const bool is_whole = full_line && ir.row > 1 && is_inside(chunk_of(group.of->first, stride), stride);
  if (is_whole && (stride == 4 || (is_wide && (stride == 8 || stride == 16)))) {
    words = static_cast<unsigned>(stride) / kWordBytes;
    start = chunk_of(group.of->first, stride);
    target.side_by_side = true;
  } else if (const auto four = chunk_of(first, 16); is_wide && is_alone && four + 16 <= end) {
    words = 4;
    start = four;
  } else if (const auto two = chunk_of(first, 8);
             is_wide && (ir.host.gathers || here.node.full) && two + 8 <= end) {
    words = 2;
    start = two;
  } else if (bytes == kWordBytes || !ir.host.gathers || target.one_by_one) {
    return;
  }
  target.place = displaced(ir, address, start);
  for (unsigned i = 0; i < words; ++i) {
    llvm::AllocaInst* made = new_variable(ir, vector_of(ir, ir.i32), "word");
    ir.CreateStore(llvm::PoisonValue::get(vector_of(ir, ir.i32)), made);  // no value comes from elsewhere
    target.fresh.push_back(made);
    group.words.push_back({start + kWordBytes * i, made});
    if (start + kWordBytes * i == word) target.word = made;
  }
}

// A load's part of its word. The host gathers 32 bits or more: what lies around the bytes is in the same
// page.
llvm::Value* load_part(Cursor& here, const Target& target, const Instruction& in) {
  Builder& ir = here.ir;
  llvm::Value* word = nullptr;
  if (!target.word) {
    llvm::Value* place = ir.CreatePtrToInt(pointers(ir, target), vector_of(ir, ir.i64));
    llvm::Value* start = ir.CreateAnd(place, splat(ir, number64(ir, -4)));
    llvm::Value* byte = ir.CreateAnd(ir.CreateTrunc(place, vector_of(ir, ir.i32)), splat(ir, ir.getInt32(3)));
    word = tagged(
        ir, ir.CreateMaskedGather(vector_of(ir, ir.i32), ir.CreateIntToPtr(start, vector_of(ir, ir.pointer)),
                                  llvm::Align(1), active(here)));
    word = ir.CreateLShr(word, ir.CreateShl(byte, splat(ir, ir.getInt32(3))));
  } else {
    if (!target.fresh.empty()) {
      const auto words = load_words(here, target);
      for (std::size_t i = 0; i < words.size(); ++i) ir.CreateStore(words[i], target.fresh[i]);
    }
    word = ir.CreateLShr(load(ir, target.word), splat(ir, ir.getInt32(target.byte * 8)));
  }
  llvm::Type* type = memory_type(ir, in);
  return ir.CreateBitCast(ir.CreateTrunc(word, vector_of(ir, ir.getIntNTy(access_bytes(in.op) * 8))),
                          vector_of(ir, type));
}

// Whether it has made the stores that write a chunk together; the item is the last of them then.
bool store_fields(Cursor& here, const Value& address) {
  Builder& ir = here.ir;
  std::int64_t start = 0;
  unsigned count = 0;
  const std::size_t stores = stores_together(here, start, count);
  if (stores == 1 || (count > 1 && ir.lanes % kAtOnce)) return false;
  forget_words(here);
  const std::vector<llvm::Value*> words = words_of(here, stores, start, count);
  Target target{};
  target.shape = Target::Shape::kScattered;
  target.place = displaced(ir, address, start);
  here.item += stores - 1;
  const Kind& kind = target.place.kind;
  target.side_by_side = here.node.full && is_line(kind) && ir.row > 1 && kind.stride == kWordBytes * count;
  if (here.node.full && (is_line(kind) || !ir.host.scatters)) {
    store_chunks(ir, target, words);
    return true;
  }
  for (unsigned i = 0; i < count; i += 2) {
    target.place = displaced(ir, address, start + kWordBytes * i);
    llvm::Value* v = words[i];
    if (count > 1) v = ir.CreateBitCast(alternating(ir, words[i], words[i + 1]), vector_of(ir, ir.i64));
    if (ir.host.scatters)
      tagged(ir, ir.CreateMaskedScatter(v, pointers(ir, target), llvm::Align(1), active(here)));
    else
      store_lanes(here, target, v);
  }
  return true;
}

}  // namespace kiesel::translator
