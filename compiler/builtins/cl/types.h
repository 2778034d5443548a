// Lists of types and widths, to apply a macro to each.
#pragma once

#define FOR_WIDTHS(macro, ...) \
  macro(2, __VA_ARGS__) macro(3, __VA_ARGS__) macro(4, __VA_ARGS__) macro(8, __VA_ARGS__) macro(16, __VA_ARGS__)

#define FOR_SIGNED(macro) macro(char) macro(short) macro(int) macro(long)
#define FOR_UNSIGNED(macro) macro(uchar) macro(ushort) macro(uint) macro(ulong)
#define FOR_FLOATS(macro) macro(float) macro(double)
