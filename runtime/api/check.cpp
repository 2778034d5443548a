#include "runtime/api/check.hpp"

#include "runtime/api/info.hpp"
#include "support/log.hpp"

namespace kiesel::runtime::api {

cl_int report(const ApiError& error) {
  KIESEL_LOG(kApi, kWarning, "error {}: {}", error.code, error.reason);
  if (error.context) static_cast<Context&>(*error.context).notify(error.reason);
  return error.code;
}

ApiError invalid_handle(cl_int code, const void* handle) {
  return error(code, fmt::format("{} is no valid handle here", handle));
}

ApiError does_not_fit(std::size_t answer, std::size_t room) {
  return error(CL_INVALID_VALUE, fmt::format("the answer has {} bytes, there is room for {}", answer, room));
}

ApiError no_query(cl_uint name) { return error(CL_INVALID_VALUE, fmt::format("no query {:#x}", name)); }

Outcome<std::vector<Ref<Event>>> wait_list(Context& context, cl_uint count, const cl_event* events) {
  KIESEL_REQUIRE((count == 0) == (events == nullptr), context, CL_INVALID_EVENT_WAIT_LIST,
                 "the wait list and its length do not agree");
  std::vector<Ref<Event>> out;
  out.reserve(count);
  for (cl_uint i = 0; i < count; ++i) {
    auto* event = find<Event>(events[i]);
    KIESEL_REQUIRE(event, context, CL_INVALID_EVENT_WAIT_LIST,
                   fmt::format("wait list: number {} is no event", i));
    KIESEL_REQUIRE(&event->context() == &context, context, CL_INVALID_CONTEXT,
                   fmt::format("wait list: number {} is an event of another context", i));
    out.emplace_back(event);
  }
  return out;
}

Outcome<> give_event(Event& event, cl_event* out) {
  if (!out) return {};
  KIESEL_TRY(handle, hand_out(Ref<Event>(&event)));
  *out = handle;
  return {};
}

}  // namespace kiesel::runtime::api
