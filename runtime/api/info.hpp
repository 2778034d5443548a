// Info queries: one place that checks sizes and copies.
#pragma once

#include <CL/cl.h>

#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "runtime/api/check.hpp"
#include "runtime/core/info_table.hpp"

namespace kiesel::runtime::api {

[[gnu::cold]] ApiError does_not_fit(std::size_t answer, std::size_t room);
[[gnu::cold]] ApiError no_query(cl_uint name);

// Where an answer goes: the last three parameters of every clGet...Info. CL_INVALID_VALUE when it does not
// fit.
class Answer {
 public:
  Answer(std::size_t size, void* value, std::size_t* size_ret)
      : size_(size), value_(value), size_ret_(size_ret) {}

  Outcome<> bytes(const void* from, std::size_t size) const {
    KIESEL_CHECK(fits(size));
    if (value_ && size) std::memcpy(value_, from, size);
    if (size_ret_) *size_ret_ = size;
    return {};
  }
  template <class T>
  [[gnu::always_inline]] Outcome<> value(const T& value) const {
    static_assert(std::is_trivially_copyable_v<T>);
    if (value_ && size_ < sizeof value) [[unlikely]]
      return does_not_fit(sizeof value, size_);
    if (value_) std::memcpy(value_, &value, sizeof value);
    if (size_ret_) *size_ret_ = sizeof value;
    return {};
  }
  template <class T>
  Outcome<> array(const std::vector<T>& values) const {
    return bytes(values.data(), values.size() * sizeof(T));
  }
  Outcome<> text(std::string_view text) const { return bytes(std::string(text).c_str(), text.size() + 1); }

  Outcome<> from(const InfoTable& table, cl_uint name) const {
    const auto* found = table.find(name);
    return found ? bytes(found->data(), found->size()) : unknown(name);
  }
  static Outcome<> unknown(cl_uint name) { return no_query(name); }

  // Before looking at what the application put into the answer's memory.
  Outcome<> fits(std::size_t size) const {
    if (value_ && size_ < size) return does_not_fit(size, size_);
    return {};
  }
  void* target() const { return value_; }
  std::size_t room() const { return size_; }

 private:
  std::size_t size_;
  void* value_;
  std::size_t* size_ret_;
};

template <class T>
std::vector<typename T::ClType> cl_handles(const std::vector<Ref<T>>& objects) {
  std::vector<typename T::ClType> out;
  for (const auto& object : objects) out.push_back(cl_handle(*object));
  return out;
}

}  // namespace kiesel::runtime::api
