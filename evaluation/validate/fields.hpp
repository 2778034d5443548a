// Values of a JSON text that nobody has checked. The first thing that is wrong is kept in words; what is read
// after it is empty.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace kiesel::validate {

class Fields {
 public:
  // `path`: where the value is, for messages; `problem`: where the first message goes, and outlives this.
  Fields(const nlohmann::json& value, std::string path, std::string& problem)
      : value_(&value), path_(std::move(path)), problem_(&problem) {}

  void wrong(std::string_view what) const;

  bool has(std::string_view key) const;
  Fields operator[](std::string_view key) const;  // which must be there

  std::string text() const;
  std::uint64_t number(std::uint64_t least, std::uint64_t most) const;
  std::vector<std::byte> base64() const;

  // A list under the key, with so many values from `least` to `most`.
  std::vector<std::uint64_t> numbers(std::string_view key, std::size_t fewest, std::size_t longest,
                                     std::uint64_t least, std::uint64_t most) const;
  // Of a list, or an object, under the key, which has `longest` values at most. Ends with the first problem.
  void for_each(std::string_view key, std::size_t longest,
                const std::function<void(const Fields&)>& use) const;
  void for_each_member(std::string_view key, std::size_t longest,
                       const std::function<void(const std::string&, const Fields&)>& use) const;

 private:
  const nlohmann::json* value_;
  std::string path_;
  std::string* problem_;
};

}  // namespace kiesel::validate
