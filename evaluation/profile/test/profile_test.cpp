// What profilers write, what is made of it, and what becomes of it when it is damaged.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "evaluation/profile/advice.hpp"
#include "evaluation/profile/collector.hpp"
#include "evaluation/profile/compare.hpp"
#include "evaluation/profile/figures.hpp"
#include "evaluation/profile/report.hpp"
#include "support/file.hpp"

namespace kiesel::profile {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;
using enum device::CounterId;

constexpr const char* kKiesel = "1.2.3";

class Folder {
 public:
  Folder() {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  const fs::path& path() const { return path_; }
  std::vector<fs::path> logs() const {
    std::vector<fs::path> out;
    for (const auto& entry : fs::directory_iterator(path_))
      if (entry.path().extension() == kLogSuffix) out.push_back(entry.path());
    return out;
  }

 private:
  const fs::path path_ = fs::temp_directory_path() / fmt::format("kiesel-profile-test-{}", ::getpid());
};

ProcessNote process_note() {
  ProcessNote note;
  note.kiesel = kKiesel;
  note.command = "./app, with a comma";
  note.engine = "auto";
  note.devices.push_back({"Kiesel test", "RV64", 2, 4, 8, 1000, 64, 1 << 14});
  return note;
}

device::LaunchCounts counts(std::uint64_t all, std::uint64_t lanes) {
  device::LaunchCounts out;
  out[instructions] = all;
  out[lane_instructions] = lanes;
  out.code_begin = 0x100;
  out.instructions.assign(2, {});
  out.instructions[0] = {all - 1, lanes - 1};
  out.instructions[1] = {1, 1};
  return out;
}

LaunchNote launch_note(std::uint64_t number, const device::LaunchCounts& of, std::string kernel = "work") {
  LaunchNote note;
  note.number = number;
  note.key = {0, "", std::move(kernel)};
  note.times = {1000 + 100 * number, 1010 + 100 * number, 1060 + 100 * number};
  note.global_size = {64, 1, 1};
  note.local_size = {8, 1, 1};
  note.counted = true;
  note.totals = of.totals;
  return note;
}

Data read(const Folder& folder) {
  auto data = read_folder(folder.path(), kKiesel);
  INFO((data ? "" : data.error().reason));
  REQUIRE(data.ok());
  return std::move(*data);
}

Lister lister() {
  return [](const std::string&) -> Result<Listing> {
    return Listing{
        "first\nsecond\n",
        {{"work", {{0x100, "addi a0, a0, 1", "x.cl", 2}, {0x104, "ret", "x.cl", 2}, {0x108, "nop", "", 0}}}}};
  };
}

TEST_CASE("programs are those whose files are whole") {
  const Folder folder;
  const std::vector<std::byte> elf(100, std::byte{7});
  const std::string name = Collector(folder.path(), process_note()).add_program(elf);
  CHECK(read(folder).programs == std::set{name});
  fs::resize_file(folder.path() / (name + std::string(kProgramSuffix)), 99);
  CHECK(read(folder).programs.empty());
}

TEST_CASE("what a collector writes is read back and added up by kernel") {
  const Folder folder;
  {
    Collector collector(folder.path(), process_note());
    for (std::uint64_t i = 0; i < 3; ++i) {
      const auto of = counts(10 * (i + 1), 60 * (i + 1));
      CHECK(collector.next_launch() == i);
      auto note = launch_note(i, of);
      if (i == 2) note.failure = "it broke";
      collector.add(note, &of);
    }
    collector.add(launch_note(3, {}, "other"), nullptr);
    collector.add(TransferNote{0, TransferKind::kWrite, 4096, {1, 2, 5}});
  }
  const Data data = read(folder);
  REQUIRE(data.processes.size() == 1);
  const ProcessData& process = data.processes.front();
  CHECK(process.end_ns.has_value());
  CHECK_FALSE(process.damaged);
  CHECK(process.note.command == "./app, with a comma");
  REQUIRE(process.kernels.size() == 2);
  const KernelData& kernel = process.kernels.at({0, "", "work"});
  CHECK(kernel.launches == 3);
  CHECK(kernel.failed == 1);
  CHECK(kernel.nanoseconds == 150);
  CHECK(kernel.counts[instructions] == 60);
  CHECK(kernel.counts[lane_instructions] == 360);
  CHECK(kernel.code_launches == 3);
  REQUIRE(kernel.counts.instructions.size() == 2);
  CHECK(kernel.counts.instructions[0][0] == 57);
  CHECK(kernel.counts.instructions[1][1] == 3);
  CHECK(kernel.counts.code_begin == 0x100);
  CHECK(process.transfer_totals.at("write").bytes == 4096);
}

TEST_CASE("commands without a record of their own are in the sums") {
  const Folder folder;
  constexpr std::uint64_t kMany = 30'000;
  {
    Collector collector(folder.path(), process_note());
    for (std::uint64_t i = 0; i < kMany; ++i) {
      const auto of = counts(2, 16);
      collector.add(launch_note(i, of), &of);
      collector.add(TransferNote{0, TransferKind::kRead, 3, {1, 2, 5}});
    }
  }
  REQUIRE(folder.logs().size() == 1);
  CHECK(fs::file_size(folder.logs().front()) < 20 << 20);
  const Data data = read(folder);
  const ProcessData& process = data.processes.front();
  CHECK(process.launches.size() + process.transfers.size() + process.rest == 2 * kMany);
  CHECK(process.rest > 0);
  const KernelData& kernel = process.kernels.begin()->second;
  CHECK(kernel.launches == kMany);
  CHECK(kernel.counts[instructions] == 2 * kMany);
  CHECK(kernel.counts.instructions[0][0] == kMany);
  CHECK(kernel.nanoseconds == 50 * kMany);
  CHECK(process.transfer_totals.at("read").count == kMany);
  const auto profile = describe(data, {}, lister());
  CHECK_THAT(profile["notes"].dump(), Contains("have no record of their own"));
}

TEST_CASE("a file that ends early, or is damaged, is good up to there") {
  const Folder folder;
  {
    Collector collector(folder.path(), process_note());
    for (std::uint64_t i = 0; i < 4; ++i) {
      const auto of = counts(10, 60);
      collector.add(launch_note(i, of), &of);
    }
  }
  const auto whole = *read_binary_file(folder.logs().front());
  std::size_t most = 0;
  for (std::size_t length = 0; length <= whole.size(); length += 7) {
    const auto process = read_process(std::span(whole).first(length), kKiesel);
    if (!process) continue;
    CHECK(process->launches.size() >= most);
    most = process->launches.size();
    (void)describe({{*process}, {}}, {}, lister());
  }
  CHECK(most == 4);
  for (std::size_t at = 0; at < whole.size(); at += 5) {
    auto damaged = whole;
    damaged[at] ^= std::byte{0x40};
    const auto process = read_process(damaged, kKiesel);
    if (process) CHECK((process->damaged || process->launches.size() == 4));
  }
  CHECK_FALSE(read_process(whole, "another version"));
  CHECK_FALSE(read_process({}, kKiesel));
}

TEST_CASE("counts of code that cannot be are refused") {
  CodeNote note{{}, 1, 0x100, 2, {{0, {1, 2}}}};
  REQUIRE(counts_of(note));
  CHECK((*counts_of(note)).instructions[1][0] == 2);
  auto other = note;
  other.columns[0].counter = device::kInstructionCounters;
  CHECK_FALSE(counts_of(other));
  other = note;
  other.columns[0].values.push_back(3);
  CHECK_FALSE(counts_of(other));
  other = note;
  other.instructions = std::uint64_t{1} << 40;
  CHECK_FALSE(counts_of(other));
  other = note;
  other.begin = ~std::uint64_t{3};
  CHECK_FALSE(counts_of(other));
}

KernelData kernel_data() {
  KernelData kernel;
  kernel.key = {0, "", "work"};
  kernel.launches = kernel.counted = 2;
  kernel.untimed_launches = 2;
  kernel.counts = counts(100, 400);
  return kernel;
}

std::optional<double> value(const Subject& subject, std::string_view id) {
  for (const Figure& figure : figures())
    if (figure.id == id) return figure.of(subject);
  FAIL("no figure " << id);
  return {};
}

TEST_CASE("figures follow from counts") {
  const ProcessNote process = process_note();
  KernelData kernel = kernel_data();
  kernel.counts[lines] = 10;
  kernel.counts[global_loads] = 4;
  kernel.counts[global_stores] = 1;
  kernel.counts[flops] = 1280;
  kernel.counts[work_groups] = 2;
  const Machine machine;
  const Subject subject{kernel, process.devices[0], machine};
  CHECK(value(subject, "active_lanes") == Approx(50));
  CHECK(value(subject, "lines_per_access") == Approx(2));
  CHECK(value(subject, "flops_per_byte") == Approx(2));
  CHECK(value(subject, "groups_per_core") == Approx(0.5));
  CHECK_FALSE(value(subject, "conflicts_per_access"));  // no access: there is no figure
  CHECK_FALSE(value(subject, "ipc"));                   // no clock
  CHECK(limits_of(subject).empty());

  kernel.counts.timed = true;
  kernel.untimed_launches = 0;
  kernel.counts.clock_khz = 1'000'000;
  kernel.counts[cycles] = 200;
  kernel.counts[warp_cycles] = 800;
  CHECK(value(subject, "ipc") == Approx(0.25));
  CHECK(value(subject, "occupancy") == Approx(50));
  CHECK(value(subject, "device_ms") == Approx(2e-4));
  CHECK(value(subject, "gflops") == Approx(6.4));
  const auto limits = limits_of(subject);
  REQUIRE_FALSE(limits.empty());
  CHECK(limits.front().used == Approx(0.25));
  kernel.untimed_launches = 1;  // mixed: a sum over some of the launches says nothing
  CHECK_FALSE(value(subject, "ipc"));
}

std::vector<std::string> rules(const Subject& subject) {
  std::vector<std::string> out;
  for (const Advice& advice : advice_for(subject, nullptr)) out.push_back(advice.rule);
  std::ranges::sort(out);
  return out;
}

TEST_CASE("advice is given where its figures say so, and names them") {
  const ProcessNote process = process_note();
  KernelData kernel = kernel_data();
  kernel.counts = counts(100, 800);
  kernel.counts[work_groups] = 8;
  const Machine machine;
  const Subject subject{kernel, process.devices[0], machine};
  CHECK(rules(subject).empty());

  kernel.counts[lane_instructions] = 300;
  const Listing listing = *lister()("");
  const auto advice = advice_for(subject, &listing);
  REQUIRE(advice.size() == 1);
  CHECK_THAT(advice[0].text,
             Contains("62 % of the lanes are idle") || Contains("63 % of the lanes are idle"));
  CHECK_THAT(advice[0].figures, Contains("300 lane instructions in 100 instructions of warps of 8 lanes"));
  kernel.counts[lane_instructions] = 800;

  kernel.counts[bank_conflicts] = 30;
  kernel.counts[local_loads] = 20;
  CHECK(rules(subject) == std::vector<std::string>{"bank conflicts"});
  kernel.counts[bank_conflicts] = 0;
  kernel.counts[work_groups] = 2;
  CHECK(rules(subject) == std::vector<std::string>{"few work-groups"});
  kernel.counts[work_groups] = 8;
  kernel.first = launch_note(0, {});
  kernel.first->local_size = {9, 1, 1};
  CHECK(rules(subject) == std::vector<std::string>{"work-group size"});
}

TEST_CASE("what is near its most is said to limit, where there is a clock") {
  const ProcessNote process = process_note();
  Machine machine;
  machine.buses = 2;
  KernelData kernel = kernel_data();
  kernel.counts = counts(100, 800);
  kernel.counts[work_groups] = 8;
  kernel.counts[cycles] = 100;
  kernel.counts[warp_cycles] = 800;
  kernel.counts[memory_bus_cycles] = 190;
  const Subject subject{kernel, process.devices[0], machine};
  CHECK(rules(subject).empty());
  kernel.counts.timed = true;
  kernel.untimed_launches = 0;
  const auto advice = advice_for(subject, nullptr);
  REQUIRE(advice.size() == 1);
  CHECK_THAT(advice[0].text, Contains("memory limits it: 95 % of the most"));
}

TEST_CASE("idle lanes are told by the line where most of them are") {
  const ProcessNote process = process_note();
  KernelData kernel = kernel_data();
  kernel.counts = {};
  kernel.counts.code_begin = 0x100;
  kernel.counts.instructions = {{50, 100}, {50, 400}};
  kernel.counts[instructions] = 100;
  kernel.counts[lane_instructions] = 500;
  kernel.counts[work_groups] = 8;
  const Listing listing{"", {{"work", {{0x100, "x", "x.cl", 7}, {0x104, "y", "x.cl", 9}}}}};
  const auto advice = advice_for({kernel, process.devices[0], Machine()}, &listing);
  REQUIRE(advice.size() == 1);
  CHECK_THAT(advice[0].text, Contains("100 % of that at line 7"));
}

Data some_data() {
  Data data;
  ProcessData process;
  process.note = process_note();
  process.note.start_ns = 1000;
  process.end_ns = 9000;
  KernelData kernel = kernel_data();
  kernel.key.kernel = "</script><b>";
  process.launches.push_back(launch_note(0, kernel.counts, kernel.key.kernel));
  process.launches.push_back(launch_note(1, kernel.counts, kernel.key.kernel));
  process.launches[1].times.start = process.launches[0].times.start + 1;  // at the same time
  kernel.first = process.launches[0];
  process.kernels[kernel.key] = kernel;
  process.transfers.push_back({0, TransferKind::kRead, 64, {3000, 3001, 3005}});
  data.processes.push_back(process);
  return data;
}

TEST_CASE("the profile says what there is, and nothing of what needs a clock") {
  const auto profile = describe(some_data(), {.kiesel = kKiesel, .subject = "app"}, lister());
  CHECK(profile["format"] == "kiesel-profile");
  CHECK(profile["version"] == kFormatVersion);
  CHECK(profile["accuracy"] == "not validated");
  CHECK_THAT(profile["notes"].dump(), Contains("no clock"));
  const auto& kernel = profile["kernels"][0];
  CHECK_FALSE(kernel.contains("device_ns"));
  CHECK_FALSE(kernel["counters"].contains("cycles"));
  CHECK(kernel["counters"]["instructions"] == 100);
  CHECK(kernel["code"]["counters"] == nlohmann::ordered_json({"instructions", "lane_instructions"}));
  const auto& rows = kernel["code"]["functions"][0]["instructions"];
  CHECK(rows[0]["counts"] == nlohmann::ordered_json({99, 399}));
  CHECK(rows[0]["line"] == 2);
  CHECK_FALSE(rows[2].contains("counts"));
  const auto& process = profile["processes"][0];
  CHECK(process["launches"][0]["row"] == 0);
  CHECK(process["launches"][1]["row"] == 1);
  CHECK(process["gaps"]["count"] == 1);
  CHECK(process["gaps"]["ns"] == 3001 - 1160);
}

TEST_CASE("names from applications do not end the page's data") {
  const auto page = page_of(describe(some_data(), {.kiesel = kKiesel, .subject = "app"}, lister()));
  CHECK_THAT(page, !Contains("</script><b>"));
  CHECK_THAT(page, Contains("\\u003c/script>\\u003cb>") || Contains("\\u003c/script>"));
  for (const char* name : {"${style}", "${data}", "${script}"}) CHECK_THAT(page, !Contains(name));
}

TEST_CASE("tables are CSV") {
  const Data data = some_data();
  const auto profile = describe(data, {}, lister());
  const auto kernels = table_of_kernels(profile);
  CHECK_THAT(kernels, Contains("process,device,name,program,launches"));
  CHECK_THAT(kernels, Contains("</script><b>"));
  const auto launches = table_of_launches(data);
  CHECK(std::ranges::count(launches, '\n') == 3);
  const auto columns = std::ranges::count(launches.substr(0, launches.find('\n')), ',');
  CHECK(std::ranges::count(launches, ',') == 3 * columns);
  CHECK_THAT(table_of_transfers(profile), Contains("read,0,64,2000,2001,2005"));
  CHECK_THAT(table_of_code(profile), Contains("0,</script><b>,work,256,\"addi a0, a0, 1\",x.cl,2,99,399"));
}

TEST_CASE("comparisons rank what differs by how far and how much it is") {
  auto before = describe(some_data(), {}, lister());
  auto after = before;
  after["kernels"][0]["figures"]["active_lanes"] = 100.0;
  after["kernels"][0]["counters"]["lane_instructions"] = 410;
  const auto comparison = compare({{"a", before}, {"b", after}});
  const auto& first = comparison["differences"][0];
  CHECK(first["id"] == "active_lanes");
  CHECK(first["verdict"] == "better");
  CHECK(first["change_percent"].get<double>() == Approx(100));
  CHECK(comparison["differences"].size() == 2);
  CHECK(comparison["differences"][1]["verdict"] == "changed");
  CHECK(compare({{"a", before}, {"b", before}})["differences"].empty());
  CHECK_THAT(comparison_text(comparison, 1), Contains("+100.0 %") && Contains("and 1 smaller ones"));
  CHECK_THAT(comparison_page(comparison), Contains("kiesel-comparison"));
}

TEST_CASE("what is no profile is not compared") {
  const Folder folder;
  const auto path = folder.path() / "profile.json";
  const auto refused = [&](std::string_view text) {
    REQUIRE(write_file_atomically(path, text));
    return !read_profile(folder.path());
  };
  CHECK(refused(""));
  CHECK(refused("[]"));
  CHECK(refused("{\"format\": 3}"));
  CHECK(refused("{\"format\": \"kiesel-profile\", \"version\": 1}"));
  CHECK(refused("{\"format\": \"kiesel-profile\", \"version\": 1, \"kernels\": [{\"name\": 4}]}"));
  auto profile = describe(some_data(), {}, lister());
  const auto text = profile.dump();
  CHECK_FALSE(refused(text));
  profile["version"] = kFormatVersion + 1;
  CHECK(refused(profile.dump()));
}

TEST_CASE("docs/profile.md has the table of figures") {
  const auto page = read_text_file(KIESEL_SOURCE_DIR "/docs/profile.md");
  REQUIRE(page);
  for (const Figure& figure : figures())
    CHECK_THAT(*page,
               Contains(fmt::format("\n| {} | {} | {} |\n", figure.name, figure.unit, figure.meaning)));
}

}  // namespace
}  // namespace kiesel::profile
