// Values of registers, and how one of one kind becomes one of another.
#pragma once

#include "device/translator/analysis/kinds.hpp"
#include "device/translator/emit/builder.hpp"

namespace kiesel::translator {

// A register's value in a function: `v` is a number or a vector of one value a lane, as the kind says; of a
// line `v` is lane 0's value and `step`, where warps are several rows, what is added from row to row; of
// offsets `step` is their base.
struct Value {
  Kind kind;
  llvm::Value* v = nullptr;
  llvm::Value* step = nullptr;
};

inline bool has_step(const Builder& ir, const Kind& kind) {
  return kind.rep == Rep::kOffset || (kind.rep == Rep::kLine && ir.rows > 1);
}
Value constant(Builder& ir, std::int64_t number);
llvm::Value* narrow(Builder& ir, const Value& value);  // <lanes x i32>
llvm::Value* wide(Builder& ir, const Value& value);    // <lanes x i64>
std::vector<llvm::Value*> row_bases(Builder& ir, const Value& value);
llvm::Value* canonical(Builder& ir, llvm::Value* v);  // of NaNs
Value single(Builder& ir, const Value& value);
Value boxed(Builder& ir, const Value& value);
Value convert(Builder& ir, Value value, const Kind& to);
Value merged_value(Builder& ir, const Value& a, llvm::BasicBlock* from_a, const Value& b,
                   llvm::BasicBlock* from_b);
// Of addresses.
Value displaced(Builder& ir, Value place, std::int64_t offset);
llvm::Value* pointers(Builder& ir, const Value& place);  // <lanes x ptr>

}  // namespace kiesel::translator
