#include "device/plugin/live_commands.hpp"

#include <cstring>
#include <mutex>
#include <new>
#include <unordered_map>
#include <utility>

#include "support/fork.hpp"
#include "support/log.hpp"
#include "support/short_mutex.hpp"
#include "support/single.hpp"

namespace kiesel::device::plugin {
namespace {

struct Table {
  ShortMutex mutex;
  std::uintptr_t last = 0;
  std::unordered_map<std::uintptr_t, EndHandler> commands;
};

constinit Single<Table> the_table;
// A child of fork() has none of them.
const InForkedChild forgets{[] { the_table.forget(); }};

std::uintptr_t number_of(void* command) { return reinterpret_cast<std::uintptr_t>(command); }

}  // namespace

void* add_live_command(EndHandler handler) {
  Table& table = the_table.get();
  std::lock_guard lock(table.mutex);
  table.commands.emplace(++table.last, std::move(handler));
  return reinterpret_cast<void*>(table.last);
}

EndHandler take_live_command(void* command) {
  Table& table = the_table.get();
  std::lock_guard lock(table.mutex);
  const auto found = table.commands.extract(number_of(command));
  return found ? std::move(found.mapped()) : EndHandler();
}

void end_live_command(void* command, kiesel_result result, const char* reason, std::uint64_t start,
                      std::uint64_t end) {
  const EndHandler handler = take_live_command(command);
  if (!handler) {
    KIESEL_LOG(kDevice, kError,
               "a plug-in ended command {}, which it never had, has ended before, or was given up",
               number_of(command));
    return;
  }
  handler(command, {result, reason ? std::string(reason, ::strnlen(reason, kLongestReason)) : std::string(),
                    start, end});
}

}  // namespace kiesel::device::plugin
