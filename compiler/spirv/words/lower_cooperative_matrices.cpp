// SPV_KHR_cooperative_matrix, revision 2: a matrix becomes a vector of what a work-item holds of it, loads,
// stores and products become calls. Everything else that instructions do to a matrix they do to the vector.
// The words need not be a module: what makes no sense stays as it is, and the validator says so.
#include <fmt/format.h>

#include <map>
#include <optional>
#include <utility>

#include "compiler/spirv/declarations.hpp"
#include "compiler/spirv/matrix_names.hpp"
#include "compiler/spirv/names.hpp"
#include "compiler/spirv/passes.hpp"
#include "compiler/spirv/words/bfloat16.hpp"
#include "compiler/spirv/words/unite_types.hpp"

namespace kiesel::compiler {
namespace {

enum Op : std::uint32_t {
  kOpExtension = 10,
  kOpCapability = 17,
  kOpTypeVoid = 19,
  kOpTypeInt = 21,
  kOpTypeFloat = 22,
  kOpTypeVector = 23,
  kOpTypePointer = 32,
  kOpTypeFunction = 33,
  kOpTypeForwardPointer = 39,
  kOpConstant = 43,
  kOpConstantComposite = 44,
  kOpSpecConstant = 50,
  kOpFunction = 54,
  kOpFunctionParameter = 55,
  kOpFunctionEnd = 56,
  kOpFunctionCall = 57,
  kOpCompositeConstruct = 80,
  kOpCompositeExtract = 81,
  kOpCompositeInsert = 82,
  kOpUConvert = 113,
  kOpFirstArithmetic = 126,  // OpSNegate
  kOpIMul = 132,
  kOpLastArithmetic = 141,  // OpFMod
  kOpVectorTimesScalar = 142,
  kOpMatrixTimesScalar = 143,
  kOpTypeMatrix = 4456,
  kOpMatrixLoad = 4457,
  kOpMatrixStore = 4458,
  kOpMatrixMulAdd = 4459,
  kOpMatrixLength = 4460,
};
constexpr std::uint32_t kLinkage = 5, kVector16 = 7, kCooperativeMatrix = 6022, kBfloat16Type = 5116,
                        kBfloat16Matrix = 5118;
constexpr std::uint32_t kImport = 1, kSubgroup = 3;
constexpr std::uint32_t kSumWords = 8, kFactorWords = 8, kMostIds = 0x3FFFFF;  // SPIR-V 2.17
// The version since which a scalar chooses between vectors.
constexpr std::uint32_t kFirstScalarChoice = 0x00010400;

bool is_type(std::uint32_t code) {
  return (code >= kOpTypeVoid && code <= kOpTypeForwardPointer - 1) || code == kOpTypeMatrix || code == 327;
}

struct Matrix {
  std::uint32_t component = 0, rows = 0, columns = 0;
  MatrixUse use{};
  std::uint32_t bits = 0;  // of an element
  bool is_real = false, is_bfloat = false;
  std::uint32_t elements = 0;  // of the vector that it becomes

  bool is_packed() const { return use != MatrixUse::kSum && bits == 8; }
  std::string_view format() const {
    if (is_bfloat) return "bf16";
    if (is_real) return bits == 16 ? "fp16" : bits == 32 ? "fp32" : "fp64";
    return bits == 8 ? "i8" : bits == 32 ? "i32" : "integers";
  }
};

class Lowering {
 public:
  explicit Lowering(const Words& words) : words_(words), bound_(words[kBoundWord]) {}

  std::optional<Words> run() {
    if (bound_ > kMostIds || !for_each_instruction(words_, [&](Instruction one) { look(one); }))
      return std::nullopt;
    if (matrices_.empty()) return std::nullopt;
    head_.assign(words_.begin(), words_.begin() + kHeaderWords);
    for_each_instruction(words_, [&](Instruction one) { rewrite(one); });
    return finish();
  }

 private:
  using Id = std::uint32_t;

  // What is known of the module before anything is written.
  void look(Instruction one) {
    const auto code = opcode(one);
    if (one.size() > 1 && is_type(code)) types_.emplace(one[1], one);
    if (one.size() > 2 && types_.contains(one[1]) && !is_type(code)) type_of_.emplace(one[2], one[1]);
    if ((code == kOpConstant || code == kOpSpecConstant) && one.size() == 4)
      constants_.emplace(one[2], one[3]);
    if (code == kOpTypeMatrix && one.size() == 7) add_matrix(one);
  }

