#include <map>

#include "compiler/il/words.hpp"
#include "compiler/spirv/passes.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kOpConstantComposite = 44, kOpSpecConstantOp = 52, kOpFunction = 54, kOpVariable = 59,
                        kOpInBoundsAccessChain = 66;
constexpr std::size_t kFirstConstituent = 3;

}  // namespace

void mend_addresses(Words& words) {
  if (words.size() < kHeaderWords) return;
  Words mended(words.begin(), words.begin() + kHeaderWords);
  std::map<std::uint32_t, std::uint32_t> types, addresses;  // of variables: of their pointers; as a constant
  bool in_functions = false;
  const auto address_of = [&](std::uint32_t variable) {
    auto& address = addresses[variable];
    if (address) return address;
    address = mended[kBoundWord]++;
    const std::uint32_t constant[] = {5U << 16 | kOpSpecConstantOp, types[variable], address,
                                      kOpInBoundsAccessChain, variable};
    mended.insert(mended.end(), std::begin(constant), std::end(constant));
    return address;
  };
  const bool whole = for_each_instruction(words, [&](Instruction instruction) {
    Words changed(instruction.begin(), instruction.end());
    in_functions |= opcode(instruction) == kOpFunction;
    if (!in_functions && opcode(instruction) == kOpVariable && instruction.size() > 2)
      types[instruction[2]] = instruction[1];
    if (!in_functions && opcode(instruction) == kOpConstantComposite)
      for (std::size_t i = kFirstConstituent; i < changed.size(); ++i)
        if (types.contains(changed[i])) changed[i] = address_of(changed[i]);
    mended.insert(mended.end(), changed.begin(), changed.end());
  });
  if (whole) words = std::move(mended);
}

}  // namespace kiesel::compiler
