#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

namespace {

using Triple = std::array<std::size_t, 3>;

std::vector<unsigned char> numbered(std::size_t count) {
  std::vector<unsigned char> out(count);
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<unsigned char>(i * 7 + i / 256);
  return out;
}

// The plain meaning of a rectangular transfer.
void move(const std::vector<unsigned char>& from, std::vector<unsigned char>& to, Triple from_origin,
          Triple to_origin, Triple region, std::size_t from_row, std::size_t from_slice, std::size_t to_row,
          std::size_t to_slice) {
  for (std::size_t z = 0; z < region[2]; ++z)
    for (std::size_t y = 0; y < region[1]; ++y)
      for (std::size_t x = 0; x < region[0]; ++x)
        to[(to_origin[2] + z) * to_slice + (to_origin[1] + y) * to_row + to_origin[0] + x] =
            from[(from_origin[2] + z) * from_slice + (from_origin[1] + y) * from_row + from_origin[0] + x];
}

}  // namespace

TEST_CASE("rectangles are read, written and copied as the formula says") {
  const Session session;
  const Triple origin{3, 2, 1}, host_origin{1, 1, 0}, region{9, 4, 3};
  auto data = numbered(20 * 10 * 6);
  Memory memory = session.buffer_of(data);

  std::vector<unsigned char> host(16 * 6 * 3, 0xEE), expected = host;
  move(data, expected, origin, host_origin, region, 20, 200, 16, 96);
  REQUIRE(clEnqueueReadBufferRect(session.queue, memory, CL_TRUE, origin.data(), host_origin.data(),
                                  region.data(), 20, 200, 16, 96, host.data(), 0, nullptr,
                                  nullptr) == CL_SUCCESS);
  CHECK(host == expected);

  auto target = numbered(20 * 10 * 6);
  move(host, target, host_origin, {0, 0, 0}, region, 16, 96, 20, 200);
  const Triple zero{};
  REQUIRE(clEnqueueWriteBufferRect(session.queue, memory, CL_TRUE, zero.data(), host_origin.data(),
                                   region.data(), 20, 200, 16, 96, host.data(), 0, nullptr,
                                   nullptr) == CL_SUCCESS);
  CHECK(session.read<unsigned char>(memory, target.size()) == target);

  Memory other = session.buffer(1024);
  const unsigned char filler = 1;
  REQUIRE(clEnqueueFillBuffer(session.queue, other, &filler, 1, 0, 1024, 0, nullptr, nullptr) == CL_SUCCESS);
  std::vector<unsigned char> copied(1024, 1);
  move(target, copied, origin, zero, region, 20, 200, 9, 36);  // pitches of 0: as narrow as the region
  REQUIRE(clEnqueueCopyBufferRect(session.queue, memory, other, origin.data(), zero.data(), region.data(), 20,
                                  200, 0, 0, 0, nullptr, nullptr) == CL_SUCCESS);
  CHECK(session.read<unsigned char>(other, 1024) == copied);
}

TEST_CASE("rectangles are checked") {
  const Session session;
  Memory memory = session.buffer(1000);
  std::vector<unsigned char> host(4000);
  const auto read = [&](Triple origin, Triple region, std::size_t row, std::size_t slice) {
    const Triple zero{};
    return clEnqueueReadBufferRect(session.queue, memory, CL_TRUE, origin.data(), zero.data(), region.data(),
                                   row, slice, 0, 0, host.data(), 0, nullptr, nullptr);
  };
  CHECK(read({0, 0, 0}, {10, 10, 10}, 10, 100) == CL_SUCCESS);
  CHECK(read({1, 0, 0}, {10, 10, 10}, 10, 100) == CL_INVALID_VALUE);
  CHECK(read({0, 0, 0}, {10, 0, 10}, 10, 100) == CL_INVALID_VALUE);
  CHECK(read({0, 0, 0}, {10, 10, 1}, 9, 0) == CL_INVALID_VALUE);
  CHECK(read({0, 0, 0}, {10, 5, 2}, 10, 49) == CL_INVALID_VALUE);
  CHECK(read({0, 0, 0}, {10, 5, 2}, 10, 55) == CL_INVALID_VALUE);
  CHECK(read({0, ~std::size_t{0}, 0}, {10, 5, 2}, 10, 50) == CL_INVALID_VALUE);
  const Triple zero{}, region{4, 1, 1};
  CHECK(clEnqueueReadBufferRect(session.queue, memory, CL_TRUE, zero.data(), zero.data(), region.data(), 0, 0,
                                0, 0, nullptr, 0, nullptr, nullptr) == CL_INVALID_VALUE);
  CHECK(clEnqueueReadBufferRect(session.queue, memory, CL_TRUE, nullptr, zero.data(), region.data(), 0, 0, 0,
                                0, host.data(), 0, nullptr, nullptr) == CL_INVALID_VALUE);
}

