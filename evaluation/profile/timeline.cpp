// The profile's commands as a trace in Perfetto's protobuf format. Numbers of fields and their wire types are
// those of its published schema (protos/perfetto/trace); the few messages that are needed are written here.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "evaluation/profile/report.hpp"

namespace kiesel::profile {
namespace {

using nlohmann::ordered_json;

class Message {
 public:
  Message& number(unsigned field, std::uint64_t value) {
    put(std::uint64_t{field} << 3);
    put(value);
    return *this;
  }
  Message& bytes(unsigned field, std::string_view value) {
    put(std::uint64_t{field} << 3 | 2);
    put(value.size());
    text_ += value;
    return *this;
  }
  Message& message(unsigned field, const Message& value) { return bytes(field, value.text_); }
  std::string take() { return std::move(text_); }

 private:
  void put(std::uint64_t value) {
    for (; value > 0x7F; value >>= 7) text_ += static_cast<char>(value | 0x80);
    text_ += static_cast<char>(value);
  }
  std::string text_;
};

// Trace
constexpr unsigned kPacket = 1;
// TracePacket
constexpr unsigned kTimestamp = 8, kSequence = 10, kTrackEvent = 11, kTrackDescriptor = 60;
// TrackDescriptor, ProcessDescriptor
constexpr unsigned kUuid = 1, kTrackName = 2, kProcess = 3, kParent = 5, kPid = 1, kProcessName = 6;
// TrackEvent
constexpr unsigned kAnnotation = 4, kType = 9, kTrack = 11, kEventName = 23, kCategory = 22;
constexpr std::uint64_t kSliceBegin = 1, kSliceEnd = 2;
// DebugAnnotation
constexpr unsigned kNumberValue = 3, kTextValue = 6, kAnnotationName = 10;

class Trace {
 public:
  std::uint64_t add_process(std::uint64_t process, const std::string& command) {
    const std::uint64_t track = ++tracks_;
    add(Message().message(
        kTrackDescriptor,
        Message()
            .number(kUuid, track)
            .message(kProcess, Message().number(kPid, process).bytes(kProcessName, command))));
    return track;
  }
  std::uint64_t add_track(std::uint64_t parent, const std::string& name) {
    const std::uint64_t track = ++tracks_;
    add(Message().message(kTrackDescriptor,
                          Message().number(kUuid, track).number(kParent, parent).bytes(kTrackName, name)));
    return track;
  }
  void add_slice(std::uint64_t track, std::uint64_t start, std::uint64_t end, Message event) {
    event.number(kType, kSliceBegin).number(kTrack, track);
    add(Message().number(kTimestamp, start).message(kTrackEvent, event));
    add(Message()
            .number(kTimestamp, end)
            .message(kTrackEvent, Message().number(kType, kSliceEnd).number(kTrack, track)));
  }
  std::string take() { return trace_.take(); }

 private:
  void add(Message packet) { trace_.message(kPacket, packet.number(kSequence, 1)); }
  Message trace_;
  std::uint64_t tracks_ = 0;
};

Message annotation(std::string_view name, const ordered_json& value) {
  Message out;
  out.bytes(kAnnotationName, name);
  if (value.is_number_unsigned()) return out.number(kNumberValue, value.get<std::uint64_t>());
  return out.bytes(kTextValue, value.is_string() ? value.get<std::string>() : value.dump());
}

Message event_of(std::string_view category, std::string_view name, const ordered_json& row,
                 std::initializer_list<const char*> keys) {
  Message event;
  event.bytes(kCategory, category).bytes(kEventName, name);
  for (const char* key : keys)
    if (row.contains(key)) event.message(kAnnotation, annotation(key, row[key]));
  return event;
}

// A track for each device, kind of command and row, made when it is needed.
class Tracks {
 public:
  Tracks(Trace& trace, std::uint64_t process, const ordered_json& devices)
      : trace_(trace), process_(process), devices_(devices) {}

  std::uint64_t of(const std::string& kind, const ordered_json& command) {
    const auto device = command["device"].get<std::size_t>();
    std::uint64_t& track = tracks_[fmt::format("{} {} {}", device, kind, command["row"].get<std::size_t>())];
    if (!track)
      track = trace_.add_track(
          process_,
          fmt::format("{}: {}", device < devices_.size() ? devices_[device]["name"].get<std::string>() : "?",
                      kind));
    return track;
  }

 private:
  Trace& trace_;
  const std::uint64_t process_;
  const ordered_json& devices_;
  std::map<std::string, std::uint64_t> tracks_;
};

}  // namespace

std::string perfetto_trace(const ordered_json& profile) {
  Trace trace;
  for (const auto& process : profile["processes"]) {
    Tracks tracks(trace, trace.add_process(process["process"], process["command"]), process["devices"]);
    for (const auto& launch : process["launches"])
      trace.add_slice(
          tracks.of("kernels", launch), launch["start_ns"], launch["end_ns"],
          event_of("kernel",
                   profile["kernels"][launch["kernel"].get<std::size_t>()]["name"].get<std::string>(), launch,
                   {"number", "global_size", "local_size", "instructions", "cycles", "failure"}));
    for (const auto& transfer : process["transfers"])
      trace.add_slice(tracks.of("transfers", transfer), transfer["start_ns"], transfer["end_ns"],
                      event_of("transfer", transfer["kind"].get<std::string>(), transfer, {"bytes"}));
  }
  return trace.take();
}

}  // namespace kiesel::profile
