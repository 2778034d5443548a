#include <catch2/catch.hpp>
#include <sstream>

#include "compiler/simt/test/lowering.hpp"

namespace kiesel::simt::test {
namespace {

void check_counts(const Lowered& lowered, unsigned splits, unsigned preds) {
  INFO(lowered.ir);
  CHECK(lowered.errors == Errors{});
  CHECK(lowered.count(kSplit) == splits);
  CHECK(lowered.count(kJoin) == splits);
  CHECK(lowered.count(kPred) == preds);
}

TEST_CASE("a branch on what all lanes agree on stays plain") {
  const auto lowered = lower(R"(
define void @k(ptr %p) {
  %u = call i64 @uniform()
  %c = icmp ugt i64 %u, 5
  br i1 %c, label %a, label %b
a:
  store volatile i64 1, ptr %p
  br label %b
b:
  ret void
})");
  check_counts(lowered, 0, 0);
  CHECK(lowered.machine_branches() == 1);
}

constexpr auto kIfElse = R"(
define void @k(ptr %p) {
  %l = call i64 @lane()
  %c = icmp ugt i64 %l, 5
  br i1 %c, label %a, label %b
a:
  store volatile i64 1, ptr %p
  br label %e
b:
  store volatile i64 2, ptr %p
  br label %e
e:
  ret void
})";

TEST_CASE("if and else share one split and one join") {
  const auto lowered = lower(kIfElse);
  check_counts(lowered, 1, 0);
  CHECK(lowered.machine_branches() == 1);
}

TEST_CASE("with no analysis every branch is guarded") {
  const auto lowered = lower(R"(
define void @k(ptr %p) {
  %u = call i64 @uniform()
  %c = icmp ugt i64 %u, 5
  br i1 %c, label %a, label %b
a:
  store volatile i64 1, ptr %p
  br label %b
b:
  ret void
})",
                             Precision::kAllDivergent);
  check_counts(lowered, 1, 0);
}

TEST_CASE("a loop that lanes leave one by one has a pred, and a uniform one inside it none") {
  const auto lowered = lower(R"(
define void @k(ptr %p) {
entry:
  %l = call i64 @lane()
  %u = call i64 @uniform()
  br label %outer
outer:
  %i = phi i64 [ 0, %entry ], [ %i2, %next ]
  br label %inner
inner:
  %j = phi i64 [ 0, %outer ], [ %j2, %inner ]
  store volatile i64 %j, ptr %p
  %j2 = add i64 %j, 1
  %d = icmp ult i64 %j2, %u
  br i1 %d, label %inner, label %next
next:
  %i2 = add i64 %i, 1
  %c = icmp ult i64 %i2, %l
  br i1 %c, label %outer, label %out
out:
  ret void
})");
  check_counts(lowered, 0, 1);
  CHECK(lowered.machine_branches() == 2);
}

TEST_CASE("what a loop left at different times computed is divergent behind it") {
  const auto lowered = lower(R"(
define void @k(ptr %p) {
entry:
  %l = call i64 @lane()
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %loop ]
  %i2 = add i64 %i, 1
  store volatile i64 %i, ptr %p
  %c = icmp ult i64 %i2, %l
  br i1 %c, label %loop, label %out
out:
  %d = icmp ugt i64 %i2, 3
  br i1 %d, label %a, label %b
a:
  store volatile i64 7, ptr %p
  br label %b
b:
  ret void
})");
  check_counts(lowered, 1, 1);
}

TEST_CASE("private memory and arguments of functions differ between lanes") {
  const auto lowered = lower(R"(
define void @k(ptr %p) {
  %v = alloca i64
  %q = select i1 true, ptr %v, ptr %v
  store volatile i64 3, ptr %v
  %x = load i64, ptr %q
  %c = icmp ugt i64 %x, 5
  br i1 %c, label %a, label %b
a:
  store volatile i64 1, ptr %p
  br label %b
b:
  ret void
}
define void @f(i64 %n, ptr %p) noinline {
  %c = icmp ugt i64 %n, 5
  br i1 %c, label %a, label %b
a:
  store volatile i64 1, ptr %p
  br label %b
b:
  ret void
})");
  check_counts(lowered, 2, 0);
}

// A loop with two exits, which has to be restructured, behind code that is fine as it is.
std::string before_two_exits(const std::string& first) {
  return "define void @k(ptr %p) {\nentry:\n  %l = call i64 @lane()\n  %c = icmp ugt i64 %l, 5\n" + first +
         R"(
start:
  br label %head
head:
  %i = phi i64 [ 0, %start ], [ %i2, %latch ]
  %v = load volatile i64, ptr %p
  %f = icmp eq i64 %v, %l
  br i1 %f, label %out, label %latch
latch:
  %i2 = add i64 %i, 1
  %e = icmp ult i64 %i2, 10
  br i1 %e, label %head, label %out
out:
  %r = phi i64 [ %i, %head ], [ 77, %latch ]
  store volatile i64 %r, ptr %p
  ret void
})";
}

TEST_CASE("an if with an else costs one split also in a function that has to be restructured") {
  const auto plain = lower(before_two_exits("  br label %start\n"));
  const auto with_else =
      lower(before_two_exits("  br i1 %c, label %a, label %b\n"
                             "a:\n  store volatile i64 1, ptr %p\n  br label %start\n"
                             "b:\n  store volatile i64 2, ptr %p\n  br label %start\n"));
  CHECK(plain.errors == Errors{});
  CHECK(with_else.errors == Errors{});
  INFO(with_else.ir);
  CHECK(with_else.count(kSplit) == plain.count(kSplit) + 1);
}

