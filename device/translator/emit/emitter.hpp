// Makes the functions of a translation, one for each segment, from a kernel's code and the kinds of its
// registers. The parts: emitter.cpp (nodes and edges), emit_control.cpp (what ends a block),
// emit_integer.cpp, emit_float.cpp, emit_half.cpp, emit_memory.cpp, emit_atomic.cpp, emit_state.cpp (the
// interpreter's registers), values.cpp (conversions).
#pragma once

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "device/translator/analysis/access_groups.hpp"
#include "device/translator/analysis/code.hpp"
#include "device/translator/analysis/kinds.hpp"
#include "device/translator/analysis/liveness.hpp"
#include "device/translator/analysis/scalar_loops.hpp"
#include "device/translator/host/host_traits.hpp"

namespace kiesel::translator {

using translation::Exit, translation::kMostUnits, translation::kNoSite, translation::kNumBarriers;
using translation::kUnitsBefore, translation::kWarpEnded, translation::SiteRange, translation::StateLayout;
using translation::TableCsr, translation::Translation, translation::WarpContext;

// A register's value in a function: `v` is a number or a vector of one value a lane, as the kind says; of a
// line `v` is lane 0's value and `step`, where warps are several rows, what is added from row to row; of
// offsets `step` is their base.
struct Value {
  Kind kind;
  llvm::Value* v = nullptr;
  llvm::Value* step = nullptr;
};

class Emitter {
 public:
  Emitter(const TranslationRequest& request, const Code& code, const Liveness& liveness, const Kinds& kinds,
          llvm::LLVMContext& context, llvm::Module& module);

  // One function for each segment, named segment_name(). Sites and segments without their offsets.
  Translation run();
  static std::string segment_name(std::size_t segment) { return "segment_" + std::to_string(segment); }

 private:
  // --- emitter.cpp
  void emit_segment(std::uint32_t root, std::size_t number);
  void forget_values();
  void emit_node(std::uint32_t number);
  void emit_items();  // of the node, up to what ends it
  void emit_item(const Item& item);
  static void set_host_attributes(llvm::Function& function);
  static void set_helper_attributes(llvm::Function& function);  // of one that keeps all registers
  llvm::BasicBlock* block_of(std::uint32_t node);
  // Makes the block's last stores for that successor and goes there; `poll` where a loop closes.
  void go_to(std::uint32_t block, bool full,
             llvm::Value* agreed = nullptr);  // what Kinds::agreed() then holds
  llvm::Value* active_lanes();                // their number
  void count(std::size_t items);
  void count(llvm::Value* items, llvm::Value* active);
  void poll(const Node& target, std::uint32_t number);
  llvm::BasicBlock* new_block(const char* name);
  void branch_likely(llvm::Value* condition, llvm::BasicBlock* likely, llvm::BasicBlock* other);

  // --- values.cpp: registers and conversions
  Value read(Register r, const Constant& constant = {});
  Value read_first(const Item& item) { return read(item.in.rs1, item.first); }
  Value read_second(const Item& item) { return read(item.in.rs2, item.second); }
  void write(Register r, Value value);
  Value load_variable(Register r, const Kind& kind);
  void store_variable(Register r, const Value& value);
  llvm::AllocaInst* variable(Register r, Rep rep, bool step);
  bool is_written(Register r) const;
  bool is_in_variable(Register r, const Kind& kind) const;
  Value at_end(Register r);  // as the node leaves it: blended where lanes wait
  // For all ways that leave the node; what is written has its last value.
  void blend_written();
  Value blended(const Value& fresh, const Value& old);
  Value convert(Value value, const Kind& to);
  bool has_step(const Kind& kind) const {
    return kind.rep == Rep::kOffset || (kind.rep == Rep::kLine && rows_ > 1);
  }
  Value constant(std::int64_t number);
  Value known(const Constant& constant);
  Value literal(const Literal& of);
  llvm::Value* narrow(const Value& value);  // <lanes x i32>
  llvm::Value* wide(const Value& value);    // <lanes x i64>
  llvm::Value* line(const Value& value, llvm::Type* element);
  llvm::Value* splat(llvm::Value* v) { return b_.CreateVectorSplat(lanes_, v); }
  llvm::Value* number64(std::int64_t v) {
    return llvm::ConstantInt::get(i64_, static_cast<std::uint64_t>(v), true);
  }
  llvm::Type* lanes(llvm::Type* element) const;
  llvm::Value* bits(llvm::Value* condition);  // <lanes x i1> -> mask
  llvm::Value* flags(llvm::Value* mask);      // mask -> <lanes x i1>
  llvm::Value* mask();                        // of the node, an integer of `lanes` bits
  llvm::Value* mask64();
  llvm::Value* first_lane();  // number of the lowest active one
  llvm::Value* last_lane();
  llvm::Value* all_lanes() { return llvm::Constant::getAllOnesValue(mask_type_); }
  llvm::Value* no_lanes() { return llvm::Constant::getNullValue(mask_type_); }
  llvm::Value* active();  // flags of the node's mask, or null where all are
  llvm::Value* canonical(llvm::Value* v);
  Value single(const Value& value);
  Value boxed(const Value& value);
  // Parts of a vector: one value a row, spread over the row's lanes.
  llvm::Value* spread_rows(const std::vector<llvm::Value*>& rows);
  llvm::Value* part_of(llvm::Value* v, unsigned first, unsigned count);  // so many elements
  llvm::Value* joined(std::vector<llvm::Value*> parts);
  std::vector<llvm::Value*> row_bases(const Value& line);

