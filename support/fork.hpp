// What a process that fork() made does first. It has one thread: others may have been in the middle of
// something that this one must find whole, and have left locks taken.
#pragma once

namespace kiesel {

// Has `renew` run in each child, on its one thread; it allocates nothing. An object of static storage for
// what a file has of the process.
class InForkedChild {
 public:
  explicit InForkedChild(void (*renew)());
};

// Has fork() wait for `take`, and both processes go on with `leave`: for what a child must not get a copy of.
class AroundFork {
 public:
  AroundFork(void (*take)(), void (*leave)());
};

}  // namespace kiesel
