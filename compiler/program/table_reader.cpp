// Reads the kernel table from JSON text: each field once, none that is not listed, each as its rule wants it.
// Values go from the text into their members: nothing is kept of what the list does not name, and nesting
// ends where the list's does.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <variant>

#include "compiler/program/fields.hpp"
#include "compiler/program/verify.hpp"

namespace kiesel::compiler {
namespace {

using Scalar = std::variant<bool, std::uint64_t, std::string>;

struct Structure;

// A field of a structure whose type is forgotten.
struct Field {
  std::string_view key;
  bool (*take)(void* owner, Scalar& value, std::size_t index);  // false: not what the rule allows
  void* (*open)(void* owner);                                   // a nested structure, or a new one of a list
  const Structure* nested;
  bool is_list;
  std::size_t numbers;  // of an array, else 0
};

struct Structure {
  const Field* fields;
  std::size_t count;
  Status (*check)(const void* owner);  // what its fields must be to each other
};

bool take(std::string& to, Scalar& value, TextRule, std::size_t) {
  auto* text = std::get_if<std::string>(&value);
  if (text) to = std::move(*text);
  return text;
}
bool take(bool& to, Scalar& value, SwitchRule, std::size_t) {
  const auto* given = std::get_if<bool>(&value);
  if (given) to = *given;
  return given;
}
template <class T>
requires std::is_integral_v<T> || std::is_enum_v<T>
bool take(T& to, Scalar& value, const NumberRule& rule, std::size_t) {
  const auto* number = std::get_if<std::uint64_t>(&value);
  if (!number || !rule.allows(*number)) return false;
  to = static_cast<T>(*number);
  return true;
}
template <class T, std::size_t N>
bool take(std::array<T, N>& to, Scalar& value, const NumberRule& rule, std::size_t index) {
  return index < N && take(to[index], value, rule, 0);
}

template <class T>
constexpr std::size_t numbers_of(const T*) {
  return 0;
}
template <class T, std::size_t N>
constexpr std::size_t numbers_of(const std::array<T, N>*) {
  return N;
}

// No rule may let through what its member cannot hold.
template <class Member>
constexpr bool fits(const Member*, const NumberRule& rule) {
  if constexpr (std::is_enum_v<Member>)
    return rule.most <= std::numeric_limits<std::underlying_type_t<Member>>::max();
  else
    return rule.most <= std::numeric_limits<Member>::max();
}
template <class T, std::size_t N>
constexpr bool fits(const std::array<T, N>*, const NumberRule& rule) {
  return rule.most <= std::numeric_limits<T>::max();
}
constexpr bool fits(const void*, auto) { return true; }

template <class Owner>
const Structure& structure_of();

template <class Element>
void* open_element(Element& element) {
  return &element;
}
template <class Element>
void* open_element(std::vector<Element>& list) {
  return &list.emplace_back();
}
template <class Element>
const Structure& nested_in(const Element*) {
  return structure_of<Element>();
}
template <class Element>
const Structure& nested_in(const std::vector<Element>*) {
  return structure_of<Element>();
}
template <class Element>
constexpr bool is_list(const Element*) {
  return false;
}
template <class Element>
constexpr bool is_list(const std::vector<Element>*) {
  return true;
}

template <class Owner, std::size_t I>
Field field_of() {
  static constexpr auto kRow = std::get<I>(Table<Owner>::kRows);
  using Member = std::remove_cvref_t<decltype(std::declval<Owner&>().*kRow.member)>;
  constexpr const Member* kNone = nullptr;
  if constexpr (std::is_same_v<std::remove_cvref_t<decltype(kRow.rule)>, NestedRule>) {
    return {kRow.key,
            nullptr,
            [](void* owner) { return open_element(static_cast<Owner*>(owner)->*kRow.member); },
            &nested_in(kNone),
            is_list(kNone),
            0};
  } else {
    static_assert(fits(kNone, kRow.rule));
    return {kRow.key,
            [](void* owner, Scalar& value, std::size_t index) {
              return take(static_cast<Owner*>(owner)->*kRow.member, value, kRow.rule, index);
            },
            nullptr,
            nullptr,
            false,
            numbers_of(kNone)};
  }
}

template <class Owner>
const Structure& structure_of() {
  static const auto kFields = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array{field_of<Owner, I>()...};
  }
  (std::make_index_sequence<kRowCount<Owner>>());
  static const Structure kStructure{kFields.data(), kFields.size(), [](const void* owner) {
                                      return check_together(*static_cast<const Owner*>(owner));
                                    }};
  return kStructure;
}

class TableReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Program program;
  std::string reason;  // why it is none