  // --- emit_integer.cpp
  bool needs_interpreter(const Item& item) const;
  // For an operation that has no case where it needs one: the translation is refused.
  llvm::Value* unknown(isa::Op op, llvm::Type* type);
  Value integer(const Item& item, const Kind& kind);
  Value line_result(const Item& item, const Kind& kind, const Value& a, const Value& b);
  Value offset_result(const Item& item, const Kind& kind, const Value& a, const Value& b);
  llvm::Value* compute(const Instruction& in, llvm::Value* a, llvm::Value* b);
  llvm::Value* compute64(const Instruction& in, llvm::Value* a, llvm::Value* b);
  llvm::Value* compute32(const Instruction& in, llvm::Value* a, llvm::Value* b);
  llvm::Value* divide32(const Instruction& in, llvm::Value* a, llvm::Value* b);
  llvm::Value* divide64(const Instruction& in, llvm::Value* a, llvm::Value* b);
  Value wide_division(const Item& item, const Kind& kind, const Value& a, const Value& b);
  llvm::Value* divided_by_lane(const Instruction& in, llvm::Value* a, llvm::Value* b);
  llvm::Value* high_products(llvm::Value* a, llvm::Value* b);
  Value csr(const Item& item, const Kind& kind);
  Value vote(const Item& item, const Kind& kind);
  Value shuffle(const Item& item, const Kind& kind);
  llvm::Value* predicate(const Value& value, bool negate);  // mask, of active lanes

  // --- emit_truth.cpp
  static bool is_offset_below(const Item& item, const Value& a, const Value& b);
  llvm::Value* offset_below(const Item& item, const Value& a, const Value& b);
  llvm::Value* truth_of(const Item& item, const Value& a, const Value& b);

  // --- emit_float.cpp
  Value floating(const Item& item, const Kind& kind);
  llvm::Value* float_comparison(isa::Op op, llvm::Value* a, llvm::Value* b);
  Value float_operand(Register r, char type, bool uniform);
  llvm::Value* sign_injected(const Item& item, llvm::Value* a, llvm::Value* b);
  llvm::Value* host_extreme(llvm::Value* a, llvm::Value* b, bool maximum);
  llvm::Value* minimum_or_maximum(llvm::Value* a, llvm::Value* b, bool maximum);
  llvm::Value* rounded_to_whole(llvm::Value* v, unsigned rounding);
  llvm::Value* to_integer(llvm::Value* v, unsigned rounding, bool is_signed, unsigned width);
  llvm::Value* from_rounded(llvm::Value* whole);
  Value whole_result(const Kind& kind, llvm::Value* v);  // sign-extended
  llvm::Value* classes(llvm::Value* bits, unsigned exponent_bits, unsigned fraction_bits);

  // --- emit_half.cpp
  Value half(const Item& item, const Kind& kind);
  llvm::Value* half_bits(Register r, bool once);
  bool converts_halves(llvm::Value* v) const;
  llvm::Value* half_to_float(llvm::Value* bits);
  llvm::Value* converted(llvm::Value* v, bool from_half);
  llvm::Value* to_half_bits(llvm::Value* v);
  llvm::Value* rounded_to_odd(llvm::Value* word, llvm::Value* inexact, llvm::Value* above);
  llvm::Value* odd_sum(llvm::Value* a, llvm::Value* b);
  llvm::Value* moved_half(Register r);

