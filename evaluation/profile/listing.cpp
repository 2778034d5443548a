#include "evaluation/profile/listing.hpp"

#include <nlohmann/json.hpp>

namespace kiesel::profile {
namespace {

using nlohmann::json;

Listing::Instruction instruction_of(const json& row) {
  return {row.at("address"), row.at("text"), row.value("file", std::string()), row.value("line", 0u),
          row.value("column", 0u)};
}

Listing listing_of(const json& all) {
  Listing listing;
  listing.source = all.at("source");
  for (const auto& function : all.at("functions")) {
    auto& out = listing.functions.emplace_back();
    out.name = function.at("name");
    for (const auto& row : function.at("instructions")) out.instructions.push_back(instruction_of(row));
  }
  return listing;
}

}  // namespace

Result<Listing> parse_listing(const std::string& text) try {
  return listing_of(json::parse(text));
} catch (const json::exception& error) {
  return Error{Errc::kInvalidBinary, error.what()};
}

}  // namespace kiesel::profile
