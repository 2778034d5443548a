#include "evaluation/check/bits_shadow.hpp"

#include <algorithm>

namespace kiesel::check {
namespace {

// By pages: f(address, bytes) of each part.
template <class F>
void by_page(std::uint64_t begin, std::uint64_t bytes, std::uint64_t page, F f) {
  while (bytes) {
    const std::uint64_t part = std::min(bytes, page - (begin & (page - 1)));
    f(begin, part);
    begin += part;
    bytes -= part;
  }
}

bool any_set(const std::uint8_t* from, std::uint64_t bytes) {
  std::uint64_t all = 0;
  for (; bytes >= 8; from += 8, bytes -= 8) {
    std::uint64_t word;
    std::memcpy(&word, from, sizeof word);
    all |= word;
  }
  for (; bytes; ++from, --bytes) all |= *from;
  return all != 0;
}

}  // namespace

void BitsShadow::set(std::uint64_t begin, std::uint64_t bytes, bool undefined) {
  by_page(begin, bytes, Shadow::kBytes, [&](std::uint64_t at, std::uint64_t part) {
    if (part == Shadow::kBytes && !undefined) return pages_.remove(at);
    if (part == Shadow::kBytes) {
      pages_.get(at).bits.reset();
      return;
    }
    Page* page = pages_.find(at);
    if (!page && !undefined) return;
    if (!page) {
      page = &pages_.get(at);
      std::memset(page->all(), 0, Shadow::kBytes);
    }
    std::memset(page->all() + (at & (Shadow::kBytes - 1)), undefined ? 0xFF : 0, part);
  });
}

bool BitsShadow::any(std::uint64_t begin, std::uint64_t bytes) {
  bool found = false;
  by_page(begin, bytes, Shadow::kBytes, [&](std::uint64_t at, std::uint64_t part) {
    Page* const page = found ? nullptr : pages_.find(at);
    if (page) found = !page->bits || any_set(page->bits.get() + (at & (Shadow::kBytes - 1)), part);
  });
  return found;
}

std::uint64_t BitsShadow::load(std::uint64_t address, unsigned bytes) {
  Page* const page = pages_.find(address);
  if (!page) return 0;
  std::uint64_t out = 0;
  if (!page->bits) return bytes == 8 ? ~out : (std::uint64_t{1} << 8 * bytes) - 1;
  std::memcpy(&out, page->bits.get() + (address & (Shadow::kBytes - 1)), bytes);
  return out;
}

void BitsShadow::store(std::uint64_t address, unsigned bytes, std::uint64_t undefined) {
  Page* page = pages_.find(address);
  if (!page) {
    if (!undefined) return;
    page = &pages_.get(address);
    std::memset(page->all(), 0, Shadow::kBytes);
  }
  std::memcpy(page->all() + (address & (Shadow::kBytes - 1)), &undefined, bytes);
}

void BitsShadow::copy(std::uint64_t from, std::uint64_t to, std::uint64_t bytes) {
  if (!any(from, bytes)) return set(to, bytes, false);
  for (std::uint64_t i = 0; i < bytes; ++i) store(to + i, 1, load(from + i, 1));
}

}  // namespace kiesel::check
