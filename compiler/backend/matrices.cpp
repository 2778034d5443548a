#include "compiler/backend/matrices.hpp"

#include <fmt/format.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/Module.h>

#include <algorithm>
#include <functional>

#include "compiler/backend/csr_access.hpp"
#include "compiler/backend/undefined.hpp"
#include "compiler/spirv/matrix_names.hpp"
#include "compiler/spirv/write/calls.hpp"
#include "device/isa/matrix.hpp"

namespace kiesel::compiler {
namespace {

using llvm::IRBuilder, llvm::Value;

constexpr unsigned kWordBits = 32, kSumRegisters = 8;

// A matrix as its type has it.
struct Shape {
  MatrixUse use;
  unsigned rows, columns, bits;

  unsigned per_word() const { return use == MatrixUse::kSum ? 1 : kWordBits / bits; }
};

std::string text(const Shape& shape) {
  constexpr const char* kUses[] = {"A", "B", "accumulator"};
  return fmt::format("{} of {} x {} elements of {} bits", kUses[static_cast<unsigned>(shape.use)], shape.rows,
                     shape.columns, shape.bits);
}

// What the device's tile is for matrices of this use and these elements.
Shape shape_of(const isa::MatrixTile& tile, MatrixUse use, unsigned bits) {
  const unsigned deep = tile.words * kWordBits / bits;
  if (use == MatrixUse::kA) return {use, tile.rows, deep, bits};
  if (use == MatrixUse::kB) return {use, deep, tile.columns, bits};
  return {use, tile.rows, tile.columns, bits};
}

// Where a lane's part of a register lies in the matrix: of A and B a word, of sums an element.
struct Place {
  Value *row, *column;  // the word, where they count words
};

class Matrices {
 public:
  Matrices(llvm::Module& module, const isa::Target& target)
      : module_(module),
        registers_{isa::matrix_tile(target.lanes), target.ordered_matrices},
        target_(target) {}

  std::string run() {
    llvm::SmallVector<llvm::Function*> functions;
    for (llvm::Function& function : module_)
      if (function.isDeclaration() &&
          function.getName().startswith({kMatrixPrefix.data(), kMatrixPrefix.size()}))
        functions.push_back(&function);
    if (!functions.empty() && !target_.matrix)
      return "error: the SPIR-V module needs capability CooperativeMatrixKHR, which the device does not have "
             "(it comes with the extension 'matrix' of the instruction set)\n";
    for (llvm::Function* function : functions) lower(*function);
    return log_;
  }

 private:
  using Words = std::vector<std::string_view>;
  using Replace = std::function<Value*(IRBuilder<>&, llvm::CallInst&)>;

  void lower(llvm::Function& function) {
    const std::string name = function.getName().str();
    const Words words = matrix_words(name);
    if (words.empty()) return;
    const auto made = replacement(words, function);
    if (!made) return;  // a function that nobody defines
    for (llvm::CallInst* call : calls_of(function)) {
      IRBuilder<> builder(call);
      Value* value = made(builder, *call);
      if (value && !call->getType()->isVoidTy()) call->replaceAllUsesWith(value);
      if (value || call->getType()->isVoidTy()) call->eraseFromParent();
    }
    if (function.use_empty()) function.eraseFromParent();
  }

  Replace replacement(const Words& words, const llvm::Function& function) {
    if (words[0] == "unsupported" && words.size() == 2) {
      const std::string what(words[1]);
      return [this, what](IRBuilder<>&, llvm::CallInst& call) {
        return complain(call, what + " is not supported");
      };
    }
    if (words[0] == "product") return product(words, function);
    const auto shape = read_shape(words);
    if (!shape) return {};
    const bool fits = is_here(*shape);
    if (!fits) {
      const Shape wanted = *shape;
      return [this, wanted](IRBuilder<>&, llvm::CallInst& call) {
        const std::string here = text(shape_of(registers_.tile, wanted.use, wanted.bits));
        return complain(call, fmt::format("no matrix {}: the device has {}", text(wanted), here));
      };
    }
    if (words[0] == "length") return length(*shape, function);
    const auto bytes = words.size() == 6 ? matrix_number(words[5]) : std::nullopt;
    if (!bytes || *bytes == 0 || *bytes > 128) return {};
    if (words[0] == "load") return load(*shape, *bytes, function);
    if (words[0] == "store") return store(*shape, *bytes, function);
    return {};
  }

