// Variables of a thread that the shortest calls use: at a fixed distance from the thread's pointer, so that
// no call finds them (two nanoseconds each, a dozen times for a command). A process that loads the library
// late has room for some hundred bytes like this: few and small ones, without constructors.
#pragma once

#define KIESEL_FAST_THREAD_LOCAL [[gnu::tls_model("initial-exec")]] constinit thread_local