  // --- emit_memory.cpp
  // An access to device memory, which nothing of the interpreter's state overlaps.
  template <typename Access>
  Access* tagged(Access* made) const {
    made->setMetadata(llvm::LLVMContext::MD_tbaa, memory_tag_);
    return made;
  }
  // Four bytes a lane of which loads take theirs.
  struct Word {
    std::int64_t offset;  // from the address of its group's register
    llvm::AllocaInst* value;
  };
  struct Target {          // where an access goes
    llvm::Value* pointer;  // one, or <lanes x ptr>; null where `place` says it
    enum class Shape : std::uint8_t { kOnce, kRows, kPartOfRow, kScattered } shape;
    Value place;                       // kScattered, kRows
    std::vector<llvm::Value*> rows;    // kRows: lowest address of each row, the last lane's where lines fall
    llvm::Value* shift = nullptr;      // kPartOfRow: the lowest of its bits in each lane's 64
    llvm::AllocaInst* word = nullptr;  // kScattered loads that take their bytes, from `byte` on, of a Word
    unsigned byte = 0;
    std::vector<llvm::AllocaInst*> fresh;  // words that are still to be loaded, from `place` on
    bool side_by_side = false;             // one lane's behind the other's, nothing between them
    bool one_by_one = false;               // kScattered loads of a line by a full warp
  };
  void access(const Item& item);
  void access_in_run(const Item& item, const Value& address, const Kind& kind);
  void slot_access(const Item& item);
  Value load_known(const Item& item, const Kind& kind, const std::byte* bytes);
  llvm::Type* memory_type(const Instruction& in) const;
  Value from_memory(const Instruction& in, llvm::Value* v, const Kind& kind);
  llvm::Value* to_memory(const Item& item, bool once);
  struct Group {
    const AccessGroup* of;
    std::uint32_t site;
    llvm::Value* ok;          // once it is known
    std::int64_t end;         // of what it holds for, not before the group's
    std::vector<Word> words;  // that are loaded
  };
  void find_groups();
  std::uint32_t group_of(std::size_t item) const {
    return accesses_[node_->block].group_of[item];
  }  // or kNone
  llvm::AllocaInst* check_variable(std::uint32_t block, std::uint32_t group);
  void check(std::uint32_t number, const Value& address);  // a group
  Value displaced(Value place, std::int64_t offset);
  llvm::Value* pointers(const Value& place);  // <lanes x ptr>
  llvm::Value* pointers(const Target& target);
  std::vector<llvm::Value*> each_pointer(const Target& target);
  llvm::Value* offsets_inside(std::uint32_t site, const Value& place);
  bool loads_active_only() const;
  llvm::Value* inside(std::uint32_t site, const Value& place);
  Target target_of(const Item& item, const Value& address, llvm::Value*& is_inside, std::uint32_t& site);
  llvm::Value* load_from(const Target& target, const Instruction& in);
  void store_to(const Target& target, const Item& item);
  void store_part(llvm::Value* row, llvm::Value* shift, llvm::Value* v, llvm::Value* lanes_on);
  void store_lanes(const Target& target, llvm::Value* v);  // active ones, in a loop
  llvm::Function* row_store(llvm::Type* row);
  llvm::Value* in_window(const Value& address, unsigned bytes, Target& target);
  // What is done for one lane: of its address, its value and what its result was, the result or null.
  using LaneBody = std::function<llvm::Value*(llvm::IRBuilder<>& b, llvm::Value* pointer, llvm::Value* value,
                                              llvm::Value* before)>;
  llvm::Value* lane_loop(const std::string& name, llvm::Value* addresses, llvm::Value* values,
                         const LaneBody& body, llvm::Value* before = nullptr);
  llvm::Value* site_check(std::uint32_t site, llvm::Value* address);
  std::pair<llvm::Value*, llvm::Value*> site_range(std::uint32_t site);  // begin, limit
  bool is_row(const Value& place, unsigned alignment) const;
  std::vector<llvm::Value*> row_starts(const Value& place);
  llvm::Value* rotated(llvm::Value* bytes, unsigned shift);
  llvm::Value* units_from(std::uint32_t site, llvm::Value* begin, llvm::Value* address);
  std::uint32_t new_site(const Value& place, std::uint64_t bytes, unsigned alignment, bool writes);
  llvm::AllocaInst* scratch(unsigned number);  // a row of 64 bits a lane in the host's memory
  void fence(const Item& item);

