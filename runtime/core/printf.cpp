#include "runtime/core/printf.hpp"

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

// What a launch that prints needs until its text is out.
struct Printing {
  Ref<Executable> executable;
  std::string kernel;
  device::Device* device = nullptr;
  device::Address buffer = 0;
  isa::PrintfBuffer header{0, static_cast<std::uint32_t>(kPrintfBufferBytes)};
  std::vector<std::byte> records;
  device::Completion launched;

  ~Printing() { device->free(buffer); }
  device::Address records_address() const { return buffer + sizeof header; }
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

// The steps after the launch, each the continuation of the one before.
void read_records(Event& event, const std::shared_ptr<Printing>& printing) {
  if (printing->header.used > printing->header.capacity)
    KIESEL_LOG(kEvent, kWarning, "printf of kernel '{}': more than the buffer's {} bytes; the rest is lost",
               printing->kernel, kPrintfBufferBytes);
  printing->records.resize(std::min<std::size_t>(printing->header.used, kPrintfBufferBytes));
  if (printing->records.empty()) {
    event.finish(printing->launched);
    return;
  }
  event.submit(
      device::Read{printing->records_address(), printing->records.data(), flat_box(printing->records.size())},
      [printing](Event& self, const device::Completion&) {
        write_out(*printing);
        self.finish(printing->launched);
      });
}

void read_header(Event& event, const std::shared_ptr<Printing>& printing) {
  event.submit(device::Read{printing->buffer, &printing->header, flat_box(sizeof printing->header)},
               [printing](Event& self, const device::Completion&) { read_records(self, printing); });
}

}  // namespace

void launch_with_printf(Event& event, Ref<Executable> executable, std::vector<device::Launch> launches) {
  auto printing = std::make_shared<Printing>();
  printing->executable = std::move(executable);
  printing->kernel = launches.front().kernel;
  printing->device = &event.queue()->device().implementation();
  auto buffer = printing->device->allocate(sizeof(isa::PrintfBuffer) + kPrintfBufferBytes, 64,
                                           "printf buffer", event.queue()->context().owner());
  if (!buffer.ok()) {
    event.fail(CL_OUT_OF_RESOURCES, buffer.error().reason);
    return;
  }
  printing->buffer = *buffer;
  for (auto& launch : launches) launch.printf_buffer = printing->buffer;
  auto after_launch = [printing](Event& self, const device::Completion& completion) {
    printing->launched = completion;
    read_header(self, printing);
  };
  // The header over and over: it also ends the records, since one of 0 bytes is none.
  const auto* header = reinterpret_cast<const std::byte*>(&printing->header);
  std::vector<std::byte> pattern(header, header + sizeof printing->header);
  event.submit(
      device::Fill{printing->buffer, sizeof(isa::PrintfBuffer) + kPrintfBufferBytes, std::move(pattern)},
      [launches = std::move(launches), after_launch](Event& self, const device::Completion&) {
        self.submit_all({launches.begin(), launches.end()}, after_launch);
      });
}

}  // namespace kiesel::runtime