TEST_CASE("overlapping rectangles of one buffer are found, interlocking ones are not overlapping") {
  const Session session;
  Memory memory = session.buffer(4096);
  // Against the definition: two regions overlap when they share a byte.
  unsigned seed = 1;
  const auto random = [&](unsigned most) {
    seed = seed * 1664525 + 1013904223;
    return std::size_t{seed / 65536 % most};
  };
  for (int round = 0; round < 300; ++round) {
    const std::size_t row = 8 + random(8), slice = row * (3 + random(3));
    const Triple region{1 + random(8), 1 + random(3), 1 + random(3)};
    const Triple from{random(12), random(4), random(3)}, to{random(12), random(4), random(3)};
    std::vector<char> marks(4096);
    const auto each = [&](Triple origin, auto visit) {
      for (std::size_t z = 0; z < region[2]; ++z)
        for (std::size_t y = 0; y < region[1]; ++y)
          for (std::size_t x = 0; x < region[0]; ++x)
            visit((origin[2] + z) * slice + (origin[1] + y) * row + origin[0] + x);
    };
    bool shared = false;
    each(from, [&](std::size_t at) { marks[at] = 1; });
    each(to, [&](std::size_t at) { shared |= marks[at] != 0; });
    const cl_int error = clEnqueueCopyBufferRect(session.queue, memory, memory, from.data(), to.data(),
                                                 region.data(), row, slice, row, slice, 0, nullptr, nullptr);
    INFO("row " << row << " slice " << slice);
    REQUIRE(error == (shared ? CL_MEM_COPY_OVERLAP : CL_SUCCESS));
  }
  const Triple zero{}, away{0, 64, 0}, region{8, 2, 1};
  CHECK(clEnqueueCopyBufferRect(session.queue, memory, memory, zero.data(), away.data(), region.data(), 8, 16,
                                16, 32, 0, nullptr, nullptr) == CL_INVALID_VALUE);
}

TEST_CASE("overlapping rectangles of sub-buffers of one buffer are found") {
  const Session session;
  Memory whole = session.buffer(1024);
  cl_int error = 1;
  const cl_buffer_region first{0, 512}, second{256, 512};
  Memory a(clCreateSubBuffer(whole, 0, CL_BUFFER_CREATE_TYPE_REGION, &first, &error));
  Memory b(clCreateSubBuffer(whole, 0, CL_BUFFER_CREATE_TYPE_REGION, &second, &error));
  REQUIRE(error == CL_SUCCESS);
  const std::size_t zero[3] = {0, 0, 0}, far[3] = {256, 0, 0}, behind[3] = {300, 0, 0},
                    region[3] = {16, 2, 1};
  const auto copy = [&](cl_mem from, const std::size_t* at, cl_mem to, const std::size_t* target) {
    return clEnqueueCopyBufferRect(session.queue, from, to, at, target, region, 32, 0, 32, 0, 0, nullptr,
                                   nullptr);
  };
  CHECK(copy(a, far, b, zero) == CL_MEM_COPY_OVERLAP);
  CHECK(copy(whole, far, b, zero) == CL_MEM_COPY_OVERLAP);
  CHECK(copy(a, zero, b, zero) == CL_SUCCESS);
  CHECK(copy(a, behind, b, behind) == CL_SUCCESS);
}