  // --- emit_fields.cpp: accesses of what each lane has side by side
  void forget_words();
  std::int64_t whole_end(const AccessGroup& group, const Value& address) const;
  static std::int64_t word_of(const Group& group, std::int64_t offset);
  std::pair<std::int64_t, std::int64_t> wanted_words(std::uint32_t group, std::int64_t word) const;
  void find_word(const Item& item, const Value& address, Target& target);
  std::vector<llvm::Value*> load_words(const Target& target);
  llvm::Value* load_part(const Target& target, const Instruction& in);
  std::size_t stores_together(std::int64_t& start, unsigned& words) const;
  std::vector<llvm::Value*> words_of(std::size_t stores, std::int64_t start, unsigned words);
  bool store_fields(const Value& address);
  void store_chunks(const Target& target, const std::vector<llvm::Value*>& words);

  // --- emit_run.cpp: accesses with few other instructions between them
  struct Run {
    std::size_t first, end;  // items of the block
  };
  struct Bail {  // where a check fails in a run
    std::size_t item;
    llvm::BasicBlock* from;
    llvm::BasicBlock* to;
    std::map<Register, Value> values;
  };
  void find_runs();
  std::size_t end_of_use(const Run& run) const;
  void emit_run(const Run& run);
  void emit_fast(const Run& run, std::vector<Bail>& bails);
  void emit_stepped(const Run& run, const std::vector<Bail>& bails, const std::map<Register, Value>& before);
  std::vector<Register> written_in(std::size_t first, std::size_t end) const;
  Value merged_value(const Value& a, llvm::BasicBlock* from_a, const Value& b, llvm::BasicBlock* from_b);

  // --- emit_segment.cpp: the loop over warps, and what they keep between segments
  void begin_function(std::size_t number);
  void end_function();
  void emit_arrivals();
  void emit_next_groups();
  void emit_next_segment();
  void put_counters();
  void chain_if(llvm::Value* condition, llvm::BasicBlock* on, llvm::BasicBlock* back);
  void go_on_with(std::uint32_t segment);
  llvm::Function* segment_function(std::size_t number);
  std::uint32_t segment_of(std::uint32_t node, std::uint32_t barrier);
  void arrive(std::uint32_t did);  // the warp has done its part of the segment
  void emit_barrier();
  void put_frame(std::uint32_t node);
  void take_frame(std::uint32_t node);
  void keep_in_frame();
  llvm::Value* frame_place(Register r, int part, llvm::Type* type);
  llvm::Value* table_csr(TableCsr which);
  llvm::Value* launch_value(std::int64_t offset, llvm::Type* type);
  llvm::Value* local_ids(unsigned dimension, llvm::Type* type);

  // --- emit_atomic.cpp
  void atomic(const Item& item, const Kind& kind);
  llvm::Value* atomic_loop(const Item& item, std::uint32_t site, bool is_wanted);
  llvm::Value* combined_atomic(const Item& item, bool is_wanted);
  llvm::Value* lanes_before(llvm::Type* element);  // how many active lanes are below each
  llvm::Value* in_local_memory(std::uint32_t site);

  // --- emit_state.cpp
  llvm::Value* state(std::uint32_t offset);
  llvm::Value* load_state(std::uint32_t offset, llvm::Type* type);
  void store_state(std::uint32_t offset, llvm::Value* v);
  llvm::Value* load_context(std::size_t offset, llvm::Type* type);
  void store_context(std::size_t offset, llvm::Value* v);
  void add_to_context(std::size_t offset, llvm::Value* v);
  struct Form {  // as the interpreter has them
    std::uint8_t form;
    std::int64_t slope;
  };
  Form form_of(const Value& value) const;
  void put_value(Register r, const Value& value);
  void put_row(std::uint32_t offset, const Value& value);
  llvm::Function* row_helper(bool is_line);
  void put_singles(std::uint32_t singles, std::uint32_t others);  // bits of registers
  void put_register(Register r, const Value& value);
  void put_slot(std::uint32_t slot, const Value& value);
  llvm::Value* slot_pointer(std::int64_t offset);
  Value step(const Item& item, std::uint32_t site, const Kind& kind);
  llvm::Value* call_host(const std::string& name, std::size_t offset,
                         const std::vector<llvm::Value*>& arguments);
  void put_divergence();
  // Into the interpreter's registers; `waiting`: what lanes that are not active wait with.
  void put_registers(const Set& live, const Set& waiting);
  void clear_upper_halves(llvm::IRBuilder<>& b) const;
  void add_conditions(const Set& waiting, std::map<Register, Value>& found);
  void leave(Exit exit, std::uint32_t more = 0);
  // Gives the warp to the interpreter before the current item, or, where it has done nothing yet that anybody
  // can see, at its very start.
  void give_back();
  void give_back_at(const Node& target);
  // Goes on where the condition holds; gives the warp back before the current item where not.
  void require(llvm::Value* condition);
  bool restarts() const;

