#include "compiler/client/protocol.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "device/isa/target_fields.hpp"
#include "support/archive.hpp"
#include "support/file.hpp"

namespace kiesel {
template <>
struct Fields<compiler::File> {
  static auto of(auto& value) { return std::tie(value.name, value.text); }
};
template <>
struct Fields<compiler::Dependency> {
  static auto of(auto& value) { return std::tie(value.path, value.hash, value.bytes, value.is_file); }
};
template <>
struct Fields<compiler::Confinement> {
  static auto of(auto& value) { return std::tie(value.calls, value.files); }
};
template <>
struct Fields<compiler::Phase> {
  static auto of(auto& value) { return std::tie(value.name, value.cpu_ns); }
};
template <>
struct Fields<compiler::Request> {
  static auto of(auto& value) {
    return std::tie(value.operation, value.target, value.options, value.source, value.headers, value.inputs,
                    value.extensions, value.build_seconds, value.build_mib, value.working_folder, value.dump);
  }
};
template <>
struct Fields<compiler::Reply> {
  static auto of(auto& value) {
    return std::tie(value.outcome, value.log, value.binary, value.dependencies, value.phases,
                    value.confinement);
  }
};
}  // namespace kiesel

namespace kiesel::compiler {
namespace {

constexpr std::size_t kMostDescriptors = 2;
constexpr int kSeals = F_SEAL_SEAL | F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK;

}  // namespace

std::vector<std::byte> encode(const Request& request) { return encode_value(request); }
std::vector<std::byte> encode(const Reply& reply) { return encode_value(reply); }

std::optional<Request> decode_request(std::span<const std::byte> bytes) {
  auto request = decode_value<Request>(bytes);
  if (request && request->operation > Operation::kTranslate) return std::nullopt;
  return request;
}

std::optional<Reply> decode_reply(std::span<const std::byte> bytes) {
  auto reply = decode_value<Reply>(bytes);
  if (reply && reply->outcome > Outcome::kInvalidInput) return std::nullopt;
  return reply;
}

Descriptor above_standard(Descriptor file) {
  if (!file || file.get() > STDERR_FILENO) return file;
  return Descriptor(::fcntl(file.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

Descriptor memory_file(std::span<const std::byte> bytes) {
  auto file = above_standard(Descriptor(::memfd_create("kiesel", MFD_CLOEXEC | MFD_ALLOW_SEALING)));
  if (file && !write_whole(file.get(), bytes)) file.reset();
  return file;
}

bool seal(int file) { return ::fcntl(file, F_ADD_SEALS, kSeals) == 0; }
bool is_sealed(int file) { return (::fcntl(file, F_GET_SEALS) & kSeals) == kSeals; }

std::optional<std::vector<std::byte>> read_whole(int file) {
  struct stat status {};
  if (::fstat(file, &status) != 0 || status.st_size < 0 || status.st_size > kLargestMessage)
    return std::nullopt;
  std::vector<std::byte> bytes(static_cast<std::size_t>(status.st_size));
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto count = ::pread(file, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::nullopt;
    done += static_cast<std::size_t>(count);
  }
  return bytes;
}

bool send_message(int socket, std::span<const std::byte> bytes, std::span<const int> descriptors) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMostDescriptors)> control{};
  iovec vector{const_cast<std::byte*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
  auto* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
  std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  ssize_t sent;
  do sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(bytes.size());
}

bool receive_message(int socket, std::span<std::byte> bytes, std::span<Descriptor> descriptors) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMostDescriptors)> control{};
  iovec vector{bytes.data(), bytes.size()};
  msghdr message{};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t received;
  do received = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  while (received < 0 && errno == EINTR);
  if (received < 0) return false;
  std::vector<Descriptor> arrived;
  for (auto* header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const auto count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int value;
      std::memcpy(&value, CMSG_DATA(header) + i * sizeof(int), sizeof value);
      arrived.emplace_back(value);
    }
  }
  if (received != static_cast<ssize_t>(bytes.size()) || arrived.size() != descriptors.size()) return false;
  if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) return false;
  for (std::size_t i = 0; i < arrived.size(); ++i) descriptors[i] = std::move(arrived[i]);
  return true;
}

}  // namespace kiesel::compiler