  void add_matrix(Instruction one) {
    const auto type = definition(one[2]);
    const auto value = [&](Id id) {
      const auto found = constants_.find(id);
      return found == constants_.end() ? 0 : found->second;
    };
    Matrix matrix;
    matrix.component = one[2];
    matrix.rows = value(one[4]);
    matrix.columns = value(one[5]);
    matrix.use = static_cast<MatrixUse>(value(one[6]));
    if (type.size() < 3 || value(one[3]) != kSubgroup || matrix.use > MatrixUse::kSum) return;
    matrix.bits = type[2];
    matrix.is_real = opcode(type) == kOpTypeFloat;
    matrix.is_bfloat = is_bfloat16_type(type);
    if (matrix.bits != 8 && matrix.bits != 16 && matrix.bits != 32) return;
    matrix.elements =
        matrix.use == MatrixUse::kSum || matrix.is_packed() ? kSumWords : kFactorWords * 32 / matrix.bits;
    matrices_.emplace(one[1], matrix);
  }

  Instruction definition(Id type) const {
    const auto found = types_.find(type);
    return found == types_.end() ? Instruction() : found->second;
  }
  const Matrix* matrix(Id type) const {
    const auto found = matrices_.find(type);
    return found == matrices_.end() ? nullptr : &found->second;
  }
  const Matrix* matrix_of(Id value) const {
    const auto found = type_of_.find(value);
    return found == type_of_.end() ? nullptr : matrix(found->second);
  }

  // The module's own, or one that is added.
  Id type(std::uint32_t code, const Words& operands) {
    Words key{code};
    key.insert(key.end(), operands.begin(), operands.end());
    const auto [known, is_new] = written_.emplace(std::move(key), bound_);
    if (is_new) {
      const Part before = std::exchange(part_, Part::kGlobals);
      append(code, {bound_++}, operands);
      part_ = before;
    }
    return known->second;
  }
  Id uint_type() { return type(kOpTypeInt, {32, 0}); }

  void rewrite(Instruction one) {
    const auto code = opcode(one);
    if (code == kOpCapability && one.size() > 1 && one[1] == kCooperativeMatrix) return;
    if (code == kOpCapability && one.size() > 1 && one[1] == kBfloat16Matrix) {  // it implies the type's
      has_bfloat16_ = true;
      return;
    }
    if (code == kOpExtension && literal_at(one, 1) == "SPV_KHR_cooperative_matrix") return;
    if (part_ == Part::kHead && (is_type(code) || code == kOpConstant)) part_ = Part::kGlobals;
    if (part_ == Part::kGlobals && code == kOpFunction) part_ = Part::kFunctions;
    if (is_type(code)) return rewrite_type(one);
    if (!rewrite_matrix(one)) out().insert(out().end(), one.begin(), one.end());
  }

  // What may be there twice afterwards unite_types() makes one.
  void rewrite_type(Instruction one) {
    const Matrix* of = one.size() > 1 && opcode(one) == kOpTypeMatrix ? matrix(one[1]) : nullptr;
    if (of) {
      const Id element = of->is_packed() ? uint_type() : of->component;
      return append(kOpTypeVector, {one[1], element, of->elements});
    }
    out().insert(out().end(), one.begin(), one.end());
    if (one.size() > 1) written_.emplace(without_result(one), one[1]);
  }
  static Words without_result(Instruction type) {
    Words key{opcode(type)};
    key.insert(key.end(), type.begin() + 2, type.end());
    return key;
  }

  // Instructions that are about matrices; false: it stays.
  bool rewrite_matrix(Instruction one) {
    switch (opcode(one)) {
      case kOpMatrixLoad:
        return one.size() > 5 && load(one);
      case kOpMatrixStore:
        return one.size() > 4 && store(one);
      case kOpMatrixMulAdd:
        return one.size() > 5 && multiply(one);
      case kOpMatrixLength:
        return one.size() == 4 && length(one);
      default:
        break;
    }
    const Matrix* of = one.size() > 3 && type_of_.contains(one[2]) ? matrix(one[1]) : nullptr;
    if (!of) return opcode(one) == kOpCompositeExtract && one.size() > 4 && extract(one);
    switch (opcode(one)) {
      case kOpConstantComposite:
      case kOpCompositeConstruct:
        return one.size() == 4 && fill(*of, one);
      case kOpMatrixTimesScalar:
        return one.size() == 5 && scale(*of, one);
      case kOpCompositeInsert:
        return of->is_packed() && refuse(one, "an element of a matrix of bytes is changed");
      default:
        return of->is_packed() && is_arithmetic(opcode(one)) &&
               refuse(one, "arithmetic on a matrix of bytes");
    }
  }
  static bool is_arithmetic(std::uint32_t code) {
    constexpr std::uint32_t kFirstConversion = 109, kLastConversion = 115;
    return (code >= kOpFirstArithmetic && code <= kOpLastArithmetic) ||
           (code >= kFirstConversion && code <= kLastConversion);
  }
  bool extract(Instruction one) {
    const Matrix* of = matrix_of(one[3]);
    return of && of->is_packed() && refuse(one, "an element of a matrix of bytes is read");
  }

