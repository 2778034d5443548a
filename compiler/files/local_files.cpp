#include "compiler/files/local_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <filesystem>

#include "compiler/files/include_names.hpp"
#include "compiler/frontend/options.hpp"
#include "support/clock.hpp"
#include "support/file.hpp"

namespace kiesel::compiler {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLargestFile = std::uint64_t{256} << 20;
constexpr std::uint64_t kLargestLookedThrough = std::uint64_t{4} << 20;
constexpr std::size_t kMostGranted = 20'000;

std::string real_path(int file) {
  std::array<char, PATH_MAX> path{};
  const auto length = ::readlink(fmt::format("/proc/self/fd/{}", file).c_str(), path.data(), path.size());
  return length > 0 ? std::string(path.data(), static_cast<std::size_t>(length)) : std::string();
}

bool may_be_known(const struct stat& status) {
  return (status.st_mode & (S_ISDIR(status.st_mode) ? S_IXOTH : S_IROTH)) != 0;
}

bool lies_in(const std::string& path, const std::string& folder) {
  return path.starts_with(folder) && (folder.ends_with('/') || path.substr(folder.size()).starts_with('/'));
}

std::string joined(const std::string& folder, std::string_view name) {
  return (fs::path(folder) / name).lexically_normal().string();
}

std::string read_text(int file, std::uint64_t bytes) {
  std::string text(bytes, '\0');
  const auto count = ::pread(file, text.data(), text.size(), 0);
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text;
}

}  // namespace

FileRights rights_of(const Request& request) {
  FileRights rights{request.working_folder, {}, {}};
  if (!request.dump.empty()) rights.dump = joined(request.working_folder, request.dump);
  if (request.operation == Operation::kTranslate) return rights;
  if (const auto options = parse_options(request.options, request.operation))
    for (const auto& folder : options->include_folders)
      rights.include_folders.push_back(joined(request.working_folder, folder));
  return rights;
}

LocalFiles::LocalFiles(FileRights rights) : rights_(std::move(rights)) {}

// A working folder of "/" is nobody's choice: all files lie in it.
const std::vector<std::string>& LocalFiles::own_folders() {
  if (own_folders_) return *own_folders_;
  own_folders_.emplace();
  const auto add = [this](const std::string& folder) {
    std::error_code error;
    const auto real = fs::canonical(folder, error).string();
    if (!error && !(real == "/" && folder == rights_.working_folder)) own_folders_->push_back(real);
  };
  add(rights_.working_folder);
  for (const auto& folder : rights_.include_folders) add(folder);
  return *own_folders_;
}

bool LocalFiles::is_in_own_folder(const std::string& path) {
  return std::ranges::any_of(own_folders(), [&](const auto& folder) { return lies_in(path, folder); });
}

// A granted name with ".." behind a symbolic link may lead elsewhere than it says.
bool LocalFiles::is_own(const std::string& asked, const std::string& real) {
  std::error_code error;
  return is_in_own_folder(real) || (granted_.contains(asked) && fs::canonical(asked, error) == real);
}

void LocalFiles::grant_included(const std::string& asked, int file, std::uint64_t bytes) {
  if (bytes > kLargestLookedThrough) return;
  const auto text = read_text(file, bytes);
  const auto grant = [this](const std::string& folder, std::string_view name) {
    if (granted_.size() < kMostGranted) granted_.insert(joined(folder, name));
  };
  for (const auto name : included_names(text)) {
    grant(fs::path(asked).parent_path().string(), name);
    grant(rights_.working_folder, name);
    for (const auto& folder : rights_.include_folders) grant(folder, name);
  }
}

FoundFile LocalFiles::open(const std::string& path) {
  const auto asked = fs::path(path).lexically_normal().string();
  const Descriptor place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat status {};
  FoundFile found;
  found.facts.is_foreign = !is_in_own_folder(asked);
  if (!place || ::fstat(place.get(), &status) != 0) return found;
  const bool own = is_own(asked, real_path(place.get()));
  if (!own && !may_be_known(status)) return found;
  found.facts = {
      Found::kFile,         !own, status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size),
      status.st_mtim.tv_sec};
  auto file = RegularFile::at(place.get());
  if (!file) {
    found.facts.found = S_ISDIR(status.st_mode) ? Found::kFolder : Found::kNotRegular;
  } else if (found.facts.bytes > kLargestFile) {
    found.facts.found = Found::kTooLarge;
  } else {
    found.file = file->take();
    if (own) grant_included(asked, found.file.get(), found.facts.bytes);
  }
  return found;
}

// Names are the application's: they stay inside the folder.
Descriptor LocalFiles::create(const std::string& name) {
  if (rights_.dump.empty()) return {};
  std::error_code error;
  if (dump_.empty()) dump_ = rights_.dump + fmt::format("/{}-{}", now_ns(), ::getpid());
  const auto path = fs::path(dump_) / (fs::path("/") / name).lexically_normal().relative_path();
  fs::create_directories(path.parent_path(), error);
  return Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666));
}

}  // namespace kiesel::compiler
