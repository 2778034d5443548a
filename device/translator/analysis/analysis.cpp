#include "device/translator/analysis/analysis.hpp"

#include "device/translator/analysis/steps.hpp"

namespace kiesel::translator {
namespace {

std::vector<ScalarLoop> loops_of(const Analysis& of) {
  const HostTraits host = host_traits(of.request.host_level);
  if (host.has_masks || of.request.shape.single) return {};
  return find_scalar_loops(of.code, of.liveness, of.kinds, of.accesses,
                           [&](const Item& item) { return needs_interpreter(item, host); });
}

}  // namespace

Analysis::Analysis(const TranslationRequest& of, Code&& read, const Liveness& found)
    : request(of),
      code(std::move(read)),
      liveness(found),
      kinds(code, liveness, request),
      accesses(find_access_groups(code)),
      scalar_loops(loops_of(*this)) {}

Result<std::unique_ptr<const Analysis>> Analysis::of(const TranslationRequest& request) {
  auto read = read_code(request);
  if (!read) return read.error();
  const Liveness found = rename_registers(*read);
  find_literals(*read, found, request);
  return std::unique_ptr<const Analysis>(new Analysis(request, std::move(*read), found));
}

}  // namespace kiesel::translator
