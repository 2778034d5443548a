// What figures of a kernel say in words, where a rule is clear. Each advice has the figures that it comes
// from.
#pragma once

#include <string>
#include <vector>

#include "evaluation/profile/figures.hpp"
#include "evaluation/profile/listing.hpp"

namespace kiesel::profile {

struct Advice {
  std::string rule;  // its name
  std::string text;
  std::string figures;  // in words
  double weight;        // of 1: how much of the kernel it is about
};

// `listing` may be null. The weightiest first.
std::vector<Advice> advice_for(const Subject& subject, const Listing* listing);

}  // namespace kiesel::profile
