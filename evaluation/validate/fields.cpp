#include "evaluation/validate/fields.hpp"

#include <fmt/format.h>

#include "evaluation/validate/base64.hpp"

namespace kiesel::validate {
namespace {

const nlohmann::json kNothing;
constexpr std::size_t kLongestText = 1000;

}  // namespace

void Fields::wrong(std::string_view what) const {
  if (problem_->empty()) *problem_ = fmt::format("{} {}", path_.empty() ? "the file" : path_, what);
}

bool Fields::has(std::string_view key) const { return value_->is_object() && value_->contains(key); }

Fields Fields::operator[](std::string_view key) const {
  const std::string path = fmt::format("{}{}{}", path_, path_.empty() ? "" : ".", key);
  if (has(key)) return {*value_->find(key), path, *problem_};
  wrong(fmt::format("has no '{}'", key));
  return {kNothing, path, *problem_};
}

std::string Fields::text() const {
  if (!value_->is_string()) return wrong("must be a text"), "";
  auto text = value_->get<std::string>();
  const bool printable = text.find_first_of(std::string_view("\0\n\r\t\x1b|", 6)) == std::string::npos;
  if (text.empty() || text.size() > kLongestText || !printable) return wrong("must be one line of text"), "";
  return text;
}

std::uint64_t Fields::number(std::uint64_t least, std::uint64_t most) const {
  const std::uint64_t value = value_->is_number_unsigned() ? value_->get<std::uint64_t>() : 0;
  if (value_->is_number_unsigned() && value >= least && value <= most) return value;
  wrong(fmt::format("must be a whole number from {} to {}", least, most));
  return least;
}

std::vector<std::byte> Fields::base64() const {
  auto bytes = value_->is_string() ? from_base64(value_->get_ref<const std::string&>()) : std::nullopt;
  if (!bytes) wrong("must be base64");
  return std::move(bytes).value_or(std::vector<std::byte>());
}

std::vector<std::uint64_t> Fields::numbers(std::string_view key, std::size_t fewest, std::size_t longest,
                                           std::uint64_t least, std::uint64_t most) const {
  std::vector<std::uint64_t> out;
  for_each(key, longest, [&](const Fields& entry) { out.push_back(entry.number(least, most)); });
  if (out.size() < fewest) (*this)[key].wrong(fmt::format("must have {} values at least", fewest));
  return out;
}

void Fields::for_each(std::string_view key, std::size_t longest,
                      const std::function<void(const Fields&)>& use) const {
  const Fields list = (*this)[key];
  if (!list.value_->is_array()) return list.wrong("must be a list");
  if (list.value_->size() > longest) return list.wrong(fmt::format("has more than {} values", longest));
  for (std::size_t i = 0; i < list.value_->size() && problem_->empty(); ++i)
    use({(*list.value_)[i], fmt::format("{}[{}]", list.path_, i), *problem_});
}

void Fields::for_each_member(std::string_view key, std::size_t longest,
                             const std::function<void(const std::string&, const Fields&)>& use) const {
  const Fields object = (*this)[key];
  if (!object.value_->is_object()) return object.wrong("must be an object");
  if (object.value_->size() > longest) return object.wrong(fmt::format("has more than {} members", longest));
  for (const auto& [name, value] : object.value_->items()) {
    if (!problem_->empty()) return;
    use(name, {value, fmt::format("{}.{}", object.path_, name), *problem_});
  }
}

}  // namespace kiesel::validate
