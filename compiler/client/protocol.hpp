// What the application's process and the compiler's processes say to each other.
//
// One control socket (SOCK_SEQPACKET) goes from client to server. A build is one message on it, a
// ControlMessage with two file descriptors: a memory file holding the encoded Request, and one end of a
// socket pair for the answer. The answer is one message on that pair, a ReplyMessage with a memory file
// holding the encoded Reply. Messages of this kind of socket arrive whole or not at all, so a process that
// dies at any moment leaves no half-read stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "compiler/client/client.hpp"
#include "support/descriptor.hpp"

namespace kiesel::compiler {

inline constexpr std::uint32_t kProtocol = 0x4b534c34;  // changes with every change of the messages
inline constexpr std::int64_t kLargestMessage = std::int64_t{1} << 30;
inline constexpr int kControlDescriptor = 3;  // of the server, at its start

struct ControlMessage {
  std::uint32_t protocol = kProtocol;
  std::uint32_t build_seconds = 0;
  std::uint32_t build_mib = 0;
};
struct ReplyMessage {
  std::uint32_t protocol = kProtocol;
};

std::vector<std::byte> encode(const Request& request);
std::vector<std::byte> encode(const Reply& reply);
std::optional<Request> decode_request(std::span<const std::byte> bytes);  // none when damaged
std::optional<Reply> decode_reply(std::span<const std::byte> bytes);

// The same file under a number that no standard stream has: one of those may be closed, and the application
// writes to it all the same.
Descriptor above_standard(Descriptor file);

// A memory file with these bytes, closed on exec; none when the system has no room.
Descriptor memory_file(std::span<const std::byte> bytes);
// From here on nobody changes the file, whoever holds it.
bool seal(int file);
bool is_sealed(int file);
// All bytes of a file, whoever else may hold it: read, never mapped. None when it cannot be read, or has more
// than any message.
std::optional<std::vector<std::byte>> read_whole(int file);

// One message with its descriptors. `error` of a failed send is in errno; no SIGPIPE.
bool send_message(int socket, std::span<const std::byte> bytes, std::span<const int> descriptors);
// Waits for one message of exactly `bytes` and `descriptors`. False at the end of the connection and for
// anything else than that message; descriptors that came with it are then closed.
bool receive_message(int socket, std::span<std::byte> bytes, std::span<Descriptor> descriptors);

}  // namespace kiesel::compiler