  static std::optional<Shape> read_shape(const Words& words) {
    if (words.size() < 5) return std::nullopt;
    std::optional<std::uint32_t> numbers[4];
    for (std::size_t i = 0; i < 4; ++i) numbers[i] = matrix_number(words[i + 1]);
    for (const auto& number : numbers)
      if (!number) return std::nullopt;
    if (*numbers[0] > 2 || (*numbers[3] != 8 && *numbers[3] != 16 && *numbers[3] != 32)) return std::nullopt;
    return Shape{static_cast<MatrixUse>(*numbers[0]), *numbers[1], *numbers[2], *numbers[3]};
  }
  bool is_here(const Shape& shape) const {
    const Shape here = shape_of(registers_.tile, shape.use, shape.bits);
    return here.rows == shape.rows && here.columns == shape.columns;
  }

  Value* complain(llvm::CallInst& call, const std::string& what) {
    const llvm::DebugLoc& place = call.getDebugLoc();
    const std::string line = place ? fmt::format(" in line {}", place.getLine()) : std::string();
    log_ += fmt::format("error: function {}{}: {}\n", readable_name(*call.getFunction()), line, what);
    return call.getType()->isVoidTy() ? nullptr : llvm::PoisonValue::get(call.getType());
  }

  // Numbers of blocks along a matrix's two directions, as registers hold them.
  unsigned registers_of(MatrixUse use) const {
    const isa::MatrixTile& tile = registers_.tile;
    return use == MatrixUse::kA   ? tile.a_registers()
           : use == MatrixUse::kB ? tile.b_registers()
                                  : kSumRegisters;
  }

  Replace length(const Shape& shape, const llvm::Function& function) {
    if (function.arg_size() != 0 || !function.getReturnType()->isIntegerTy(kWordBits)) return {};
    const unsigned elements = registers_of(shape.use) * shape.per_word();
    return [elements](IRBuilder<>& ir, llvm::CallInst&) -> Value* { return ir.getInt32(elements); };
  }

  // Words of a matrix in the order of their blocks: of A row by row, of B word by word, of sums row by row.
  Place place(IRBuilder<>& ir, MatrixUse use, unsigned number) const {
    const isa::MatrixTile& t = registers_.tile;
    Value* lane = ir.CreateTrunc(read_csr(ir, isa::csr::lane_id), ir.getInt32Ty());
    const auto split = [&](Value* of, unsigned by) {
      return std::pair(ir.CreateUDiv(of, ir.getInt32(by)), ir.CreateURem(of, ir.getInt32(by)));
    };
    const auto sum = [&](Value* of, unsigned more) { return ir.CreateAdd(of, ir.getInt32(more)); };
    if (use == MatrixUse::kSum) {
      const auto [row, column] = split(lane, t.block_columns);
      return {sum(row, number / t.across() * t.block_rows),
              sum(column, number % t.across() * t.block_columns)};
    }
    // Blocks of a register follow each other in the lanes, as their rows, or columns, do.
    const auto [line, word] = split(lane, t.block_words);
    if (use == MatrixUse::kA) {
      const unsigned lines = t.a_blocks * t.block_rows;
      return {sum(line, number / t.deep() * lines), sum(word, number % t.deep() * t.block_words)};
    }
    const unsigned across = t.across() / t.b_blocks, lines = t.b_blocks * t.block_columns;
    return {sum(word, number / across * t.block_words), sum(line, number % across * lines)};
  }

  // Addresses of a matrix in memory. Rows lie after each other, or columns.
  struct Memory {
    Value *base, *stride;  // bytes
    bool by_columns;
    unsigned bytes;  // of an element
  };
  static Value* address(IRBuilder<>& ir, const Memory& memory, Value* row, Value* column) {
    Value* line = memory.by_columns ? column : row;
    Value* inside = memory.by_columns ? row : column;
    Value* offset =
        ir.CreateAdd(ir.CreateMul(ir.CreateZExt(line, ir.getInt64Ty()), memory.stride),
                     ir.CreateMul(ir.CreateZExt(inside, ir.getInt64Ty()), ir.getInt64(memory.bytes)));
    return ir.CreateGEP(ir.getInt8Ty(), memory.base, offset);
  }

