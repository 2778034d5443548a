// Values as bytes and back. A reader that runs over the end, or finds a count that cannot be, turns bad and
// stays so.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace kiesel {

// The members of a struct in their order: `static auto of(auto& value) { return std::tie(...); }`.
template <class T>
struct Fields;

template <class T, std::size_t n>
struct Fields<std::array<T, n>> {
  static auto of(auto& value) {
    return std::apply([](auto&... each) { return std::tie(each...); }, value);
  }
};

template <class T>
concept PlainValue = std::is_arithmetic_v<T> || std::is_enum_v<T>;

class ArchiveWriter {
 public:
  template <PlainValue T>
  void operator()(const T& value) {
    put(&value, sizeof value);
  }
  void operator()(const std::string& text) {
    (*this)(static_cast<std::uint64_t>(text.size()));
    put(text.data(), text.size());
  }
  void operator()(const std::vector<std::byte>& bytes) {
    (*this)(static_cast<std::uint64_t>(bytes.size()));
    put(bytes.data(), bytes.size());
  }
  template <class T>
  void operator()(const std::vector<T>& values) {
    (*this)(static_cast<std::uint64_t>(values.size()));
    for (const auto& value : values) (*this)(value);
  }
  template <class T>
  requires std::is_class_v<T>
  void operator()(const T& value) {
    std::apply([this](const auto&... field) { ((*this)(field), ...); }, Fields<T>::of(value));
  }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  void put(const void* data, std::size_t size) {
    const auto* start = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), start, start + size);
  }
  std::vector<std::byte> bytes_;
};

class ArchiveReader {
 public:
  explicit ArchiveReader(std::span<const std::byte> bytes) : rest_(bytes) {}
  template <PlainValue T>
  void operator()(T& value) {
    get(&value, sizeof value);
  }
  void operator()(bool& value) {
    std::uint8_t byte = 0;
    (*this)(byte);
    good_ &= byte <= 1;
    value = byte == 1;
  }
  void operator()(std::string& text) {
    text.resize(count());
    get(text.data(), text.size());
  }
  void operator()(std::vector<std::byte>& bytes) {
    bytes.resize(count());
    get(bytes.data(), bytes.size());
  }
  template <class T>
  void operator()(std::vector<T>& values) {
    values.clear();  // grows with what is read, whatever the count says
    for (std::size_t left = count(); good_ && left; --left) (*this)(values.emplace_back());
  }
  template <class T>
  requires std::is_class_v<T>
  void operator()(T& value) {
    std::apply([this](auto&... field) { ((*this)(field), ...); }, Fields<T>::of(value));
  }
  bool finished() const { return good_ && rest_.empty(); }

 private:
  std::size_t count() {
    std::uint64_t value = 0;
    (*this)(value);
    if (value > rest_.size()) good_ = false;
    return good_ ? value : 0;
  }
  void get(void* data, std::size_t size) {
    if (!good_ || size > rest_.size()) {
      good_ = false;
      return;
    }
    if (size) std::memcpy(data, rest_.data(), size);
    rest_ = rest_.subspan(size);
  }
  std::span<const std::byte> rest_;
  bool good_ = true;
};

// A whole value as bytes, and back: none where they are not those of a value.
template <class Value>
std::vector<std::byte> encode_value(const Value& value) {
  ArchiveWriter writer;
  writer(value);
  return writer.take();
}

template <class Value>
std::optional<Value> decode_value(std::span<const std::byte> bytes) {
  ArchiveReader reader(bytes);
  Value value;
  reader(value);
  if (!reader.finished()) return std::nullopt;
  return value;
}

}  // namespace kiesel
