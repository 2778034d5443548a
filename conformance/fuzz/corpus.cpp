#include "conformance/fuzz/corpus.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "device/isa/language_features.hpp"

namespace kiesel::conformance {

std::vector<Source> corpus_sources() {
  constexpr std::string_view kOptionsLine = "// options: ";
  std::vector<Source> corpus;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(KIESEL_FUZZ_CORPUS))
    paths.push_back(entry.path());
  std::ranges::sort(paths);
  for (const auto& path : paths) {
    std::ifstream file(path);
    Source source{path.stem().string(), {std::istreambuf_iterator<char>(file), {}}, {}};
    if (source.text.starts_with(kOptionsLine))
      source.options = source.text.substr(kOptionsLine.size(), source.text.find('\n') - kOptionsLine.size());
    corpus.push_back(std::move(source));
  }
  return corpus;
}

compiler::Request corpus_request(const std::string& options) {
  compiler::Request request;
  request.options = options;
  for (const auto& row : isa::language_features(request.target))
    request.extensions.append(row.name).append(" ");
  return request;
}

}  // namespace kiesel::conformance