  // Whether the parameters are a pointer, what stands behind it, and last a layout and a stride.
  static bool is_memory(const llvm::FunctionType& type, unsigned count) {
    return type.getNumParams() == count && type.getParamType(0)->isPointerTy() &&
           type.getParamType(count - 2)->isIntegerTy() && type.getParamType(count - 1)->isIntegerTy();
  }
  // None, and a complaint, where the layout is no constant of the two that there are.
  std::optional<Memory> memory(IRBuilder<>& ir, llvm::CallInst& call, const Shape& shape,
                               unsigned pointee_bytes) {
    const auto* layout = llvm::dyn_cast<llvm::ConstantInt>(call.getArgOperand(call.arg_size() - 2));
    if (!layout || layout->getValue().ugt(1)) {
      complain(call, "the layout of a matrix must be a constant, row-major or column-major");
      return std::nullopt;
    }
    Value* stride = ir.CreateSExtOrTrunc(call.getArgOperand(call.arg_size() - 1), ir.getInt64Ty());
    return Memory{call.getArgOperand(0), ir.CreateMul(stride, ir.getInt64(pointee_bytes)), layout->isOne(),
                  shape.bits / 8};
  }

  // The word of A or B whose elements lie in a line of memory, or across lines.
  Value* load_word(IRBuilder<>& ir, const Memory& memory, const Shape& shape, const Place& at,
                   bool in_line) const {
    const unsigned per_word = shape.per_word();
    const auto place = [&](unsigned element) {
      const bool is_a = shape.use == MatrixUse::kA;
      Value* deep =
          ir.CreateAdd(ir.CreateMul(is_a ? at.column : at.row, ir.getInt32(per_word)), ir.getInt32(element));
      return is_a ? address(ir, memory, at.row, deep) : address(ir, memory, deep, at.column);
    };
    if (per_word == 1 || in_line) return ir.CreateAlignedLoad(ir.getInt32Ty(), place(0), llvm::Align(4));
    Value* word = ir.getInt32(0);
    for (unsigned element = 0; element < per_word; ++element) {
      Value* loaded =
          ir.CreateAlignedLoad(ir.getIntNTy(shape.bits), place(element), llvm::Align(memory.bytes));
      word = ir.CreateOr(word, ir.CreateShl(ir.CreateZExt(loaded, ir.getInt32Ty()), element * shape.bits));
    }
    return word;
  }

  Replace load(const Shape& shape, unsigned pointee_bytes, const llvm::Function& function) {
    const auto* type = function.getFunctionType();
    if (!is_memory(*type, 3) || !holds(type->getReturnType(), shape)) return {};
    return [this, shape, pointee_bytes](IRBuilder<>& ir, llvm::CallInst& call) -> Value* {
      const auto from = memory(ir, call, shape, pointee_bytes);
      if (!from) return llvm::PoisonValue::get(call.getType());
      if (shape.use == MatrixUse::kSum) return load_sums(ir, call, *from);
      const bool in_line = from->by_columns == (shape.use == MatrixUse::kB);
      Value* words = llvm::PoisonValue::get(llvm::FixedVectorType::get(ir.getFloatTy(), kSumRegisters));
      for (unsigned number = 0; number < registers_of(shape.use); ++number) {
        Value* word = load_word(ir, *from, shape, place(ir, shape.use, number), in_line);
        words = ir.CreateInsertElement(words, ir.CreateBitCast(word, ir.getFloatTy()), number);
      }
      return ir.CreateBitCast(words, call.getType());
    };
  }
  Value* load_sums(IRBuilder<>& ir, llvm::CallInst& call, const Memory& from) const {
    llvm::Type* element = llvm::cast<llvm::FixedVectorType>(call.getType())->getElementType();
    Value* sums = llvm::PoisonValue::get(call.getType());
    for (unsigned number = 0; number < kSumRegisters; ++number) {
      const Place at = place(ir, MatrixUse::kSum, number);
      Value* loaded =
          ir.CreateAlignedLoad(element, address(ir, from, at.row, at.column), llvm::Align(from.bytes));
      sums = ir.CreateInsertElement(sums, loaded, number);
    }
    return sums;
  }