TEST_CASE("every shape of control flow is lowered and passes the checker") {
  const auto* text = GENERATE(
      // several exits, an early return
      R"(define void @k(ptr %p) {
entry:
  %l = call i64 @lane()
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %i2, %latch ]
  %v = load volatile i64, ptr %p
  %c = icmp eq i64 %v, %l
  br i1 %c, label %found, label %more
more:
  %d = icmp ugt i64 %v, 50
  br i1 %d, label %quit, label %latch
latch:
  %i2 = add i64 %i, 1
  %e = icmp ult i64 %i2, 10
  br i1 %e, label %head, label %found
found:
  store volatile i64 %i, ptr %p
  ret void
quit:
  ret void
})",
      // irreducible
      R"(define void @k(ptr %p) {
  %l = call i64 @lane()
  %c = icmp ugt i64 %l, 5
  br i1 %c, label %a, label %b
a:
  %v = load volatile i64, ptr %p
  %d = icmp ugt i64 %v, %l
  br i1 %d, label %b, label %out
b:
  %w = load volatile i64, ptr %p
  %e = icmp ult i64 %w, %l
  br i1 %e, label %a, label %out
out:
  ret void
})",
      // endless for some lanes, and code behind which nothing comes
      R"(define void @k(ptr %p) {
  %l = call i64 @lane()
  %c = icmp ugt i64 %l, 5
  br i1 %c, label %spin, label %more
spin:
  store volatile i64 1, ptr %p
  br label %spin
more:
  %d = icmp eq i64 %l, 2
  br i1 %d, label %never, label %out
never:
  store volatile i64 3, ptr %p
  unreachable
out:
  ret void
})",
      // endless for some lanes, inside a loop that others leave one by one
      R"(define void @k(ptr %p) {
entry:
  %u = call i64 @uniform()
  %s = icmp eq i64 %u, 0
  br i1 %s, label %start, label %out
start:
  %l = call i64 @lane()
  %b = and i64 %l, 16
  %c = icmp eq i64 %b, 0
  br i1 %c, label %out, label %enter
enter:
  %step = call i64 @uniform()
  br label %head
head:
  %i = phi i64 [ %l, %enter ], [ %i2, %next ]
  %q = getelementptr i64, ptr %p, i64 %i
  %v = load i64, ptr %q
  %d = icmp sgt i64 %v, -1
  br i1 %d, label %next, label %spin
spin:
  br label %spin
next:
  store i64 0, ptr %q
  %i2 = add i64 %i, %step
  %f = and i64 %i2, 16
  %e = icmp eq i64 %f, 0
  br i1 %e, label %out, label %head
out:
  ret void
})",
      // a switch with fall-through in a loop
      R"(define void @k(ptr %p) {
entry:
  %l = call i64 @lane()
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %i2, %latch ]
  %s = xor i64 %i, %l
  switch i64 %s, label %latch [ i64 0, label %a  i64 1, label %b  i64 700, label %c  i64 3, label %out ]
a:
  store volatile i64 1, ptr %p
  br label %b
b:
  store volatile i64 2, ptr %p
  br label %latch
c:
  store volatile i64 3, ptr %p
  br label %out
latch:
  %i2 = add i64 %i, 1
  %e = icmp ult i64 %i2, 10
  br i1 %e, label %head, label %out
out:
  ret void
})");
  for (const auto precision : {Precision::kAnalysed, Precision::kAllDivergent}) {
    const auto lowered = lower(text, precision);
    INFO(lowered.ir);
    CHECK(lowered.errors == Errors{});
    CHECK(lowered.count(kSplit) == lowered.count(kJoin));
    CHECK(lowered.count(kSplit) + lowered.count(kPred) > 0);
  }
}

TEST_CASE("nothing is left between a guard and its branch") {
  const auto lowered = lower(R"(
    define float @f(ptr %in, i32 %first) {
    entry:
      %some = icmp slt i32 %first, 256
      %far = add i32 %first, 7
      br i1 %some, label %loop, label %end
    loop:
      %i = phi i32 [ %first, %entry ], [ %next, %loop ]
      %sum = phi float [ 0.0, %entry ], [ %more, %loop ]
      %squares = phi float [ 0.0, %entry ], [ %square, %loop ]
      %place = getelementptr float, ptr %in, i32 %i
      %x = load float, ptr %place
      %more = fadd float %sum, %x
      %square = call float @llvm.fma.f32(float %x, float %x, float %squares)
      %next = add i32 %i, 64
      %again = icmp slt i32 %i, 192
      br i1 %again, label %loop, label %end
    end:
      %a = phi float [ 1.0, %entry ], [ %more, %loop ]
      %b = phi float [ 2.0, %entry ], [ %square, %loop ]
      %c = sitofp i32 %far to float
      %d = fadd float %a, %b
      %e = fadd float %c, %d
      ret float %e
    }
    declare float @llvm.fma.f32(float, float, float)
  )");
  INFO(lowered.assembly);
  REQUIRE(lowered.errors == Errors{});
  std::istringstream lines(lowered.assembly);
  unsigned guards = 0;
  bool after_guard = false;
  for (std::string line; std::getline(lines, line);) {
    const auto word = line.find_first_not_of("\t ");
    if (word == std::string::npos || line[word] == '#') continue;
    if (after_guard) CHECK(line.substr(word, 1) == "b");
    after_guard =
        line.find(".insn r 11, 2,") != std::string::npos || line.find(".insn r 11, 5,") != std::string::npos;
    guards += after_guard;
  }
  CHECK(guards == 2);
}

}  // namespace
}  // namespace kiesel::simt::test
