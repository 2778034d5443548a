#include "runtime/core/printf.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <mutex>

#include "device/isa/launch_block.hpp"
#include "runtime/core/command_queue.hpp"
#include "runtime/core/printf_text.hpp"
#include "runtime/core/transfer.hpp"
#include "support/checked.hpp"
#include "support/config.hpp"
#include "support/fork.hpp"
#include "support/log.hpp"
#include "support/uncancelled.hpp"

namespace kiesel::runtime {
namespace {

// Of the buffer of one hart, where each has its own.
constexpr std::size_t kLeastPartBytes = 16 << 10;

// What a launch that prints needs until its text is out. The buffer is in parts of equal size.
struct Printing {
  Ref<Executable> executable;
  std::string kernel;
  device::Device* device = nullptr;
  device::Address buffer = 0;
  std::vector<isa::PrintfBuffer> parts;  // as the kernel left them
  std::uint32_t capacity = 0;            // of a part
  std::vector<std::byte> records;
  device::Completion launched;

  explicit Printing(device::Device& on) : device(&on) {
    const auto& description = on.description();
    const bool shared = description.target.atomics;
    parts.resize(shared ? 1 : std::size_t{description.cores} * description.target.max_work_group_size());
    capacity =
        static_cast<std::uint32_t>(std::max(kPrintfBufferBytes / parts.size() / 8 * 8, kLeastPartBytes));
  }
  ~Printing() { device->free(buffer); }
  Printing(const Printing&) = delete;
  Printing& operator=(const Printing&) = delete;

  std::size_t stride() const { return sizeof(isa::PrintfBuffer) + capacity; }
  std::size_t bytes() const { return parts.size() * stride(); }
  // The same `count` bytes of each part, side by side.
  device::Read read(std::size_t offset, std::size_t count, void* target) const {
    device::Box box;
    box.size = {count, parts.size(), 1};
    box.source_row_pitch = stride();
    box.target_row_pitch = count;
    return {buffer + offset, target, box};
  }
};

constinit std::mutex output;  // records of one launch stay together
const InForkedChild renews{[] { new (&output) std::mutex; }};

// Bytes of text of one launch.
std::uint64_t output_limit() {
  const std::uint64_t mib = config().printf_mib;
  return mib ? saturating_product(mib, std::uint64_t{1} << 20) : UINT64_MAX;
}

void tell(const PrintfResult& result, const std::string& kernel) {
  if (!result.complete)
    KIESEL_LOG(kEvent, kError,
               "printf of kernel '{}': output stopped at the limit of {} MiB a launch (option printf_mib)",
               kernel, config().printf_mib);
  if (!result.unfit.empty())
    KIESEL_LOG(kEvent, kWarning, "printf of kernel '{}': '{}' does not fit its argument", kernel,
               result.unfit);
}

void write_out(const Printing& printing) {
  const auto string_at = [&](device::Address address) {
    const auto bytes = printing.executable->data_at(address);
    return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  PrintfResult result;
  {
    const Uncancelled while_writing;
    std::lock_guard lock(output);
    result = format_records(
        printing.records, string_at,
        [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }, output_limit());
    std::fflush(stdout);
  }
  tell(result, printing.kernel);
}

// Bytes of a part's records. What did not fit is told by a number beyond the capacity, or an odd one.
std::size_t used_of(const Printing& printing, const isa::PrintfBuffer& part) {
  return std::min(part.used & ~1U, printing.capacity);
}

// Each part's records, which lie `row` bytes apart, one behind the other.
void close_up(Printing& printing, std::size_t row) {
  auto end = printing.records.begin();
  for (std::size_t i = 0; i < printing.parts.size(); ++i) {
    const auto begin = printing.records.begin() + static_cast<std::ptrdiff_t>(i * row);
    end = std::copy_n(begin, used_of(printing, printing.parts[i]), end);
  }
  printing.records.erase(end, printing.records.end());
}

// The steps after the launch, each the continuation of the one before.
void read_records(Event& event, const std::shared_ptr<Printing>& printing) {
  std::size_t row = 0;
  bool full = false;
  for (const auto& part : printing->parts) {
    row = std::max(row, used_of(*printing, part));
    full = full || part.used > printing->capacity || part.used % 2 != 0;
  }
  if (full)
    KIESEL_LOG(kEvent, kWarning, "printf of kernel '{}': more than the buffer's {} bytes; the rest is lost",
               printing->kernel, printing->capacity);
  if (row == 0) {
    event.finish(printing->launched);
    return;
  }
  printing->records.resize(printing->parts.size() * row);
  event.submit(printing->read(sizeof(isa::PrintfBuffer), row, printing->records.data()),
               [printing, row](Event& self, const device::Completion&) {
                 close_up(*printing, row);
                 write_out(*printing);
                 self.finish(printing->launched);
               });
}

void read_headers(Event& event, const std::shared_ptr<Printing>& printing) {
  event.submit(printing->read(0, sizeof(isa::PrintfBuffer), printing->parts.data()),
               [printing](Event& self, const device::Completion&) { read_records(self, printing); });
}

}  // namespace

void launch_with_printf(Event& event, Ref<Executable> executable, std::vector<device::Launch> launches) {
  auto printing = std::make_shared<Printing>(event.queue()->device().implementation());
  printing->executable = std::move(executable);
  printing->kernel = launches.front().kernel;
  auto buffer =
      printing->device->allocate(printing->bytes(), 64, "printf buffer", event.queue()->context().owner());
  if (!buffer.ok()) {
    event.fail(CL_OUT_OF_RESOURCES, buffer.error().reason);
    return;
  }
  printing->buffer = *buffer;
  for (auto& launch : launches) launch.printf_buffer = printing->buffer;
  auto after_launch = [printing](Event& self, const device::Completion& completion) {
    printing->launched = completion;
    read_headers(self, printing);
  };
  // The header over and over: it also ends the records, since one of 0 bytes is none.
  const isa::PrintfBuffer empty{0, printing->capacity};
  const auto* header = reinterpret_cast<const std::byte*>(&empty);
  std::vector<std::byte> pattern(header, header + sizeof empty);
  event.submit(device::Fill{printing->buffer, printing->bytes(), std::move(pattern)},
               [launches = std::move(launches), after_launch](Event& self, const device::Completion&) {
                 self.submit_all({launches.begin(), launches.end()}, after_launch);
               });
}

}  // namespace kiesel::runtime