  Replace store(const Shape& shape, unsigned pointee_bytes, const llvm::Function& function) {
    const auto* type = function.getFunctionType();
    if (!is_memory(*type, 4) || !holds(type->getParamType(1), shape) || !type->getReturnType()->isVoidTy())
      return {};
    return [this, shape, pointee_bytes](IRBuilder<>& ir, llvm::CallInst& call) -> Value* {
      const auto to = memory(ir, call, shape, pointee_bytes);
      if (!to) return nullptr;
      Value* elements = call.getArgOperand(1);
      if (shape.use != MatrixUse::kSum)
        elements = ir.CreateBitCast(
            elements, llvm::FixedVectorType::get(ir.getIntNTy(shape.bits), kSumRegisters * shape.per_word()));
      for (unsigned number = 0; number < registers_of(shape.use); ++number)
        store_word(ir, *to, shape, place(ir, shape.use, number), elements, number);
      return nullptr;
    };
  }
  void store_word(IRBuilder<>& ir, const Memory& to, const Shape& shape, const Place& at, Value* elements,
                  unsigned number) const {
    const unsigned per_word = shape.per_word();
    for (unsigned element = 0; element < per_word; ++element) {
      const auto deep = [&](Value* word) {
        return ir.CreateAdd(ir.CreateMul(word, ir.getInt32(per_word)), ir.getInt32(element));
      };
      Value* row = shape.use == MatrixUse::kB ? deep(at.row) : at.row;
      Value* column = shape.use == MatrixUse::kA ? deep(at.column) : at.column;
      ir.CreateAlignedStore(ir.CreateExtractElement(elements, number * per_word + element),
                            address(ir, to, row, column), llvm::Align(to.bytes));
    }
  }

  // Whether the type is a vector of what a work-item holds.
  static bool holds(const llvm::Type* type, const Shape& shape) {
    const auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(type);
    if (!vector) return false;
    const unsigned bits = vector->getNumElements() * vector->getElementType()->getPrimitiveSizeInBits();
    const bool is_sum = shape.use == MatrixUse::kSum;
    return bits == (is_sum ? kSumRegisters * shape.bits : kSumRegisters * kWordBits) &&
           (!is_sum || vector->getNumElements() == kSumRegisters);
  }

  Replace product(const Words& words, const llvm::Function& function) {
    if (words.size() != 6 || function.arg_size() != 3) return {};
    const auto rows = matrix_number(words[3]), columns = matrix_number(words[4]),
               deep = matrix_number(words[5]);
    const auto sum = format(words[1]), factor = format(words[2]);
    if (!rows || !columns || !deep) return {};
    const std::string what = fmt::format("matrices of {} x {} x {}, {} and sums of {}", *rows, *columns,
                                         *deep, words[2], words[1]);
    const bool exists = sum && factor && isa::find_matrix_product(number(*sum), number(*factor));
    const unsigned bits = factor ? isa::find_matrix_format(number(*factor))->bits : kWordBits;
    if (!exists || !is_here({MatrixUse::kA, *rows, *deep, bits}) ||
        !is_here({MatrixUse::kB, *deep, *columns, bits}))
      return [this, what](IRBuilder<>&, llvm::CallInst& call) {
        return complain(call, "the device has no product of " + what);
      };
    const unsigned sum_bits = isa::find_matrix_format(number(*sum))->bits;
    const Shape shapes[] = {shape_of(registers_.tile, MatrixUse::kA, bits),
                            shape_of(registers_.tile, MatrixUse::kB, bits),
                            shape_of(registers_.tile, MatrixUse::kSum, sum_bits)};
    for (unsigned i = 0; i < 3; ++i)
      if (!holds(function.getFunctionType()->getParamType(i), shapes[i])) return {};
    if (function.getReturnType() != function.getFunctionType()->getParamType(2)) return {};
    return [this, sum = *sum, factor = *factor](IRBuilder<>& ir, llvm::CallInst& call) {
      return multiply(ir, call, sum, factor);
    };
  }
  static unsigned number(isa::MatrixFormat format) { return static_cast<unsigned>(format); }
  static std::optional<isa::MatrixFormat> format(std::string_view name) {
    for (const isa::MatrixFormatInfo& row : isa::kMatrixFormats)
      if (row.name == name) return row.format;
    return std::nullopt;
  }