  // --- emit_scalar_loop.cpp
  using Variables = std::map<std::pair<Register, int>, llvm::AllocaInst*>;
  using Checks = std::map<std::pair<std::uint32_t, std::uint32_t>, llvm::AllocaInst*>;  // by block and group
  struct LaneByLane {
    explicit LaneByLane(const ScalarLoop& of) : loop(of) {}
    const ScalarLoop& loop;
    llvm::Value* lane = nullptr;        // that has its turn
    llvm::BasicBlock* end = nullptr;    // of a turn
    llvm::AllocaInst* all = nullptr;    // lanes that have a turn
    llvm::AllocaInst* left = nullptr;   // lanes that have not had it
    llvm::AllocaInst* again = nullptr;  // lanes that need another one
    // Iterations of a turn: the lane's, how many any lane has begun at most, and, a bit for each, those in
    // which any took a way.
    llvm::AllocaInst *now = nullptr, *most = nullptr;
    std::map<std::pair<std::uint32_t, unsigned>, llvm::AllocaInst*> ways;
    llvm::AllocaInst *iterations = nullptr, *of_ways = nullptr;  // of all lanes: whole ones; instructions
    std::map<Register, llvm::AllocaInst*> rows;
    std::map<std::uint32_t, Node> nodes;  // by block, as one lane runs it
    Variables variables;
    Checks checks;
    // The loop is there twice where it walks: with all checks, and for so many iterations as are inside
    // without those of the walks.
    bool walks = false;  // which of them is being made
    std::map<std::uint32_t, llvm::BasicBlock*> blocks;
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> sites;  // by block and group
    // What is kept of the range of a site: how many units it has, less what a walk needs for a turn; where
    // indices are compared also the units from its begin to `displacement` bytes behind the base.
    struct Range {
      llvm::AllocaInst* bound;
      std::int64_t less;
      llvm::AllocaInst* base;
      std::int64_t displacement;
      llvm::AllocaInst* first;
    };
    std::map<std::uint32_t, Range> ranges;  // by site
  };
  const ScalarLoop* scalar_loop_at(const Node& node) const;
  void emit_scalar_loop(const ScalarLoop& loop);
  void start_scalar_loop(LaneByLane& lanes);
  void take_rows();
  void emit_lanes(bool walks);
  llvm::Value* walks_inside();
  llvm::Value* index_inside(std::uint32_t site, llvm::Value* address, std::int64_t displacement);
  llvm::Value* inside_in_turn(const std::pair<std::uint32_t, std::uint32_t>& place, std::uint32_t site,
                              const Value& address, std::int64_t displacement);
  void keep_range(std::uint32_t site);
  void emit_lane_block(std::uint32_t number);
  void go_in_lane(std::uint32_t block);
  void end_turn(const Set& needed);
  void count_scalar_loop(const LaneByLane& lanes);
  void leave_scalar_loop(const LaneByLane& lanes, bool full);
  llvm::Value* row_place(Register r);

  // --- emit_control.cpp
  void emit_ending();
  llvm::CmpInst::Predicate comparison(isa::Op op);
  void emit_branch();
  void emit_split();
  void emit_only_side(const Value& condition);
  void emit_join();
  void write_token();                                         // of a split
  llvm::Value* depth(std::span<const std::uint32_t> splits);  // how many of them are open
  void emit_predicate();
  void emit_return();
  void emit_end();
  llvm::Value* agreed_number(const Value& value);

