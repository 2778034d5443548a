// OpenCL C 6.15.2: quiet NaNs with the code in their significand. libclc makes an infinity of code 0.
#include "csr.h"

FUNC float nan(uint code) { return as_float(code | 0x7fc00000u); }
FUNC double nan(ulong code) { return as_double(code | 0x7ff8000000000000ul); }
