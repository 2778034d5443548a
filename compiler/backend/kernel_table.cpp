#include "compiler/backend/kernel_table.hpp"

#include <fmt/format.h>
#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/ADT/StringSwitch.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/DataLayout.h>
#include <llvm/IR/Function.h>
#include <llvm/IR/Module.h>

#include <algorithm>

#include "compiler/spirv/names.hpp"
#include "compiler/spirv/read/opaque_arguments.hpp"
#include "device/isa/launch_block.hpp"

namespace kiesel::compiler {
namespace {

enum SpirAddressSpace : unsigned { kSpirPrivate = 0, kSpirGlobal = 1, kSpirConstant = 2, kSpirLocal = 3 };
constexpr std::uint32_t kLargestAlignment = 128;  // of double16, the largest OpenCL type

llvm::StringRef argument_text(const llvm::Function& kernel, llvm::StringRef kind, unsigned index) {
  const auto* node = kernel.getMetadata(kind);
  if (!node || index >= node->getNumOperands()) return {};
  const auto* text = llvm::dyn_cast<llvm::MDString>(node->getOperand(index));
  return text ? text->getString() : llvm::StringRef();
}

AddressSpace address_space_of(unsigned space) {
  switch (space) {
    case kSpirGlobal:
      return AddressSpace::kGlobal;
    case kSpirConstant:
      return AddressSpace::kConstant;
    case kSpirLocal:
      return AddressSpace::kLocal;
    default:
      return AddressSpace::kPrivate;
  }
}

ArgumentAccess access_of(llvm::StringRef text) {
  return llvm::StringSwitch<ArgumentAccess>(text)
      .Case("read_only", ArgumentAccess::kReadOnly)
      .Case("write_only", ArgumentAccess::kWriteOnly)
      .Case("read_write", ArgumentAccess::kReadWrite)
      .Default(ArgumentAccess::kNone);
}

// Of what a type name like "uint4*" points to; structs have unknown members.
std::uint32_t pointee_alignment(llvm::StringRef type_name) {
  type_name = type_name.take_until([](char c) { return c == '*'; }).rtrim();
  if (type_name != llvm::StringRef(type_name).take_until([](char c) { return c == '*'; }))
    return kLargestAlignment;
  const auto base = type_name.rtrim("0123456789");
  const auto scalar = llvm::StringSwitch<std::uint32_t>(base)
                          .Cases("char", "uchar", 1)
                          .Cases("short", "ushort", "half", 2)
                          .Cases("int", "uint", "float", 4)
                          .Cases("long", "ulong", "double", 8)
                          .Default(0);
  if (!scalar) return kLargestAlignment;
  const auto width = llvm::StringSwitch<std::uint32_t>(type_name.drop_front(base.size()))
                         .Case("", 1)
                         .Case("2", 2)
                         .Cases("3", "4", 4)
                         .Case("8", 8)
                         .Case("16", 16)
                         .Default(0);
  return width ? scalar * width : kLargestAlignment;  // a program's own name
}

bool has_qualifier(llvm::StringRef qualifiers, llvm::StringRef wanted) {
  llvm::SmallVector<llvm::StringRef, 4> words;
  qualifiers.split(words, ' ', -1, false);
  return llvm::is_contained(words, wanted);
}

// Clang names a type as the source does; the query wants no qualifiers and the short unsigned names.
std::string plain_type_name(llvm::StringRef text) {
  std::string name;
  llvm::SmallVector<llvm::StringRef, 4> words;
  text.split(words, ' ', -1, false);
  for (const auto word : words) {
    if (word == "const" || word == "volatile" || word == "restrict") continue;
    if (!name.empty()) name += ' ';
    name += word;
  }
  return name;
}

void place_argument(KernelArgument& argument, const llvm::Argument& parameter, std::uint32_t& end) {
  const auto& layout = parameter.getParent()->getParent()->getDataLayout();
  auto* type = parameter.hasByValAttr() ? parameter.getParamByValType() : parameter.getType();
  argument.size = static_cast<std::uint32_t>(layout.getTypeAllocSize(type).getFixedSize());
  auto alignment = static_cast<std::uint32_t>(layout.getABITypeAlign(type).value());
  if (const auto declared = parameter.getParamAlign(); declared && parameter.hasByValAttr())
    alignment = std::max(alignment, static_cast<std::uint32_t>(declared->value()));
  argument.offset = (end + alignment - 1) / alignment * alignment;
  argument.alignment = alignment;
  end = argument.offset + argument.size;
}

ArgumentKind pointer_kind(const llvm::Argument& parameter, AddressSpace space) {
  const auto type = opaque_type(parameter);
  if (type.startswith("image")) return ArgumentKind::kImage;
  if (type.startswith("pipe")) return ArgumentKind::kPipe;
  if (type == "sampler_t") return ArgumentKind::kSampler;
  return space == AddressSpace::kLocal ? ArgumentKind::kLocalPointer : ArgumentKind::kPointer;
}

KernelArgument describe_argument(const llvm::Argument& parameter, std::uint32_t& end) {
  const auto& kernel = *parameter.getParent();
  const auto index = parameter.getArgNo();
  KernelArgument argument;
  argument.name = argument_text(kernel, "kernel_arg_name", index).str();
  argument.type_name = plain_type_name(argument_text(kernel, "kernel_arg_type", index));
  argument.access = access_of(argument_text(kernel, "kernel_arg_access_qual", index));
  const auto qualifiers = argument_text(kernel, "kernel_arg_type_qual", index);
  argument.is_const = has_qualifier(qualifiers, "const");
  argument.is_restrict = has_qualifier(qualifiers, "restrict");
  argument.is_volatile = has_qualifier(qualifiers, "volatile");
  place_argument(argument, parameter, end);
  if (!parameter.getType()->isPointerTy() || parameter.hasByValAttr()) return argument;
  const auto space = address_space_of(parameter.getType()->getPointerAddressSpace());
  argument.kind = pointer_kind(parameter, space);
  // A sampler is a value, although it looks like a pointer to constant memory here.
  if (argument.kind == ArgumentKind::kSampler) return argument;
  argument.address_space = space;
  if (space == AddressSpace::kConstant) argument.is_const = true;
  if (space == AddressSpace::kLocal) argument.alignment = pointee_alignment(argument.type_name);
  return argument;
}

std::array<std::uint32_t, 3> size_attribute(const llvm::Function& kernel, llvm::StringRef kind) {
  std::array<std::uint32_t, 3> size{};
  const auto* node = kernel.getMetadata(kind);
  if (!node || node->getNumOperands() != size.size()) return size;
  for (unsigned i = 0; i < size.size(); ++i)
    if (const auto* value = llvm::mdconst::dyn_extract<llvm::ConstantInt>(node->getOperand(i)))
      size[i] = static_cast<std::uint32_t>(value->getZExtValue());
  return size;
}

std::uint32_t sub_group_size(const llvm::Function& kernel) {
  const auto* node = kernel.getMetadata("intel_reqd_sub_group_size");
  const auto* size = node && node->getNumOperands() == 1
                         ? llvm::mdconst::dyn_extract<llvm::ConstantInt>(node->getOperand(0))
                         : nullptr;
  return size ? static_cast<std::uint32_t>(size->getZExtValue()) : 0;
}

std::string type_name(const llvm::Type& type, bool is_signed) {
  const auto* scalar = type.getScalarType();
  std::string name = scalar->isHalfTy()     ? "half"
                     : scalar->isFloatTy()  ? "float"
                     : scalar->isDoubleTy() ? "double"
                                            : "";
  if (name.empty() && scalar->isIntegerTy()) {
    const auto bits = scalar->getIntegerBitWidth();
    name = std::string(is_signed ? "" : "u") + (bits == 8    ? "char"
                                                : bits == 16 ? "short"
                                                : bits == 32 ? "int"
                                                             : "long");
  }
  if (const auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(&type))
    name += std::to_string(vector->getNumElements());
  return name;
}

std::string vector_type_hint(const llvm::Function& kernel) {
  const auto* node = kernel.getMetadata("vec_type_hint");
  if (!node || node->getNumOperands() < 2) return {};
  const auto* value = llvm::dyn_cast_or_null<llvm::ValueAsMetadata>(node->getOperand(0));
  const auto* is_signed = llvm::mdconst::dyn_extract_or_null<llvm::ConstantInt>(node->getOperand(1));
  return value ? type_name(*value->getType(), is_signed && is_signed->isOne()) : std::string();
}

std::string attribute_text(const Kernel& kernel) {
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : " ") + part; };
  const auto add_size = [&](const char* name, const std::array<std::uint32_t, 3>& size) {
    if (size[0]) add(fmt::format("{}({},{},{})", name, size[0], size[1], size[2]));
  };
  add_size("work_group_size_hint", kernel.work_group_size_hint);
  add_size("reqd_work_group_size", kernel.required_work_group_size);
  if (kernel.required_sub_group_size)
    add(fmt::format("intel_reqd_sub_group_size({})", kernel.required_sub_group_size));
  if (!kernel.vector_type_hint.empty()) add("vec_type_hint(" + kernel.vector_type_hint + ")");
  return text;
}