  struct SplitVariables {
    llvm::AllocaInst *open, *in_second, *before, *second, *second_holds;
  };
  SplitVariables& split_variables(std::uint32_t block);
  llvm::Value* load(llvm::AllocaInst* variable) {
    return b_.CreateLoad(variable->getAllocatedType(), variable);
  }
  llvm::AllocaInst* new_variable(llvm::Type* type, const char* name, llvm::Value* first = nullptr);

  const TranslationRequest& request_;
  const HostTraits host_;
  const Code& code_;
  const Liveness& liveness_;
  const Kinds& kinds_;
  llvm::LLVMContext& context_;
  llvm::Module& module_;
  llvm::IRBuilder<> b_;
  const unsigned lanes_, rows_, row_;  // row_: lanes of a row
  llvm::Type *i1_, *i8_, *i16_, *i32_, *i64_, *float_, *double_, *mask_type_;
  llvm::PointerType* pointer_;
  llvm::MDNode *state_tag_, *memory_tag_, *likely_;
  const std::vector<BlockAccesses> accesses_;
  const std::vector<ScalarLoop> scalar_loops_;
  Translation out_;
  std::vector<std::uint8_t> acted_;   // by block: memory may have changed before it, since the warp's start
  std::vector<std::uint32_t> roots_;  // nodes that segments start with
  std::map<std::pair<Register, int>, std::uint32_t> frame_;  // offsets in it

  // The function that is being made.
  bool first_segment_ = false;
  llvm::Function* function_ = nullptr;
  llvm::BasicBlock* entry_ = nullptr;
  llvm::Value *warp_ = nullptr, *shared_ = nullptr;  // arguments: warp, context
  llvm::Value *start_mask_ = nullptr, *first_rank_ = nullptr, *end_rank_ = nullptr, *module_base_ = nullptr,
              *window_end_ = nullptr, *launch_block_ = nullptr, *sites_ = nullptr, *local_ids_ = nullptr;
  llvm::BasicBlock *faulted_ = nullptr, *exit_ = nullptr;
  std::map<std::uint32_t, llvm::BasicBlock*> blocks_;
  std::vector<std::uint32_t> left_;
  Variables variables_;
  std::map<std::uint32_t, SplitVariables> splits_;
  // Where a group starts, which is more than once in the first segment, and where a warp does.
  llvm::BasicBlock *next_group_ = nullptr, *next_warp_ = nullptr;
  std::map<std::uint32_t, llvm::BasicBlock*> arrivals_;                  // by what the warp did
  llvm::AllocaInst *did_ = nullptr, *result_ = nullptr;                  // the last warp that has arrived
  std::map<llvm::AllocaInst*, llvm::LoadInst*> taken_;                   // variables from the frame
  std::vector<std::pair<llvm::StoreInst*, const llvm::Value*>> puts_;    // variables to the frame
  llvm::Value *frame_pointer_ = nullptr, *private_memory_ = nullptr;     // of the warp
  std::map<TableCsr, llvm::Value*> csrs_;                                // read where the group starts
  std::map<std::pair<std::int64_t, llvm::Type*>, llvm::Value*> launch_;  // so is the launch block, by offset
  llvm::AllocaInst* rank_ = nullptr;
  llvm::AllocaInst *mask_variable_ = nullptr, *executed_ = nullptr, *idle_ = nullptr,
                   *executed_before_ = nullptr, *idle_before_ = nullptr;  // the warp
  llvm::AllocaInst* scratch_[3] = {};
  Checks checks_;

  // The node that is being made.
  const Node* node_ = nullptr;
  const Block* block_ = nullptr;
  std::size_t item_ = 0;  // of the block
  bool counted_ = false;  // the block's instructions are in the counters
  std::map<Register, Value> values_;
  std::vector<Register> written_;
  std::map<llvm::Value*, llvm::Value*> wholes_;  // by what to_integer() made: the rounded double before it
  bool blended_ = false;                         // what was written is blended where lanes wait
  std::vector<Kind> operand_kinds_;              // by register, of what the item reads
  std::string unknown_;                          // an instruction that has no case where it needs one
  llvm::Value *mask_ = nullptr, *active_ = nullptr;
  LaneByLane* turn_ = nullptr;  // in a scalar loop: one lane runs the node
  std::vector<Group> groups_;
  std::vector<Run> runs_;
  enum class Way : std::uint8_t {
    kBoth,  // an access asks by itself, and has two ways
    kFast,  // its group has been asked
    kStep   // the interpreter does it
  } way_ = Way::kBoth;
};

}  // namespace kiesel::translator