  // The instruction: its operands are in registers of their own. All lanes do it together: where lanes may be
  // off it must not be moved.
  Value* multiply(IRBuilder<>& ir, llvm::CallInst& call, isa::MatrixFormat sum,
                  isa::MatrixFormat factor) const {
    const isa::MatrixTile& t = registers_.tile;
    std::vector<Value*> sums(kSumRegisters), operands;
    std::string constraints, factors, same;
    Value* c = call.getArgOperand(2);
    for (unsigned row = 0; row < t.down(); ++row)
      for (unsigned column = 0; column < t.across(); ++column)
        sums[registers_.c(row, column)] =
            to_float(ir, ir.CreateExtractElement(c, std::uint64_t{row * t.across() + column}));
    const auto add = [&](Value* words, unsigned number, unsigned place) {
      operands.push_back(ir.CreateExtractElement(words, std::uint64_t{number}));
      factors += fmt::format(",{{f{}}}", place);
    };
    Value* a = words_of(ir, call.getArgOperand(0));
    for (unsigned i = 0; i < t.a_registers(); ++i)
      add(a, i, registers_.a(i / t.deep() * t.a_blocks, i % t.deep()));
    Value* b = words_of(ir, call.getArgOperand(1));
    const unsigned across = t.across() / t.b_blocks;
    for (unsigned i = 0; i < t.b_registers(); ++i)
      add(b, i, registers_.b(i / across, i % across * t.b_blocks));
    for (unsigned r = 0; r < kSumRegisters; ++r) {
      constraints += fmt::format("{}={{f{}}}", r ? "," : "", r);
      same += fmt::format(",{}", r);
    }
    operands.insert(operands.end(), sums.begin(), sums.end());
    std::vector<llvm::Type*> types(operands.size(), ir.getFloatTy()), results(kSumRegisters, ir.getFloatTy());
    auto* type = llvm::FunctionType::get(llvm::StructType::get(ir.getContext(), results), types, false);
    auto* assembly = llvm::InlineAsm::get(
        type, fmt::format(".insn r 0x0b, 0, 2, x{}, x{}, x0", number(sum), number(factor)),
        constraints + factors + same, /*hasSideEffects=*/true);
    auto* made = ir.CreateCall(type, assembly, operands);
    made->setConvergent();
    made->setDoesNotThrow();
    Value* out = llvm::PoisonValue::get(c->getType());
    for (unsigned row = 0; row < t.down(); ++row)
      for (unsigned column = 0; column < t.across(); ++column) {
        Value* word = ir.CreateExtractValue(made, registers_.c(row, column));
        out = ir.CreateInsertElement(out, from_float(ir, word, c), std::uint64_t{row * t.across() + column});
      }
    return out;
  }
  Value* words_of(IRBuilder<>& ir, Value* matrix) const {
    return ir.CreateBitCast(matrix, llvm::FixedVectorType::get(ir.getFloatTy(), kSumRegisters));
  }
  // An element of a sum in a register of its own.
  static Value* to_float(IRBuilder<>& ir, Value* element) {
    if (element->getType()->getPrimitiveSizeInBits() == kWordBits)
      return ir.CreateBitCast(element, ir.getFloatTy());
    Value* bits = ir.CreateBitCast(element, ir.getInt16Ty());
    return ir.CreateBitCast(ir.CreateZExt(bits, ir.getInt32Ty()), ir.getFloatTy());
  }
  static Value* from_float(IRBuilder<>& ir, Value* word, const Value* like) {
    llvm::Type* element = llvm::cast<llvm::FixedVectorType>(like->getType())->getElementType();
    if (element->getPrimitiveSizeInBits() == kWordBits) return ir.CreateBitCast(word, element);
    return ir.CreateBitCast(ir.CreateTrunc(ir.CreateBitCast(word, ir.getInt32Ty()), ir.getInt16Ty()),
                            element);
  }

  llvm::Module& module_;
  const isa::MatrixRegisters registers_;
  const isa::Target& target_;
  std::string log_;
};

}  // namespace

std::string lower_matrices(llvm::Module& module, const isa::Target& target) {
  return Matrices(module, target).run();
}

}  // namespace kiesel::compiler
