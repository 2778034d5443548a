#include <bit>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <random>

#include "evaluation/check/bits_shadow.hpp"
#include "evaluation/check/order.hpp"
#include "evaluation/check/report.hpp"
#include "evaluation/check/undefined_bits.hpp"

using namespace kiesel;
using namespace kiesel::check;

namespace {

using isa::Op;
using u64 = std::uint64_t;

u64 sext32(u64 v) { return static_cast<u64>(static_cast<std::int64_t>(static_cast<std::int32_t>(v))); }

u64 compute(Op op, u64 a, u64 b) {
  switch (op) {
    case Op::and_:
      return a & b;
    case Op::or_:
      return a | b;
    case Op::xor_:
      return a ^ b;
    case Op::andn:
      return a & ~b;
    case Op::add:
      return a + b;
    case Op::sub:
      return a - b;
    case Op::addw:
      return sext32(a + b);
    case Op::mul:
      return a * b;
    case Op::sll:
      return a << (b & 63);
    case Op::srl:
      return a >> (b & 63);
    case Op::sraw:
      return static_cast<u64>(static_cast<std::int64_t>(static_cast<std::int32_t>(a) >> (b & 31)));
    case Op::slt:
      return static_cast<std::int64_t>(a) < static_cast<std::int64_t>(b);
    case Op::sltu:
      return a < b;
    case Op::czero_eqz:
      return b ? a : 0;
    case Op::czero_nez:
      return b ? 0 : a;
    case Op::sh2add:
      return (a << 2) + b;
    case Op::bext:
      return a >> (b & 63) & 1;
    case Op::minu:
      return std::min(a, b);
    default:
      return 0;
  }
}

// Bits in which results differ over all values of the undefined bits, which are few.
u64 differing(Op op, const Partly& a, const Partly& b) {
  u64 ones = 0, zeros = 0;
  for (u64 x = a.undefined;; x = (x - 1) & a.undefined) {
    for (u64 y = b.undefined;; y = (y - 1) & b.undefined) {
      const u64 result = compute(op, (a.value & ~a.undefined) | x, (b.value & ~b.undefined) | y);
      ones |= result;
      zeros |= ~result;
      if (!y) break;
    }
    if (!x) break;
  }
  return ones & zeros;
}

constexpr Op kAll[] = {Op::and_, Op::or_,       Op::xor_,      Op::andn,   Op::add,  Op::sub,
                       Op::addw, Op::mul,       Op::sll,       Op::srl,    Op::sraw, Op::slt,
                       Op::sltu, Op::czero_eqz, Op::czero_nez, Op::sh2add, Op::bext, Op::minu};
constexpr Op kExact[] = {Op::and_, Op::or_, Op::xor_, Op::andn, Op::slt, Op::sltu};

struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "kiesel-check-test-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

Finding example() {
  Finding finding;
  finding.kind = Kind::kRace;
  finding.kernel = "sum";
  finding.deed = {
      {"p", 16, "sw a0, 0(a1)", "sums.cl", "out[0] = i;", 3, 8}, "store of 4 bytes", "work-item (1, 0, 0)"};
  finding.other =
      Deed{{"p", 8, "lw a0, 0(a1)", "sums.cl", "x = out[0];", 2}, "load of 4 bytes", "work-item (0, 0, 0)"};
  finding.what = "race on byte 0 of 'out'";
  finding.name = "'out'";
  return finding;
}

}  // namespace

TEST_CASE("undefined bits are all that could differ, and no others where that is exact") {
  std::mt19937_64 random(1);
  for (int round = 0; round < 20000; ++round) {
    const Op op = kAll[random() % std::size(kAll)];
    const auto some = [&] {
      u64 bits = 0;
      for (u64 n = random() % 4; n; --n) bits |= u64{1} << random() % 64;
      return bits;
    };
    const auto value = [&] { return random() % 3 ? random() >> random() % 64 : random() % 4; };
    const Partly a{value(), some()}, b{value(), some()};
    isa::Instruction in;
    in.op = op;
    const u64 told = undefined_result(in, a, b), real = differing(op, a, b);
    INFO("operation " << static_cast<int>(op) << " of " << a.value << "/" << a.undefined << " and " << b.value
                      << "/" << b.undefined);
    REQUIRE((real & ~told) == 0);
    if (std::find(std::begin(kExact), std::end(kExact), op) != std::end(kExact) &&
        (op != Op::slt && op != Op::sltu))
      REQUIRE(told == real);
    // Operands that are undefined in the same bits are taken for different ones: no more than that.
    if ((op == Op::slt || op == Op::sltu) && !(a.undefined && b.undefined)) REQUIRE(told == real);
  }
}

TEST_CASE("an equality of which a defined bit decides is decided") {
  REQUIRE_FALSE(undecided(Op::beq, {0x80, 0x0F}, {0x40, 0xF}));
  REQUIRE(undecided(Op::beq, {0x80, 0x0F}, {0x80, 0}));
  REQUIRE_FALSE(undecided(Op::bltu, {0x10, 0x0F}, {0x20, 0x0F}));
  REQUIRE(undecided(Op::bltu, {0x10, 0x0F}, {0x1F, 0}));
  REQUIRE_FALSE(undecided(Op::blt, {u64{1} << 63, 0xFF}, {0, 0xFF}));
}

