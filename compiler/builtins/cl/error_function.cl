// OpenCL C 6.15.2: erfc of float, whose results go down to subnormal numbers that libclc's form loses.
#include "csr.h"

FUNC double erfc(double x);
FUNC float erfc(float x) { return (float)erfc((double)x); }
