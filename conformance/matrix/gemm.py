"""A product of matrices by SPV_KHR_cooperative_matrix, as a SPIR-V module: C = A x B, or C += A x B.

Each sub-group computes `across` x `down` tiles of C. A is M x K, B is K x N, C is M x N; a side that is "column"
lies in memory column by column. The kernel is gemm(A, B, C, K); its work-items are
(lanes * N / (columns * across), M / (rows * down)), its work-groups (lanes, 1).
"""

import struct
from dataclasses import dataclass

from spirv_module import Module

SUBGROUP = 3
A, B, SUM = 0, 1, 2  # uses of matrices
SIGNED = 1 | 2 | 4 | 8
INVOCATION, GLOBAL_SIZE = 28, 31  # builtins

# Elements: bits, kind.
FORMATS = {"fp32": (32, "float"), "fp16": (16, "float"), "bf16": (16, "bfloat"), "i8": (8, "int"), "u8": (8, "int"),
           "i32": (32, "int")}


@dataclass
class Tile:
    """Of the device: rows and columns of C, and what A's columns are in words of 32 bits."""
    rows: int
    columns: int
    words: int

    def deep(self, factor):
        return self.words * 32 // FORMATS[factor][0]


def tile_of(lanes):
    """docs/ai.md, "Shapes"."""
    bits = lanes.bit_length() - 1 + 3
    rows, columns = 1 << bits - bits // 2, 1 << bits // 2
    return Tile(rows, columns, (1 << bits) // rows)


@dataclass
class Gemm:
    """What the kernel does; `tile` may differ from the device's, to see it refused."""
    lanes: int
    factor: str
    sum: str
    a_by_columns: bool = False
    b_by_columns: bool = False
    c_by_columns: bool = False
    adds: bool = False       # C is read first
    across: int = 1
    down: int = 1
    saturates: bool = False
    mixed: bool = False      # A is signed and B is not
    negates: bool = False    # the sums, before they are stored
    scale: float = 1.0       # likewise
    tile: Tile = None

    def binary(self):
        return Writer(self).write()


class Writer:
    def __init__(self, of):
        self.of = of
        self.m = Module()
        self.tile = of.tile or tile_of(of.lanes)
        self.deep = self.tile.deep(of.factor)

    def element(self, name):
        bits, kind = FORMATS[name]
        if kind == "int":
            return self.m.uint(bits)
        return self.m.once("TypeFloat", bits, *([0] if kind == "bfloat" else []))

    def matrix(self, name, rows, columns, use):
        n = self.m.number
        type_ = self.m.once("TypeCooperativeMatrix", self.element(name), n(SUBGROUP), n(rows), n(columns), n(use))
        self.m.add("names", "Name", type_, "A B sum".split()[use])
        return type_

    def head(self, entry, name):
        m, of = self.m, self.of
        kinds = {FORMATS[f][1] for f in (of.factor, of.sum)}
        bits = {FORMATS[f][0] for f in (of.factor, of.sum)}
        for capability in [4, 5, 6, 11, 6022] + [9] * ("fp16" in (of.factor, of.sum)) + [39] * (8 in bits) + \
                [22] * (16 in bits) + [5118] * ("bfloat" in kinds):
            m.add("head", "Capability", capability)
        m.add("head", "Extension", "SPV_KHR_cooperative_matrix")
        if "bfloat" in kinds:
            m.add("head", "Extension", "SPV_KHR_bfloat16")
        m.add("head", "MemoryModel", 2, 2)
        m.add("head", "EntryPoint", 6, entry, name, self.invocation, self.global_size)

    def write(self):
        m, of = self.m, self.of
        uint, ulong = m.uint(), m.uint(64)
        ids = m.once("TypeVector", ulong, 3)
        self.invocation, self.global_size = (self.builtin(number, ids) for number in (INVOCATION, GLOBAL_SIZE))
        pointers = [m.once("TypePointer", 5, self.element(f)) for f in (of.factor, of.factor, of.sum)]
        types = pointers + [ulong]
        void = m.once("TypeVoid")
        function = m.code("Function", 0, m.once("TypeFunction", void, *types), result_type=void)
        self.head(function, "gemm")
        a, b, c, deep = (m.code("FunctionParameter", result_type=t) for t in types)
        start, head, body, rest, done = (m.new_id() for _ in range(5))
        m.code("Label", result=start)
        place = m.code("Load", self.invocation, result_type=ids)
        item = [m.code("CompositeExtract", place, i, result_type=ulong) for i in range(2)]
        self.column = self.times(m.code("UDiv", item[0], self.long(of.lanes), result_type=ulong),
                                 self.tile.columns * of.across)
        self.row = self.times(item[1], self.tile.rows * of.down)
        self.size = self.sizes()
        sum_type = self.matrix(of.sum, self.tile.rows, self.tile.columns, SUM)
        first = {(i, j): self.first_sum(sum_type, c, pointers[2], i, j) for i in range(of.down) for j in range(of.across)}
        m.code("Branch", head)
        m.code("Label", result=head)
        step, following = m.new_id(), m.new_id()
        m.code("Phi", self.long(0), start, following, rest, result_type=ulong, result=step)
        sums, products = {}, {}
        for at, value in first.items():
            sums[at], products[at] = m.new_id(), m.new_id()
            m.code("Phi", value, start, products[at], rest, result_type=sum_type, result=sums[at])
        more = m.code("ULessThan", step, deep, result_type=m.once("TypeBool"))
        m.code("LoopMerge", done, rest, 0)
        m.code("BranchConditional", more, body, done)
        m.code("Label", result=body)
        self.multiply(a, b, pointers, deep, step, sums, products, sum_type)
        m.code("Branch", rest)
        m.code("Label", result=rest)
        m.code("IAdd", step, self.long(self.deep), result_type=ulong, result=following)
        m.code("Branch", head)
        m.code("Label", result=done)
        for (i, j), value in sums.items():
            self.store(c, pointers[2], i, j, self.finished(value, sum_type))
        m.code("Return")
        m.code("FunctionEnd")
        return m.binary()

    def builtin(self, number, type_):
        variable = self.m.add("globals", "Variable", 1, result_type=self.m.once("TypePointer", 1, type_))
        self.m.add("annotations", "Decorate", variable, 11, number)
        return variable

    def long(self, value):
        return self.m.number(value, 64)

    def times(self, value, by):
        return self.m.code("IMul", value, self.long(by), result_type=self.m.uint(64))

    def plus(self, value, more):
        return self.m.code("IAdd", value, more, result_type=self.m.uint(64))

    def sizes(self):
        """M and N: of the launch, which covers C."""
        m, ids = self.m, self.m.once("TypeVector", self.m.uint(64), 3)
        size = m.code("Load", self.global_size, result_type=ids)
        one = lambda i: m.code("CompositeExtract", size, i, result_type=m.uint(64))
        columns = self.times(m.code("UDiv", one(0), self.long(self.of.lanes), result_type=m.uint(64)),
                             self.tile.columns * self.of.across)
        return self.times(one(1), self.tile.rows * self.of.down), columns

    def address(self, base, pointer, row, column, stride, by_columns):
        line, inside = (column, row) if by_columns else (row, column)
        product = self.m.code("IMul", line, stride, result_type=self.m.uint(64))
        return self.m.code("InBoundsPtrAccessChain", base, self.plus(product, inside), result_type=pointer)

    def load(self, type_, base, pointer, row, column, stride, by_columns):
        place = self.address(base, pointer, row, column, stride, by_columns)
        return self.m.code("CooperativeMatrixLoad", place, self.m.number(int(by_columns)), stride, result_type=type_)

    def c_place(self, i, j):
        return (self.plus(self.row, self.long(i * self.tile.rows)),
                self.plus(self.column, self.long(j * self.tile.columns)),
                self.size[0] if self.of.c_by_columns else self.size[1])

    def first_sum(self, type_, c, pointer, i, j):
        if self.of.adds:
            row, column, stride = self.c_place(i, j)
            return self.load(type_, c, pointer, row, column, stride, self.of.c_by_columns)
        element = self.element(self.of.sum)
        return self.m.once("ConstantComposite", self.m.once("Constant", 0, result_type=element), result_type=type_)

    def multiply(self, a, b, pointers, deep, step, sums, products, sum_type):
        of, tile = self.of, self.tile
        a_type = self.matrix(of.factor, tile.rows, self.deep, A)
        b_type = self.matrix(of.factor, self.deep, tile.columns, B)
        rows = [self.load(a_type, a, pointers[0], self.plus(self.row, self.long(i * tile.rows)), step,
                          self.size[0] if of.a_by_columns else deep, of.a_by_columns) for i in range(of.down)]
        columns = [self.load(b_type, b, pointers[1], step, self.plus(self.column, self.long(j * tile.columns)),
                             deep if of.b_by_columns else self.size[1], of.b_by_columns) for j in range(of.across)]
        signs = 0 if of.factor != "i8" else 1 if of.mixed else SIGNED
        signs |= 16 if of.saturates else 0
        for (i, j), value in sums.items():
            self.m.code("CooperativeMatrixMulAdd", rows[i], columns[j], value, *([signs] if signs else []),
                        result_type=sum_type, result=products[i, j])

    def finished(self, value, type_):
        if self.of.negates:
            value = self.m.code("FNegate", value, result_type=type_)
        if self.of.scale != 1.0:
            bits = struct.unpack("<I", struct.pack("<f", self.of.scale))[0]
            factor = self.m.once("Constant", bits, result_type=self.element(self.of.sum))
            value = self.m.code("MatrixTimesScalar", value, factor, result_type=type_)
        return value

    def store(self, c, pointer, i, j, value):
        row, column, stride = self.c_place(i, j)
        place = self.address(c, pointer, row, column, stride, self.of.c_by_columns)
        self.m.code("CooperativeMatrixStore", place, value, self.m.number(int(self.of.c_by_columns)), stride)
