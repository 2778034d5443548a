#include "device/plugin/process/frames.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>

namespace kiesel::device::plugin {

bool send_frame(int socket, Frame frame, std::span<const std::byte> bytes) {
  frame.bytes = bytes.size();
  std::array<iovec, 2> parts{{{&frame, sizeof frame}, {const_cast<std::byte*>(bytes.data()), bytes.size()}}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = bytes.empty() ? 1 : 2;
  while (message.msg_iovlen) {
    const ssize_t sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    auto left = static_cast<std::size_t>(sent);
    while (message.msg_iovlen && left >= message.msg_iov->iov_len) {
      left -= message.msg_iov->iov_len;
      ++message.msg_iov, --message.msg_iovlen;
    }
    if (message.msg_iovlen) {
      message.msg_iov->iov_base = static_cast<std::byte*>(message.msg_iov->iov_base) + left;
      message.msg_iov->iov_len -= left;
    }
  }
  return true;
}

bool send_frame(int socket, Frame frame, std::string_view text) {
  return send_frame(socket, frame, std::as_bytes(std::span(text)));
}

bool send_bytes(int socket, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  return true;
}

bool receive_bytes(int socket, std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = ::recv(socket, bytes.data(), bytes.size(), MSG_WAITALL);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

bool receive_frame(int socket, Frame& frame) {
  return receive_bytes(socket, std::as_writable_bytes(std::span(&frame, 1))) && frame.bytes <= kMostBytes;
}

}  // namespace kiesel::device::plugin
