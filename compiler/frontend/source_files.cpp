#include "compiler/frontend/source_files.hpp"

#include <fmt/format.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Support/Path.h>
#include <unistd.h>

#include <algorithm>

#include "compiler/frontend/base_header.hpp"
#include "support/cache.hpp"

namespace kiesel::compiler {
namespace {

using llvm::vfs::Status;
using Buffer = std::unique_ptr<llvm::MemoryBuffer>;

Status status_of(const FileFacts& facts, const llvm::Twine& name) {
  return Status(name, {facts.device, facts.inode}, llvm::sys::toTimePoint(facts.modified), 0, 0, facts.bytes,
                llvm::sys::fs::file_type::regular_file, llvm::sys::fs::all_read);
}

// Folders are told apart by their names.
Status folder_status(const std::string& path, const llvm::Twine& name) {
  constexpr std::uint64_t kNoDevice = UINT64_MAX;
  const auto identity = hash64(std::as_bytes(std::span(path)));
  return Status(name, {kNoDevice, identity}, {}, 0, 0, 0, llvm::sys::fs::file_type::directory_file,
                llvm::sys::fs::all_read);
}

// No more than the file had when it was opened, never mapped: it may be cut meanwhile.
Buffer read_text(const FoundFile& found) {
  auto buffer = llvm::WritableMemoryBuffer::getNewUninitMemBuffer(found.facts.bytes);
  std::size_t done = 0;
  while (buffer && done < buffer->getBufferSize()) {
    const auto count = ::pread(found.file.get(), buffer->getBufferStart() + done,
                               buffer->getBufferSize() - done, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return nullptr;
    done += static_cast<std::size_t>(count);
  }
  return Buffer(std::move(buffer));
}

class OpenFile : public llvm::vfs::File {
 public:
  OpenFile(Status status, Buffer text) : status_(std::move(status)), text_(std::move(text)) {}
  llvm::ErrorOr<Status> status() override { return status_; }
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> getBuffer(const llvm::Twine& name, std::int64_t, bool,
                                                               bool) override {
    return llvm::MemoryBuffer::getMemBufferCopy(text_->getBuffer(), name);
  }
  std::error_code close() override { return {}; }

 private:
  Status status_;
  Buffer text_;
};

std::string note(const std::string& path, Found found) {
  switch (found) {
    case Found::kFolder:
      return fmt::format("note: '{}' is a folder\n", path);
    case Found::kNotRegular:
      return fmt::format("note: '{}' is not a regular file and is not read\n", path);
    case Found::kTooLarge:
      return fmt::format("note: '{}' is too large to be read\n", path);
    default:
      return {};
  }
}

std::string without_dots(llvm::StringRef path) {
  llvm::SmallString<256> plain(path);
  llvm::sys::path::remove_dots(plain, true);
  return plain.str().str();
}

}  // namespace

struct SourceFiles::Text {
  FileFacts facts;
  Buffer text;  // of what is a file
};

SourceFiles::SourceFiles(Files& files, std::string working_folder, const std::vector<std::string>& folders)
    : files_(files), working_folder_(std::move(working_folder)) {
  folders_.insert(without_dots(working_folder_));
  for (const auto& folder : folders) folders_.insert(without_dots(whole_path(folder)));
}

std::string SourceFiles::whole_path(const llvm::Twine& path) const {
  llvm::SmallString<256> whole;
  path.toVector(whole);
  llvm::sys::fs::make_absolute(working_folder_, whole);
  return whole.str().str();
}

// The folder of Clang's own header is in memory only.
SourceFiles::Text SourceFiles::find(const std::string& path) {
  if (llvm::StringRef(path).startswith(kBaseHeaderFolder)) return {};
  const auto found = files_.open(path);
  Text result{found.facts, found.file ? read_text(found) : nullptr};
  if (!result.text) {
    remember({path, 0, 0, false});
    missed_foreign_ |= found.facts.is_foreign;
    return result;
  }
  const auto text = result.text->getBuffer();
  remember({path, hash64(std::as_bytes(std::span(text.data(), text.size()))), text.size(), true});
  return result;
}

void SourceFiles::remember(Dependency dependency) {
  if (known_.insert(dependency.path).second) dependencies_.push_back(std::move(dependency));
}

llvm::ErrorOr<Status> SourceFiles::status(const llvm::Twine& path) {
  const auto whole = whole_path(path);
  const auto plain = without_dots(whole);
  if (folders_.contains(plain)) return folder_status(plain, path);
  const auto found = find(whole);
  return found.text ? status_of(found.facts, path) : folder_status(plain, path);
}

llvm::ErrorOr<std::unique_ptr<llvm::vfs::File>> SourceFiles::openFileForRead(const llvm::Twine& path) {
  const auto whole = whole_path(path);
  auto found = find(whole);
  if (!found.text) {
    if (auto text = note(whole, found.facts.found); !text.empty()) notes_.insert(std::move(text));
    return std::make_error_code(std::errc::no_such_file_or_directory);
  }
  if (found.facts.is_foreign) foreign_.push_back(whole);
  return std::make_unique<OpenFile>(status_of(found.facts, path), std::move(found.text));
}

std::string SourceFiles::notes() const {
  std::string text;
  for (const auto& line : notes_) text += line;
  if (missed_foreign_)
    text +=
        "note: outside of the working folder and the folders of -I a program includes only what everybody "
        "may read\n";
  return text;
}

llvm::vfs::directory_iterator SourceFiles::dir_begin(const llvm::Twine&, std::error_code& error) {
  error = std::make_error_code(std::errc::permission_denied);
  return {};
}

std::error_code SourceFiles::setCurrentWorkingDirectory(const llvm::Twine&) {
  return std::make_error_code(std::errc::operation_not_permitted);
}

bool SourceFiles::is_foreign(llvm::StringRef path) const {
  return std::ranges::find(foreign_, whole_path(path)) != foreign_.end();
}

}  // namespace kiesel::compiler
