#!/bin/sh
# A row of operations.def whose operation nobody does is an error of the build, in the interpreter and in the
# translator: compiles the files that are made from the table with a copy of it that has one row more.
#   missing_operation.sh <C++ compiler> <source folder> <folder of LLVM's headers>
set -u
compiler=$1 source=$2 llvm=$3
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/device/isa"
failed=0

# check <family> <values> <file>: compiles with the table as it is, and not with one operation more.
check() {
  file=$3
  cp "$source/device/isa/operations.def" "$folder/device/isa/operations.def"
  compile "$file" || { cat "$folder/errors"; echo "$file does not compile as it is"; failed=1; return; }
  sed "s|^// RV64I\$|OPERATION(made_up, \"made.up\", R, 0x7F, 0x7F, I, $1, made_up, $2)|" \
    "$source/device/isa/operations.def" >"$folder/device/isa/operations.def"
  if compile "$file"; then
    echo "$file compiles without an operation of $1"
    failed=1
  elif ! grep -q made_up "$folder/errors"; then
    cat "$folder/errors"
    echo "$file does not name what is missing"
    failed=1
  fi
}

compile() {
  "$compiler" -std=c++20 -fsyntax-only -DKIESEL_HOST=base "-I$folder" "-I$source" -isystem "$llvm" \
    -D__STDC_CONSTANT_MACROS -D__STDC_FORMAT_MACROS -D__STDC_LIMIT_MACROS "$1" 2>"$folder/errors"
}

cat >"$folder/handlers.cpp" <<'EOF'
#include "device/model/interpreter/handlers.hpp"
namespace kiesel::model::base {
Pair pair(const Binding& of) { return handlers<8>(of); }
}  // namespace kiesel::model::base
EOF

check Integer wide "$folder/handlers.cpp"
check FloatMath f32 "$folder/handlers.cpp"
check FloatMath f32 "$source/device/model/interpreter/soft_float.cpp"
check Integer wide "$source/device/translator/emit/arithmetic.cpp"
check FloatMath f16 "$source/device/translator/emit/real.cpp"
check Atomic u32 "$source/device/translator/emit/atomic.cpp"
check Branch none "$source/device/translator/emit/control.cpp"
exit $failed
