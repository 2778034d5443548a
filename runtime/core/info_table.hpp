// Answers that never change, by their number: the whole of clGetPlatformInfo and most of clGetDeviceInfo.
#pragma once

#include <CL/cl.h>

#include <cstddef>
#include <cstring>
#include <map>
#include <string_view>
#include <vector>

namespace kiesel::runtime {

class InfoTable {
 public:
  template <class T>
  void add(cl_uint name, const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    put(name, &value, sizeof value);
  }
  void add_text(cl_uint name, std::string_view text) {
    auto& bytes = put(name, text.data(), text.size());
    bytes.push_back(std::byte{0});
  }
  template <class T>
  void add_array(cl_uint name, const std::vector<T>& values) {
    put(name, values.data(), values.size() * sizeof(T));
  }

  const std::vector<std::byte>* find(cl_uint name) const {
    const auto found = answers_.find(name);
    return found == answers_.end() ? nullptr : &found->second;
  }

 private:
  std::vector<std::byte>& put(cl_uint name, const void* bytes, std::size_t size) {
    const auto* begin = static_cast<const std::byte*>(bytes);
    return answers_[name] = std::vector<std::byte>(begin, begin + size);
  }

  std::map<cl_uint, std::vector<std::byte>> answers_;
};

}  // namespace kiesel::runtime