TEST_CASE("shadow memory knows bits, ranges and copies") {
  BitsShadow shadow;
  REQUIRE_FALSE(shadow.any(0x10000, 100000));
  shadow.set(0x10010, 10000, true);
  REQUIRE(shadow.any(0x10000, 0x11));
  REQUIRE_FALSE(shadow.any(0x10000, 0x10));
  REQUIRE(shadow.any(0x10010 + 9999, 1));
  REQUIRE_FALSE(shadow.any(0x10010 + 10000, 100));
  shadow.store(0x10010, 4, 0xFF00);
  REQUIRE(shadow.load(0x10010, 4) == 0xFF00);
  REQUIRE(shadow.load(0x10010, 8) == 0xFFFFFFFF0000FF00);
  shadow.copy(0x10010, 0x90000, 4);
  REQUIRE(shadow.load(0x90000, 4) == 0xFF00);
  shadow.set(0x10000, 0x4000, false);
  REQUIRE_FALSE(shadow.any(0x10000, 0x4000));
}

TEST_CASE("what was released and acquired is ordered, also over others") {
  Order order;
  order.begin_group();
  const Moment first{1, 1, 0, 0, {1, 1}};  // the first work-item of the work-group whose segments begin at 1
  order.release(0, 0x100, first);
  const Past by_it{1, 1, 1, 0, 0}, by_another{1, 1, 1, 5, 0};
  order.begin_group();
  REQUIRE_FALSE(order.knows(0, by_it));
  order.read(0, 0x100, true);
  REQUIRE(order.knows(0, by_it));
  REQUIRE_FALSE(order.knows(0, by_another));
  REQUIRE_FALSE(order.knows(1, by_it));
  order.release(0, 0x200, {2, 2, 0, 0, {2, 2}});
  order.begin_group();
  order.read(3, 0x200, true);
  REQUIRE(order.knows(3, by_it));
  order.begin_group();
  order.read(3, 0x200, false);
  REQUIRE_FALSE(order.knows(3, by_it));
  order.fence(3);
  REQUIRE(order.knows(3, by_it));
  REQUIRE_FALSE(order.knows(2, by_it));
  order.meet();
  REQUIRE(order.knows(2, by_it));
}

TEST_CASE("suppressions fit by kind, kernel, line and name") {
  const auto fits = [](const char* text) {
    const auto parsed = Suppressions::parse(text);
    REQUIRE(parsed.ok());
    return parsed->fits(example());
  };
  REQUIRE(fits("# known\nkind:race kernel:su*\n"));
  REQUIRE(fits("line:sums.cl:3"));
  REQUIRE(fits("line:2 name:'out'"));
  REQUIRE_FALSE(fits("line:sums.cl:4"));
  REQUIRE_FALSE(fits("kind:race kernel:other"));
  REQUIRE_FALSE(fits("kind:out-of-bounds"));
  REQUIRE_FALSE(fits("\n# nothing\n"));
  for (const char* wrong : {"race", "kind:", "line:x", "line:0", "colour:red"}) {
    const auto parsed = Suppressions::parse(std::string("kind:race\n") + wrong);
    REQUIRE_FALSE(parsed.ok());
    REQUIRE(parsed.error().reason.find("line 2") != std::string::npos);
  }
}

TEST_CASE("findings survive a log, and a damaged log costs its end only") {
  const Folder folder;
  {
    std::ofstream log(folder.path / "1-0.kcheck");
    log << to_json(example()).dump() << "\n{\"number\": 0, \"count\": 7}\n{\"launches\": 3}\n";
    log << "{\"number\": 9, \"count\": 7}\n{\"launches\": 100}\n";
  }
  {
    std::ofstream log(folder.path / "2-0.kcheck");
    log << "{\"kind\": 4}\n" << to_json(example()).dump() << "\n";
  }
  std::ofstream(folder.path / "3-0.kcheck") << std::string(100, '\xFF');
  const auto data = read_folder(folder.path);
  REQUIRE(data.ok());
  REQUIRE(data->findings.size() == 1);
  REQUIRE(data->findings[0].count == 7);
  REQUIRE(data->launches == 3);
  const auto text = to_text(*data, 10);
  REQUIRE(text.find("sums.cl:3:8: race: race on byte 0 of 'out'") == 0);
  REQUIRE(text.find("before: load of 4 bytes by work-item (0, 0, 0), sums.cl:2") != std::string::npos);
  REQUIRE(text.find("7 times") != std::string::npos);
  REQUIRE(to_text(*data, 0).find("sums.cl") == std::string::npos);
}

TEST_CASE("the same cause is one finding, whoever came first") {
  Finding other = example();
  std::swap(other.deed, *other.other);
  REQUIRE(same_cause(example(), other));
  other.name = "'in'";
  REQUIRE_FALSE(same_cause(example(), other));
}

TEST_CASE("SARIF has a rule for each kind and places for both sides") {
  Data data;
  data.findings.push_back(example());
  const auto sarif = nlohmann::json::parse(to_sarif(data, 10, "1.2.3"));
  const auto& run = sarif.at("runs").at(0);
  const auto& result = run.at("results").at(0);
  const auto rule = result.at("ruleIndex").get<std::size_t>();
  REQUIRE(run.at("tool").at("driver").at("rules").at(rule).at("id") == "race");
  REQUIRE(result.at("locations")[0]["physicalLocation"]["region"]["startLine"] == 3);
  REQUIRE(result.at("locations")[0]["physicalLocation"]["region"]["startColumn"] == 8);
  REQUIRE(result.at("relatedLocations")[0]["physicalLocation"]["artifactLocation"]["uri"] == "sums.cl");
}

TEST_CASE("tools are named") {
  REQUIRE(Tools::parse("memory,races")->has(Tool::kRaces));
  REQUIRE_FALSE(Tools::parse("memory")->has(Tool::kRaces));
  REQUIRE(Tools::parse("all")->has(Tool::kSynchronisation));
  REQUIRE_FALSE(Tools::parse("memory,colour").ok());
}
