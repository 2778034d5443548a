"""SPIR-V written word by word, for instructions that Debian's spirv-as does not know."""

import struct

MAGIC = 0x07230203
VERSION_1_6 = 0x00010600

# Instructions by name: number, whether they have a result type, whether they have a result (SPIR-V, section 3.
# "Instructions"; SPV_KHR_cooperative_matrix; SPV_KHR_bfloat16).
INSTRUCTIONS = {
    "Name": (5, False, False),
    "ExtInstImport": (11, False, True), "MemoryModel": (14, False, False), "EntryPoint": (15, False, False),
    "ExecutionMode": (16, False, False), "Capability": (17, False, False), "Extension": (10, False, False),
    "TypeVoid": (19, False, True), "TypeBool": (20, False, True), "TypeInt": (21, False, True),
    "TypeFloat": (22, False, True), "TypeVector": (23, False, True), "TypePointer": (32, False, True),
    "TypeFunction": (33, False, True), "Constant": (43, True, True), "ConstantComposite": (44, True, True),
    "ConstantNull": (46, True, True), "Function": (54, True, True), "FunctionParameter": (55, True, True),
    "FunctionEnd": (56, False, False), "Variable": (59, True, True), "Load": (61, True, True),
    "Store": (62, False, False), "InBoundsPtrAccessChain": (70, True, True), "Decorate": (71, False, False),
    "CompositeConstruct": (80, True, True), "CompositeExtract": (81, True, True), "UConvert": (113, True, True),
    "FNegate": (127, True, True), "IAdd": (128, True, True), "FAdd": (129, True, True), "IMul": (132, True, True),
    "FMul": (133, True, True), "UDiv": (134, True, True), "UMod": (137, True, True),
    "MatrixTimesScalar": (143, True, True), "ULessThan": (176, True, True), "Phi": (245, True, True),
    "LoopMerge": (246, False, False), "Label": (248, False, True), "Branch": (249, False, False),
    "BranchConditional": (250, False, False), "Return": (253, False, False),
    "TypeCooperativeMatrix": (4456, False, True), "CooperativeMatrixLoad": (4457, True, True),
    "CooperativeMatrixStore": (4458, False, False), "CooperativeMatrixMulAdd": (4459, True, True),
    "CooperativeMatrixLength": (4460, True, True),
}


def words_of_text(text):
    """A literal string: UTF-8, a zero, and zeros up to a whole word."""
    data = text.encode() + b"\0"
    data += b"\0" * (-len(data) % 4)
    return list(struct.unpack(f"<{len(data) // 4}I", data))


class Module:
    """Instructions of one module in their order; ids are numbers. Types and constants are made once."""

    def __init__(self):
        self.bound = 1
        self.sections = {name: [] for name in ("head", "names", "annotations", "globals", "functions")}
        self.known = {}

    def new_id(self):
        self.bound += 1
        return self.bound - 1

    def add(self, section, name, *operands, result=None, result_type=None):
        """Appends an instruction; operands are words or texts. The id of its result, if it has one."""
        number, has_type, has_result = INSTRUCTIONS[name]
        words = []
        if has_type:
            words.append(result_type)
        if has_result:
            result = result or self.new_id()
            words.append(result)
        for operand in operands:
            words += words_of_text(operand) if isinstance(operand, str) else [operand & 0xFFFFFFFF]
        self.sections[section] += [(len(words) + 1) << 16 | number, *words]
        return result

    def once(self, name, *operands, result_type=None):
        """A type or constant."""
        key = (name, result_type, *operands)
        if key not in self.known:
            self.known[key] = self.add("globals", name, *operands, result_type=result_type)
        return self.known[key]

    def code(self, name, *operands, result_type=None, result=None):
        return self.add("functions", name, *operands, result=result, result_type=result_type)

    def uint(self, bits=32):
        return self.once("TypeInt", bits, 0)

    def number(self, value, bits=32):
        words = [value & 0xFFFFFFFF] + ([value >> 32] if bits == 64 else [])
        return self.once("Constant", *words, result_type=self.uint(bits))

    def binary(self):
        """The module's bytes."""
        words = [MAGIC, VERSION_1_6, 0, self.bound, 0]
        for section in self.sections.values():
            words += section
        return struct.pack(f"<{len(words)}I", *words)