// The name where it is a plain identifier. Those that begin with an underscore are the linker's and the code
// generator's, and other modules' names may hold any characters.
std::string symbol_of(const std::string& name) {
  const auto is_plain = [](char c) { return llvm::isAlnum(c) || c == '_'; };
  if (!name.empty() && llvm::isAlpha(name[0]) && llvm::all_of(name, is_plain)) return name;
  std::string symbol = name + ".kernel";
  std::ranges::replace_if(
      symbol, [&](char c) { return !is_plain(c) && c != '.'; }, '_');
  return symbol;
}

Kernel describe_kernel(const llvm::Function& function) {
  Kernel kernel;
  kernel.name = plain_name({function.getName().data(), function.getName().size()});
  kernel.symbol = symbol_of(kernel.name);
  std::uint32_t end = sizeof(isa::LaunchHeader);
  for (const auto& parameter : function.args()) kernel.arguments.push_back(describe_argument(parameter, end));
  kernel.argument_bytes = end - static_cast<std::uint32_t>(sizeof(isa::LaunchHeader));
  kernel.required_work_group_size = size_attribute(function, "reqd_work_group_size");
  kernel.work_group_size_hint = size_attribute(function, "work_group_size_hint");
  kernel.required_sub_group_size = sub_group_size(function);
  kernel.vector_type_hint = vector_type_hint(function);
  kernel.attributes = attribute_text(kernel);
  return kernel;
}

}  // namespace

std::vector<KernelFunction> find_kernels(llvm::Module& module) {
  std::vector<KernelFunction> kernels;
  for (auto& function : module)
    if (function.getCallingConv() == llvm::CallingConv::SPIR_KERNEL && !function.isDeclaration())
      kernels.push_back({describe_kernel(function), &function});
  return kernels;
}

}  // namespace kiesel::compiler
