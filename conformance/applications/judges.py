"""Judges of an application's output: each takes the output and returns whether it is right, and why not."""
import re


def clinfo_is_whole(output):
    """clinfo prints <error ...> or an error's name where a query fails."""
    bad = [line for line in output.splitlines() if "CL_INVALID" in line or "<error" in line.lower() or "error:" in line.lower()]
    return "Kiesel" in output and not bad, "\n".join(bad) or "no device of ours"


def clblast_has_no_failure(output):
    """CLBlast's own tests count what passed and failed for each precision."""
    passed = sum(int(n) for n in re.findall(r"(\d+) test\(s\) passed", output))
    failed = sum(int(n) for n in re.findall(r"(\d+) test\(s\) failed", output))
    return passed > 0 and failed == 0, f"{passed} passed, {failed} failed"


def pytest_has_no_failure(output):
    found = re.search(r"(\d+) passed", output)
    failed = re.search(r"(\d+) (failed|error)", output)
    return bool(found) and not failed, (output.strip().splitlines() or ["nothing"])[-1]


def says_all_right(output):
    return "all right" in output, "results"


def sgemm_is_right(output):
    return output.count(" right") == 3 and "WRONG" not in output, "results"


def clpeak_is_whole(output):
    return "Kiesel" in output and "bandwidth" in output and "rror" not in output, "results"


def says(right, wrong=r"(?i)\b(fail(ed|ure)?|wrong|mismatch|error)\b"):
    """For programs that check themselves: they print `right` and nothing like `wrong`."""
    def judge(output):
        bad = re.search(wrong, output)
        return bool(re.search(right, output)) and not bad, bad.group(0) if bad else f"'{right}' is not in the output"
    return judge


def ends(_output):
    """Nothing in the output tells; the exit code does, or what was read back (Application.beside)."""
    return True, ""
