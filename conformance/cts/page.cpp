#include "conformance/cts/page.hpp"

#include <fmt/format.h>

namespace kiesel::conformance {
namespace {

constexpr const char* kStyle =
    "body{font:15px sans-serif;margin:2em;max-width:70em}table{border-collapse:collapse}"
    "td,th{padding:.2em .8em;border-bottom:1px solid "
    "#ccc;text-align:right}td:first-child,th:first-child{text-align:left}"
    ".pass{color:#17692a}.fail,.crash,.timeout{color:#b00020}.skip{color:#777}";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '<' ? "&lt;" : c == '&' ? "&amp;" : std::string(1, c);
  return out;
}

std::string row_of(const Totals& t) {
  return fmt::format(
      "<td>{}</td><td class=pass>{}</td><td class={}>{}</td><td class=skip>{}</td><td>{:.1f}</td>", t.count,
      t.pass, t.count == t.pass + t.skip ? "pass" : "fail", t.fail + t.crash + t.timeout, t.skip, t.seconds);
}

const std::map<std::string, SubTest>* suite_of(const Results* results, const std::string& name) {
  if (!results) return nullptr;
  const auto suite = results->suites.find(name);
  return suite == results->suites.end() ? nullptr : &suite->second;
}

Totals grand_total(const Results& results) {
  Totals sum;
  for (const auto& [name, suite] : results.suites) {
    const auto t = totals(suite);
    sum.count += t.count, sum.pass += t.pass, sum.fail += t.fail, sum.skip += t.skip;
    sum.crash += t.crash, sum.timeout += t.timeout, sum.seconds += t.seconds;
  }
  return sum;
}

std::string summary(const Results& results, const Results* other) {
  const std::string heads = "<th>sub-tests<th>pass<th>fail<th>skip<th>seconds";
  std::string html = "<table><tr><th>suite" + heads + (other ? heads : "") + "</tr>\n";
  const auto add = [&](const std::string& name, const std::string& cells, const std::string& more) {
    html += fmt::format("<tr><td>{}</td>{}{}</tr>\n", name, cells, more);
  };
  for (const auto* one : ordered(results)) {
    const auto& [name, suite] = *one;
    const auto* theirs = suite_of(other, name);
    add(fmt::format("<a href=\"#{0}\">{0}</a>", name), row_of(totals(suite)),
        theirs  ? row_of(totals(*theirs))
        : other ? "<td colspan=5></td>"
                : "");
  }
  add("all", row_of(grand_total(results)), other ? row_of(grand_total(*other)) : "");
  return html + "</table>\n";
}

std::string details(const Results& results, const SuiteOfResults& one, const Expectations& expectations) {
  const auto& [name, suite] = one;
  std::string html = fmt::format(
      "<h2 id=\"{0}\">{0}</h2>\n<table><tr><th>sub-test<th>result<th>expected<th>seconds</tr>\n", name);
  for (const auto& [sub_test, test] : suite) {
    const auto expected = expectations.of(results, name, sub_test);
    html += fmt::format("<tr><td>{}</td><td class={}>{}</td><td>{}</td><td>{:.2f}</td></tr>\n",
                        escaped(sub_test), to_string(test.verdict), to_string(test.verdict),
                        expected == test.verdict ? "" : to_string(expected), test.seconds);
  }
  return html + "</table>\n";
}

}  // namespace

std::string html_page(const Results& results, const Expectations& expectations, const Results* other) {
  std::string html = fmt::format(
      "<!doctype html><meta charset=utf-8><title>OpenCL-CTS on {0}</title><style>{1}</style>\n"
      "<h1>OpenCL-CTS on {0}</h1>\n<p>Driver {2}, {3} tier, {4:.0f} s.{5}</p>\n",
      escaped(results.device), kStyle, escaped(results.driver), results.tier, results.seconds,
      other ? " On the right: " + escaped(other->driver) : "");
  html += summary(results, other);
  for (const auto* suite : ordered(results)) html += details(results, *suite, expectations);
  return html;
}

std::string markdown_table(const Results& results, const Results* other) {
  const auto cells = [](const Totals& t) {
    return fmt::format(" {} | {} | {} | {} | {:.0f} |", t.count, t.pass, t.fail + t.crash + t.timeout, t.skip,
                       t.seconds);
  };
  std::string text = "| suite | sub-tests | pass | fail | skip | seconds |";
  std::string line = "|---|---|---|---|---|---|";
  if (other) text += " pass | fail | skip | seconds |", line += "---|---|---|---|";
  text += "\n" + line + "\n";
  const auto add = [&](const std::string& name, const Totals& ours, const Totals* theirs) {
    text += fmt::format("| {} |{}", name, cells(ours));
    if (other && theirs)
      text += fmt::format(" {} | {} | {} | {:.0f} |", theirs->pass,
                          theirs->fail + theirs->crash + theirs->timeout, theirs->skip, theirs->seconds);
    else if (other)
      text += " | | | |";
    text += "\n";
  };
  for (const auto* one : ordered(results)) {
    const auto& [name, suite] = *one;
    const auto* theirs = suite_of(other, name);
    const auto total = theirs ? totals(*theirs) : Totals{};
    add(name, totals(suite), theirs ? &total : nullptr);
  }
  const auto their_total = other ? grand_total(*other) : Totals{};
  add("all", grand_total(results), other ? &their_total : nullptr);
  return text;
}

}  // namespace kiesel::conformance
