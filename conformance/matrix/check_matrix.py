"""Products of matrices through SPIR-V programs, on designs with all numbers of lanes, and dot products of bytes,
against numpy.

usage: check_matrix.py --build DIR [--engine auto|interpreter|translator]

Sums of floats are compared within what the order of additions may change; integers exactly.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from gemm import FORMATS, Gemm, Tile, tile_of  # noqa: E402

DTYPES = {"fp32": np.float32, "fp16": np.float16, "bf16": np.uint16, "i8": np.int8, "u8": np.uint8, "i32": np.int32}
PRODUCTS = [("fp32", "fp32"), ("fp16", "fp32"), ("fp16", "fp16"), ("bf16", "fp32"), ("i8", "i32"), ("u8", "i32")]


def design(lanes, extensions='"A", "Zacas", "Zicond", "Zfh", "Zb", "vote", "dot", "matrix"', more=""):
    return f"lanes = {lanes}\nwarps = 8\ncores = 2\nextensions = [{extensions}]\n{more}"


def numbers(name, shape, random):
    """Values as the device gets them, and what they are."""
    bits, kind = FORMATS[name]
    if kind == "int":
        values = random.integers(-128 if name == "i8" else 0, 128 if name == "i8" else 256, shape)
        return values.astype(DTYPES[name]), values.astype(np.int64)
    values = (random.integers(-64, 65, shape) / 16).astype(np.float32)
    if kind == "bfloat":
        return (values.view(np.uint32) >> 16).astype(np.uint16), values.astype(np.float64)
    return values.astype(DTYPES[name]), values.astype(np.float64)


def stored(values, by_columns):
    return np.asfortranarray(values).ravel(order="K").copy() if by_columns else np.ascontiguousarray(values).ravel()


class Device:
    """The one device of this process."""

    def __init__(self):
        import pyopencl as cl
        self.cl = cl
        self.device = cl.get_platforms()[0].get_devices()[0]
        self.context = cl.Context([self.device])
        self.queue = cl.CommandQueue(self.context)

    def run(self, gemm, m, n, k, random):
        """The product, and what it should be."""
        cl = self.cl
        program = cl.Program(self.context, gemm.binary()).build()
        a, a_values = numbers(gemm.factor, (m, k), random)
        b, b_values = numbers(gemm.factor, (k, n), random)
        c, c_values = numbers(gemm.sum, (m, n), random) if gemm.adds and gemm.sum != "i32" else (
            np.zeros((m, n), DTYPES[gemm.sum]), np.zeros((m, n)))
        flags = cl.mem_flags.READ_WRITE | cl.mem_flags.COPY_HOST_PTR
        buffers = [cl.Buffer(self.context, flags, hostbuf=stored(*of)) for of in
                   ((a, gemm.a_by_columns), (b, gemm.b_by_columns), (c, gemm.c_by_columns))]
        tile = gemm.tile or tile_of(gemm.lanes)
        size = (gemm.lanes * n // (tile.columns * gemm.across), m // (tile.rows * gemm.down))
        program.gemm(self.queue, size, (gemm.lanes, 1), *buffers, np.uint64(k))
        out = np.empty(m * n, DTYPES[gemm.sum])
        cl.enqueue_copy(self.queue, out, buffers[2])
        out = out.reshape((n, m)).T if gemm.c_by_columns else out.reshape((m, n))
        wanted = (a_values @ b_values + (c_values if gemm.adds else 0)) * (-1 if gemm.negates else 1) * gemm.scale
        return out.astype(np.float64), wanted.astype(np.float64)

    def log_of(self, gemm):
        """What the build says, or nothing."""
        try:
            self.cl.Program(self.context, gemm.binary()).build()
        except self.cl.Error as error:
            return str(error)
        return ""


def check_products(lanes):
    device, random, tile = Device(), np.random.default_rng(lanes), tile_of(lanes)
    wrong = 0
    for factor, total in PRODUCTS:
        deep = tile.deep(factor)
        for number, layout in enumerate(((0, 0, 0), (1, 0, 1), (0, 1, 0), (1, 1, 0))):
            gemm = Gemm(lanes, factor, total, *(bool(one) for one in layout), adds=number % 2 == 1,
                        across=1 + number % 2, down=1 + number // 2, negates=number == 2 and total != "i32",
                        scale=2.0 if number == 3 and total == "fp32" else 1.0)
            m, n = 2 * tile.rows * gemm.down, 2 * tile.columns * gemm.across
            got, wanted = device.run(gemm, m, n, 3 * deep, random)
            error = 0 if total != "fp16" else 0.02 * np.abs(wanted).max()
            if not (np.abs(got - wanted) <= error).all():
                print(f"{gemm}: {np.abs(got - wanted).max()} too far, of {np.abs(wanted).max()}")
                wrong += 1
    return wrong


def check_refusals(lanes):
    """Each with a sentence; a design without matrices refuses the whole module."""
    device, tile = Device(), tile_of(lanes)
    cases = [(Gemm(lanes, "fp16", "fp32", tile=Tile(tile.rows * 2, tile.columns, tile.words)), "no matrix"),
             (Gemm(lanes, "i8", "i32", saturates=True), "saturating"),
             (Gemm(lanes, "i8", "i32", mixed=True), "one is signed"),
             (Gemm(lanes, "fp32", "fp16"), "no product")]
    wrong = 0
    for gemm, sentence in cases:
        log = device.log_of(gemm)
        if sentence not in log:
            print(f"{gemm}: no '{sentence}' in: {log}")
            wrong += 1
    return wrong


def check_absence(lanes):
    log = Device().log_of(Gemm(lanes, "fp16", "fp32"))
    if "CooperativeMatrix" in log or "SPV_KHR_cooperative_matrix" in log:
        return 0
    print(f"a device without matrices says: {log}")
    return 1


DOTS = """
kernel void dots(global const uint* a, global const uint* b, global int* out) {
  const size_t i = get_global_id(0);
  const uint x = a[i], y = b[i];
  out[i * 8 + 0] = dot(as_char4(x), as_char4(y));
  out[i * 8 + 1] = (int)dot(as_uchar4(x), as_uchar4(y));
  out[i * 8 + 2] = dot(as_char4(x), as_uchar4(y));
  out[i * 8 + 3] = dot(as_uchar4(x), as_char4(y));
  out[i * 8 + 4] = dot_4x8packed_ss_int(x, y);
  out[i * 8 + 5] = dot_acc_sat(as_char4(x), as_char4(y), 0x7fffff00);
  out[i * 8 + 6] = (int)dot_acc_sat_4x8packed_uu_uint(x, y, 0xfffe0000u);
  out[i * 8 + 7] = dot_acc_sat_4x8packed_us_int(x, y, -0x7fffff00);
}
"""


def check_dots(lanes):
    """Dot products of bytes: by the instruction, and as the specification has them."""
    device, random = Device(), np.random.default_rng(lanes)
    cl, count = device.cl, 1000
    a, b = (random.integers(0, 1 << 32, count, dtype=np.uint32) for _ in range(2))
    a[:4], b[:4] = [0x80808080, 0xFFFFFFFF, 0x7F7F7F7F, 0], [0x80808080, 0xFFFFFFFF, 0x80808080, 0xFFFFFFFF]
    out = np.zeros((count, 8), np.int32)
    flags = cl.mem_flags.READ_WRITE | cl.mem_flags.COPY_HOST_PTR
    buffers = [cl.Buffer(device.context, flags, hostbuf=one) for one in (a, b, out)]
    program = cl.Program(device.context, DOTS).build(["-cl-std=CL3.0"])
    program.dots(device.queue, (count,), None, *buffers)
    cl.enqueue_copy(device.queue, out, buffers[2])
    parts = {sign + name: one.view(kind).reshape(count, 4).astype(np.int64)
             for name, one in (("a", a), ("b", b)) for sign, kind in (("s", np.int8), ("u", np.uint8))}
    product = lambda x, y: (parts[x + "a"] * parts[y + "b"]).sum(1)
    wanted = np.stack([product("s", "s"), product("u", "u"), product("s", "u"), product("u", "s"), product("s", "s"),
                       np.minimum(product("s", "s") + 0x7fffff00, 0x7fffffff),
                       np.minimum(product("u", "u") + 0xfffe0000, 0xffffffff),
                       np.maximum(product("u", "s") - 0x7fffff00, -0x80000000)], 1).astype(np.uint32).view(np.int32)
    wrong = int((out != wanted).sum())
    if wrong:
        print(f"{wrong} dot products are wrong: {out[(out != wanted).any(1)][0]}")
    return wrong


SUB_GROUPS = """
__attribute__((intel_reqd_sub_group_size(8)))
kernel void product(global const A{rows}* a, global const B8* b, global SUM{rows}* c) {{
  const size_t i = get_global_id(0);
  c[i] = intel_sub_group_{name}_matrix_mad_{k}(a[i], b[i], c[i]);
}}
"""
# name, columns of A, types of A, B and sums, bits, whether A and B are signed
SUB_GROUP_PRODUCTS = [(f"{a}{bits}_{b}{bits}", deep, "int" if a == "i" else "uint", "int" if b == "i" else "uint", "int",
                       bits, (a == "i", b == "i")) for bits, deep in ((8, 32), (4, 64)) for a in "iu" for b in "iu"]
SUB_GROUP_PRODUCTS += [("bf16_bf16", 16, "int", "int", "float", 16, None), ("f16_f16", 16, "int", "int", "float", 16, None)]


def elements(words, bits, signed, name):
    """What words hold, one behind the other."""
    words = words[..., None] >> np.arange(0, 32, bits, dtype=np.uint32) & np.uint32((1 << bits) - 1)
    if signed is None:
        half = words.astype(np.uint16)
        return (half.astype(np.uint32) << 16).view(np.float32) if name[0] == "b" else half.view(np.float16).astype(float)
    return words.astype(np.int64) - (np.int64(1) << bits) * (signed & (words >> (bits - 1) & 1).astype(bool))


def check_sub_groups(lanes):
    """cl_intel_subgroup_matrix_multiply_accumulate, in sub-groups of 8."""
    device, random, wrong = Device(), np.random.default_rng(lanes), 0
    cl, groups, size = device.cl, 16, 8
    for name, deep, a_type, b_type, sum_type, bits, signs in SUB_GROUP_PRODUCTS:
        for rows in (1, 2, 4, 8):
            count = groups * size
            if signs:
                a, b = (random.integers(0, 1 << 32, (count, n), dtype=np.uint32) for n in (rows, 8))
            else:
                kind = "bf16" if name[0] == "b" else "fp16"
                a, b = (np.ascontiguousarray(numbers(kind, (count, 2 * n), random)[0]).view(np.uint32) for n in (rows, 8))
            c = random.integers(-100, 100, (count, rows)).astype(np.int32 if signs else np.float32)
            out = c.copy()
            flags = cl.mem_flags.READ_WRITE | cl.mem_flags.COPY_HOST_PTR
            buffers = [cl.Buffer(device.context, flags, hostbuf=one) for one in (a, b, c)]
            source = SUB_GROUPS.format(rows="" if rows == 1 else rows, name=name, k=f"k{deep}")
            vectors = " ".join(f"-D{key}{n}={kind}{n}" for key, kind in (("A", a_type), ("B", b_type), ("SUM", sum_type))
                               for n in ("", 2, 4, 8))
            program = cl.Program(device.context, source).build(vectors.split() + ["-cl-std=CL3.0"])
            program.product(device.queue, (count,), (64,), *buffers)
            cl.enqueue_copy(device.queue, out, buffers[2])
            # A of a sub-group: rows of its work-items' words; B: columns.
            left = elements(a, bits, signs and signs[0], name).reshape(groups, size, rows, -1).transpose(0, 2, 1, 3)
            right = elements(b, bits, signs and signs[1], name).reshape(groups, size, -1)
            wanted = np.einsum("grk,gck->gcr", left.reshape(groups, rows, -1), right).reshape(count, rows) + c
            if not (np.abs(out - wanted) <= (0 if signs else 1e-4 * np.abs(wanted).max())).all():
                print(f"{name}, {rows} rows: {np.abs(out - wanted).max()} too far")
                wrong += 1
    return wrong


def check_code(arguments):
    """Only where a design has the instruction is it in the code."""
    wrong = 0
    tool = str(Path(arguments.build) / "bin" / "kiesel")
    with tempfile.TemporaryDirectory() as folder:
        source, target, elf = (Path(folder) / name for name in ("dots.cl", "dots.toml", "dots.elf"))
        source.write_text(DOTS)
        for extensions, has in (('"dot"', True), ("", False)):
            target.write_text(design(16, extensions))
            subprocess.run([tool, "compile", "-cl-std=CL3.0", "--device", target, source, "-o", elf], check=True,
                           capture_output=True)
            code = subprocess.run([tool, "disasm", elf], check=True, capture_output=True, text=True).stdout
            if ("dp4a.ss" in code and "dp4a.su" in code and "dp4a.uu" in code) != has:
                print(f"extensions {extensions or 'none'}: dp4a is {'not ' if has else ''}there")
                wrong += 1
    return wrong


def run_on(text, part, lanes, arguments):
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(text)
        file.flush()
        environment = dict(os.environ, OCL_ICD_VENDORS=str(Path(arguments.build).resolve() / "kiesel.icd"),
                           KIESEL_DEVICE=file.name, KIESEL_ENGINE=arguments.engine, PYOPENCL_NO_CACHE="1")
        return subprocess.run([sys.executable, __file__, "--part", part, "--lanes", str(lanes)], env=environment,
                              check=False).returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", default="build")
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("--lanes", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        sys.exit(min(100, globals()["check_" + arguments.part](arguments.lanes)))
    wrong = sum(run_on(design(lanes), "products", lanes, arguments) for lanes in (4, 8, 16, 32, 64))
    wrong += run_on(design(32, more='quirks = ["ordered-matrices"]\n'), "products", 32, arguments)
    wrong += run_on(design(32), "refusals", 32, arguments)
    wrong += run_on(design(32, '"A", "Zacas", "Zicond", "Zfh", "Zb", "vote"'), "absence", 32, arguments)
    for extensions in ('"A", "Zicond", "vote", "dot"', '"A", "Zicond", "vote"'):
        wrong += run_on(design(16, extensions), "dots", 16, arguments)
    wrong += sum(run_on(design(lanes), "sub_groups", lanes, arguments) for lanes in (8, 32))
    wrong += check_code(arguments)
    sys.exit(wrong != 0)


if __name__ == "__main__":
    main()