  bool null() override { return refuse("a value that is null"); }
  bool boolean(bool value) override { return scalar(value); }
  bool number_integer(std::int64_t value) override {
    return value < 0 ? refuse("a number below 0") : scalar(static_cast<std::uint64_t>(value));
  }
  bool number_unsigned(std::uint64_t value) override { return scalar(value); }
  bool number_float(double, const std::string&) override { return refuse("a number that is not whole"); }
  bool string(std::string& value) override { return scalar(std::move(value)); }
  bool binary(nlohmann::json::binary_t&) override { return refuse("bytes"); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override {
    return refuse("it is not JSON");
  }

  bool start_object(std::size_t) override {
    if (frames_.empty()) return enter(&program, structure_of<Program>());
    const Frame& top = frames_.back();
    if (!top.field || !top.field->open || top.field->is_list != top.in_array)
      return refuse("a structure where none belongs");
    return enter(top.field->open(top.owner), *top.field->nested);
  }
  bool key(std::string& name) override {
    Frame& top = frames_.back();
    const auto* const end = top.structure->fields + top.structure->count;
    top.field = std::find_if(top.structure->fields, end, [&](const Field& f) { return f.key == name; });
    const auto bit = std::uint64_t{1} << (top.field - top.structure->fields);
    if (top.field == end || (top.seen & bit)) return refuse("a name that is unknown or there twice");
    top.seen |= bit;
    return true;
  }
  bool end_object() override {
    const Frame top = frames_.back();
    if (top.seen != (std::uint64_t{1} << top.structure->count) - 1) return refuse("a name is missing");
    if (const auto status = top.structure->check(top.owner); !status) return refuse(status.error().reason);
    frames_.pop_back();
    return true;
  }
  bool start_array(std::size_t) override {
    if (frames_.empty()) return refuse("a list");
    Frame& top = frames_.back();
    if (top.in_array || !top.field || !(top.field->is_list || top.field->numbers))
      return refuse("a list where none belongs");
    top.in_array = true;
    top.index = 0;
    return true;
  }
  bool end_array() override {
    Frame& top = frames_.back();
    if (top.index != top.field->numbers) return refuse("a list of another length");
    top.in_array = false;
    return true;
  }

 private:
  struct Frame {
    void* owner;
    const Structure* structure;
    const Field* field = nullptr;  // whose value comes
    std::uint64_t seen = 0;
    bool in_array = false;
    std::size_t index = 0;
  };

  bool refuse(std::string_view why) {
    if (!reason.empty()) return false;
    reason = why;
    if (!frames_.empty() && frames_.back().field && !is_end())
      reason = fmt::format("{}, at '{}'", why, frames_.back().field->key);
    return false;
  }
  bool is_end() const {
    const Frame& top = frames_.back();
    return top.field == top.structure->fields + top.structure->count;
  }
  bool enter(void* owner, const Structure& structure) {
    frames_.push_back({owner, &structure});
    return true;
  }
  bool scalar(Scalar value) {
    if (frames_.empty()) return refuse("a value alone");
    Frame& top = frames_.back();
    if (!top.field || !top.field->take || (top.field->numbers != 0) != top.in_array)
      return refuse("a value where none belongs");
    return top.field->take(top.owner, value, top.index++) || refuse("a value that may not be");
  }

  std::vector<Frame> frames_;
};

}  // namespace

Result<Program> from_json(std::string_view text) try {
  TableReader reader;
  if (nlohmann::json::sax_parse(text, &reader)) return std::move(reader.program);
  return Error{Errc::kInvalidBinary, "the kernel table is damaged: " + reader.reason};
} catch (const std::exception& exception) {
  return Error{Errc::kInvalidBinary, std::string("the kernel table is damaged: ") + exception.what()};
}

}  // namespace kiesel::compiler