  bool load(Instruction one) {
    const Matrix* of = matrix(one[1]);
    const auto pointer = type_of_.find(one[3]);
    if (!of || pointer == type_of_.end()) return false;
    call(one[2], one[1], place("load", *of, pointer->second), {one[3], one[4], one[5]});
    return true;
  }
  bool store(Instruction one) {
    const Matrix* of = matrix_of(one[2]);
    const auto pointer = type_of_.find(one[1]);
    if (!of || pointer == type_of_.end()) return false;
    call(bound_++, type(kOpTypeVoid, {}), place("store", *of, pointer->second),
         {one[1], one[2], one[3], one[4]});
    return true;
  }
  // "load.<use>.<rows>.<columns>.<bits>.<bytes of what the pointer points to>"
  std::string place(std::string_view what, const Matrix& of, Id pointer) const {
    const auto type = definition(pointer);
    const auto bytes = opcode(type) == kOpTypePointer && type.size() == 4 ? bytes_of(type[3]) : 0;
    return fmt::format("{}.{}.{}.{}.{}.{}", what, static_cast<std::uint32_t>(of.use), of.rows, of.columns,
                       of.bits, bytes);
  }
  std::uint32_t bytes_of(Id type) const {
    const auto found = definition(type);
    if (found.size() < 3) return 0;
    if (opcode(found) == kOpTypeVector && found.size() == 4) {
      const auto element = definition(found[2]);
      return element.size() < 3 ? 0 : element[2] / 8 * (found[3] == 3 ? 4 : found[3]);
    }
    return opcode(found) == kOpTypeInt || opcode(found) == kOpTypeFloat ? found[2] / 8 : 0;
  }

  bool multiply(Instruction one) {
    const Matrix *sum = matrix(one[1]), *a = matrix_of(one[3]), *b = matrix_of(one[4]),
                 *c = matrix_of(one[5]);
    if (!sum || !a || !b || !c) return false;
    const std::uint32_t signs = one.size() > 6 ? one[6] : 0;
    constexpr std::uint32_t kASigned = 1, kBSigned = 2, kSaturating = 0x10;
    if (signs & kSaturating) return refuse(one, "a saturating product of matrices");
    if (!(signs & kASigned) != !(signs & kBSigned) && !a->is_real)
      return refuse(one, "a product of matrices of which one is signed");
    if (a->format() != b->format() || sum->format() != c->format())
      return refuse(one, "a product of matrices of several types");
    const std::string_view factor = a->format() == "i8" && !(signs & kASigned) ? "u8" : a->format();
    if (a->columns != b->rows || a->rows != c->rows || b->columns != c->columns || c->rows != sum->rows ||
        c->columns != sum->columns)
      return false;
    call(one[2], one[1],
         fmt::format("product.{}.{}.{}.{}.{}", sum->format(), factor, c->rows, c->columns, a->columns),
         {one[3], one[4], one[5]});
    return true;
  }
  bool length(Instruction one) {
    const Matrix* of = matrix(one[3]);
    if (!of) return false;
    call(one[2], one[1],
         fmt::format("length.{}.{}.{}.{}", static_cast<std::uint32_t>(of->use), of->rows, of->columns,
                     of->bits),
         {});
    return true;
  }

  bool fill(const Matrix& of, Instruction one) {
    Id element = one[3];
    if (of.is_packed()) {
      if (opcode(one) == kOpConstantComposite) {
        const auto known = constants_.find(element);
        if (known == constants_.end()) return refuse(one, "a constant matrix of bytes that are no number");
        element = constant((known->second & 0xFF) * 0x01010101);
      } else {
        const Id byte = emit(kOpUConvert, uint_type(), {element});
        element = emit(kOpIMul, uint_type(), {byte, constant(0x01010101)});
      }
    }
    append(opcode(one), {one[1], one[2]}, Words(of.elements, element));
    return true;
  }
  bool scale(const Matrix& of, Instruction one) {
    if (of.is_packed()) return refuse(one, "arithmetic on a matrix of bytes");
    if (of.is_real) {
      append(kOpVectorTimesScalar, {one[1], one[2], one[3], one[4]});
      return true;
    }
    const Id factors = bound_++;
    append(kOpCompositeConstruct, {one[1], factors}, Words(of.elements, one[4]));
    append(kOpIMul, {one[1], one[2], one[3], factors});
    return true;
  }

