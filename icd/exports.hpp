// The exported symbols that the headers do not declare (cl_khr_icd 2.0 is newer than they are).
#pragma once

#include <CL/cl.h>
#include <CL/cl_ext.h>

extern "C" {
void* CL_API_CALL clIcdGetFunctionAddressForPlatformKHR(cl_platform_id platform, const char* name);
cl_int CL_API_CALL clIcdSetPlatformDispatchDataKHR(cl_platform_id platform, void* dispatch_data);
}
