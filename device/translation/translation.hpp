// Translation of a kernel's machine code into code of the host: what is asked for, what comes back, and how
// the two sides meet at run time. No LLVM here: the device asks, the compiler's process answers
// (docs/translator.md).
//
// A translation is a set of segments: functions that run warps of a work-group one after the other, from the
// kernel's start or from a barrier to the next barrier or to their end. What a warp keeps from one segment to
// the next lies in its frame, in the form that the code wants. Everything unusual is left to the interpreter:
// what it alone knows (faults, rare instructions) is done by calling it for one instruction
// (WarpContext::step), or by giving the warp to it for good.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "device/isa/target.hpp"
#include "device/translation/state_layout.hpp"

namespace kiesel::translation {

// CSRs that are the same for all lanes, as translated code reads them from WarpContext::csrs.
#define KIESEL_TABLE_CSRS(CSR) \
  CSR(mscratch)                \
  CSR(core_id)                 \
  CSR(group_slot)              \
  CSR(group_warps)             \
  CSR(group_id_x)              \
  CSR(group_id_y)              \
  CSR(group_id_z)              \
  CSR(local_size_x)            \
  CSR(local_size_y)            \
  CSR(local_size_z)            \
  CSR(num_groups_x)            \
  CSR(num_groups_y)            \
  CSR(num_groups_z)            \
  CSR(group_local)             \
  CSR(kernel_entry) CSR(num_lanes) CSR(num_warps) CSR(num_cores) CSR(local_base) CSR(num_barriers)
enum class TableCsr : std::uint8_t {
#define KIESEL_CSR(name) name,
  KIESEL_TABLE_CSRS(KIESEL_CSR)
#undef KIESEL_CSR
      kCount
};

// Where the allocation lies that a site's last access went to. In units of what the site's addresses are
// multiples of, `limit` of them from `begin` on leave room for the site's span; 0 where nothing is known.
struct SiteRange {
  std::uint64_t begin = 0, limit = 0, end = 0;
};

// A site whose addresses are 32-bit offsets from a base takes no more units than this, and bases from so many
// units before the allocation on: sums of 32 bits are right then.
inline constexpr std::uint64_t kUnitsBefore = 1 << 16, kMostUnits = (std::uint64_t{1} << 31) - kUnitsBefore;

inline constexpr std::uint32_t kNoSite = ~std::uint32_t{0};

// What a segment is called with besides the warp. One for each core; standard layout, since translated code
// reads it by offset.
struct WarpContext {
  std::uint64_t csrs[static_cast<std::size_t>(TableCsr::kCount)];
  std::uint64_t module_base;                // address of the program in device memory
  std::uint64_t window_end;                 // of private memory: where stacks start
  std::uint64_t window_bytes;               // of one lane
  std::uint64_t rank;                       // of the warp that runs
  std::uint64_t end_rank;                   // a segment runs the warps from `rank` to the one before this
  std::uint64_t more_groups;                // the first segment goes on with, as long as all warps end in it
  const std::uint32_t (*local_ids)[3][64];  // by rank: of its lanes
  std::byte* frames;                        // by rank: what warps keep from segment to segment
  std::uint64_t frame_bytes;                // of one
  std::byte* private_memory;                // of rank 0
  std::uint64_t private_stride;             // from rank to rank
  std::uint64_t executed, lane_instructions;  // segments add to them
  std::uint64_t earlier;         // kApart, kInterpret, kYield: what the call's warps before `rank` did
  std::uint64_t segment;         // that runs: a call goes on behind a barrier, and with the next work-groups,
  std::uint64_t chains;          // so many times at most
  std::uint64_t barriers;        // that it has gone on behind, each counted as
  std::uint64_t barrier_weight;  // 1, or 0 where a work-group is one warp
  SiteRange* sites;              // by number of the site
  const void* insns;             // the interpreter's first instruction
  std::uint64_t poll_at;         // instructions of a call after which a loop asks poll()
  // Has the interpreter do instruction `index` for the lanes of `mask`, whose operands are in the warp's
  // registers, and remembers where the access went for `site`. False after a fault.
  bool (*step)(void* warp, std::uint32_t index, std::uint32_t site, std::uint64_t mask);
  // Whether the first and the last of the lanes' addresses, so many bytes at each, are inside: of a line that
  // is not inside as a whole.
  bool (*ends_inside)(void* warp, std::uint32_t site, std::uint64_t address, std::uint64_t stride,
                      std::uint64_t bytes, std::uint64_t mask);
  // False when the launch must end or, in a loop that only waits for memory to change (`waits`), when other
  // warps of the group should have their turn. Sets poll_at.
  bool (*poll)(void* warp, std::uint64_t executed, bool waits);
};

// What a warp did in a segment: it ended, or came to a barrier behind which it goes on with a segment (1 and
// up).
inline constexpr std::uint32_t kWarpEnded = 0;

// How a call of a segment ended: the low half of its result. The high half says more.
enum class Exit : std::uint32_t {
  kEnded,      // all its warps have ended
  kBarrier,    // all wait at a barrier; with which segment they go on
  kApart,      // the warp `rank` did something else than the ones before it; what
  kInterpret,  // the warp `rank` is the interpreter's, which goes on at an instruction: that
  kYield,      // the warp `rank` waits for memory to change; with which segment it goes on
  kFault,      // step() said so, of the warp `rank`
  kStopped,    // poll() said so
};
using SegmentFunction = std::uint64_t (*)(void* warp, WarpContext* context);

// How a launch's work-items lie in its warps: what the code may take for granted.
struct Shape {
  // Lanes of consecutive local_id_x: a multiple of the warp's lanes where all lanes of a warp differ in x
  // only, a smaller power of two where a warp is some whole rows of one z, 0 where nothing is known.
  std::uint32_t row = 0;
  bool partial = false;  // the warp does not start with all its lanes
  bool single = false;   // but with the first one alone
  bool alone = false;    // the warp is the whole work-group, which has nobody to wait for at a barrier
  bool tail = false;     // the work-group's last warp does not start with all its lanes, the others do
  bool operator==(const Shape&) const = default;
};

struct TranslationRequest {
  isa::Target target;
  std::uint8_t host_level = 0;  // HostLevel of host_level.hpp
  StateLayout layout;
  Shape shape;
  std::uint64_t image_begin = 0;         // of `image` in the program
  std::vector<std::byte> image;          // the program's read-only segments, code among them, as in the file
  std::vector<std::uint64_t> relocated;  // offsets in the program of words of 8 bytes that loading changes
  std::uint64_t code_begin = 0, code_end = 0;  // offsets of the code in the program
  std::uint64_t startup = 0, entry = 0;        // offsets of _start and of the kernel
};

struct Translation {
  struct Site {
    std::uint32_t span;  // bytes that an access covers
    std::uint8_t shift;  // of its unit: the address is a multiple of 1 << shift, or the interpreter's
    bool is_offset;      // kMostUnits holds
    bool writes;         // what its check lets through: stores, too, or loads only
  };
  // The first one starts the kernel, each other one behind a barrier.
  struct Segment {
    std::uint64_t code_offset;  // of its function in `code`
    std::uint32_t first;        // instruction that it starts with
    std::uint32_t barrier;      // that its warps have waited at
  };
  std::string refusal;          // why there is no code, or empty
  std::vector<std::byte> code;  // position independent, one page-aligned block
  std::vector<Segment> segments;
  std::vector<Site> sites;
  std::uint32_t frame_bytes = 0;   // a multiple of 64
  std::uint32_t instructions = 0;  // that it covers, for the log
};

}  // namespace kiesel::translation