  // A call that the back end has only this sentence for.
  bool refuse(Instruction one, std::string_view what) {
    call(one[2], one[1], fmt::format("unsupported.{}", what), {});
    return true;
  }

  void call(Id result, Id type, std::string_view words, const Words& arguments) {
    Words signature{type};
    for (const Id argument : arguments)
      signature.push_back(type_of_.contains(argument) ? type_of_[argument] : 0);
    const auto [known, is_new] = functions_.emplace(std::pair(std::string(words), signature), bound_);
    if (is_new) declare(bound_++, fmt::format("{}{}.{}", kMatrixPrefix, functions_.size(), words), signature);
    append(kOpFunctionCall, {type, result, known->second}, arguments);
  }
  void declare(Id function, const std::string& name, const Words& signature) {
    const Part before = part_;
    part_ = Part::kHead;
    const std::uint32_t nameless[] = {kOpDecorate, function, kLinkageAttributes, 0, kImport};
    append_named(out(), nameless, 3, name);
    const Id type_of_function = type(kOpTypeFunction, signature);
    part_ = Part::kDeclarations;
    append(kOpFunction, {signature[0], function, 0, type_of_function});
    for (std::size_t i = 1; i < signature.size(); ++i) append(kOpFunctionParameter, {signature[i], bound_++});
    append(kOpFunctionEnd, {});
    part_ = before;
  }
  Id constant(std::uint32_t value) {
    const auto found = own_constants_.find(value);
    if (found != own_constants_.end()) return found->second;
    const Part before = std::exchange(part_, Part::kGlobals);
    const Id type = uint_type();
    append(kOpConstant, {type, bound_, value});
    part_ = before;
    return own_constants_[value] = bound_++;
  }

  Id emit(std::uint32_t code, Id type, std::initializer_list<std::uint32_t> operands) {
    const Id result = bound_++;
    Words rest(operands);
    append(code, {type, result}, rest);
    return result;
  }
  void append(std::uint32_t code, std::initializer_list<std::uint32_t> operands, const Words& more = {}) {
    out().push_back(static_cast<std::uint32_t>(operands.size() + more.size() + 1) << 16 | code);
    out().insert(out().end(), operands);
    out().insert(out().end(), more.begin(), more.end());
  }

  Words finish() {
    head_[kBoundWord] = bound_;
    head_[kVersionWord] = std::max(head_[kVersionWord], kFirstScalarChoice);
    for (const Words* part : {&globals_, &declarations_, &functions_part_})
      head_.insert(head_.end(), part->begin(), part->end());
    for (const std::uint32_t capability : {kLinkage, kVector16}) add_capability(head_, capability);
    if (has_bfloat16_) add_capability(head_, kBfloat16Type);
    return std::move(head_);
  }

  enum class Part : std::uint8_t { kHead, kGlobals, kDeclarations, kFunctions };
  Words& out() {
    switch (part_) {
      case Part::kHead:
        return head_;
      case Part::kGlobals:
        return globals_;
      case Part::kDeclarations:
        return declarations_;
      case Part::kFunctions:
        break;
    }
    return functions_part_;
  }

  const Words& words_;
  Id bound_;
  Part part_ = Part::kHead;
  bool has_bfloat16_ = false;
  Words head_, globals_, declarations_, functions_part_;
  std::map<Id, Instruction> types_;
  std::map<Id, Id> type_of_;  // of values
  std::map<Id, std::uint32_t> constants_;
  std::map<Id, Matrix> matrices_;
  std::map<Words, Id> written_;  // types, without their results
  std::map<std::pair<std::string, Words>, Id> functions_;
  std::map<std::uint32_t, Id> own_constants_;
};

}  // namespace

Status lower_cooperative_matrices(Words& words) {
  if (words.size() < kHeaderWords) return {};
  auto lowered = Lowering(words).run();
  if (!lowered) return {};
  words = std::move(*lowered);
  unite_types(words);
  return {};
}

}  // namespace kiesel::compiler
