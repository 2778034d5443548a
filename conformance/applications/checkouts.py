"""The rows of programs that the user has built from their own sources: --checkout NAME=FOLDER says where. Nothing of those
projects is here; each table says what it expects in the folder, and with which arguments it is run there."""
import pathlib

from application import HERE, PYTHON, Application
from judges import ends, pytest_has_no_failure, says

# tests/opencl of Vortex, each program built in its own folder (sgemm/sgemm). They check themselves, but for two that are
# compared with the reference. Not here: spmv reads the element before a buffer, at index -1.
VORTEX = {
    "bfs": "graph4k.txt", "blackscholes": "", "conv3": "-n32", "dotproduct": "-size=4096", "guassian": "-q -s 32",
    "kmeans": "-f100 -p100", "lbm": "1 -i 32_32_8_ldc.of", "nearn": "filelist.txt -r 5 -lat 30 -lng 90", "oclprintf": "-n4",
    "psort": "-f -n16", "psum": "-n16", "saxpy": "-n1024", "sfilter": "-n16", "sgemm": "-n32", "sgemm2": "-n16",
    "sgemm3": "-n16", "stencil": "32 32 8 1 -i 32x32x8.bin", "transpose": "-width=128 -height=128", "vecadd": "-n64",
}
VORTEX_BESIDE = ("guassian", "kmeans")

# The opencl folder of Rodinia, each program built in its own folder (nw/nw.out), with what needs no data files. hybridsort,
# built with VERIFY, checks itself. Not here: pathfinder and streamcluster read back memory that they never wrote, the three of
# particlefilter end with errors that they report as such on every driver.
RODINIA = {
    "backprop": "backprop.out -n 4096", "gaussian": "gaussian.out -s 64", "hybridsort": "hybridsort.out r",
    "lavaMD": "lavaMD.out -boxes1d 4", "lud": "lud.out -s 128", "nw": "nw.out 256 10 ./nw.cl",
}
RODINIA_CHECKED = {"hybridsort": says("PASSED")}

# The run folder of John the Ripper's jumbo version: some of its 96 formats for OpenCL, each with its self-test.
JOHN = ("bcrypt", "descrypt", "krb5pa-sha1", "LM", "md5crypt", "NT", "phpass", "raw-MD4", "raw-MD5", "raw-SHA1", "raw-SHA256",
        "raw-SHA512", "salted-SHA1", "sha256crypt", "sha512crypt", "wpapsk")

# src/opencl of SHOC, each program built in its own folder: the names of those that check themselves.
SHOC = ("level1/bfs/BFS", "level1/fft/FFT", "level1/reduction/Reduction", "level1/scan/Scan", "level1/sort/Sort", "level1/md/MD",
        "level1/spmv/Spmv", "level1/stencil2d/Stencil2D")


def vortex(folder):
    def row(name, arguments):
        beside = 1e-4 if name in VORTEX_BESIDE else None
        return Application([folder / name / name, *arguments.split()], 300, ends if beside else says("(?i)passed"),
                           folder=folder / name, beside=beside)
    return {name: row(name, arguments) for name, arguments in VORTEX.items()}


def rodinia(folder):
    def row(name, line):
        program, *arguments = line.split()
        judge = RODINIA_CHECKED.get(name, ends)
        return Application([folder / name / program, *arguments, "-p", "0", "-d", "0"], 600, judge, folder=folder / name,
                           beside=1e-4 if judge is ends else None)
    return {name: row(name, line) for name, line in RODINIA.items()}


def babelstream(folder):
    """Its build folder, with ocl-stream."""
    return {"stream": Application([folder / "ocl-stream", "-s", "1048576", "-n", "10"], 300,
                                  says("Triad", "Validation failed"), folder=folder)}


def john(folder):
    def row(name):
        return Application([folder / "john", "--test=0", f"--format={name}-opencl"], 600, says("PASS", "FAIL"), folder=folder,
                           environment={"LWS": "32", "GWS": "256"})
    return {name: row(name) for name in JOHN}


def shoc(folder):
    def row(path):
        return Application([folder / path, "-s", "1", "-n", "1"], 900, says("(?i)pass"), folder=(folder / path).parent)
    return {pathlib.Path(path).name: row(path) for path in SHOC}


def autodock(folder):
    """AutoDock-GPU's own folder, with bin/autodock_gpu_64wi: the ligand of its first example finds its place."""
    example = "input/1stp/derived/1stp_"
    return {"1stp": Application([folder / "bin/autodock_gpu_64wi", "--ffile", f"{example}protein.maps.fld", "--lfile",
                                 f"{example}ligand.pdbqt", "--nrun", "2", "--nev", "20000", "--seed", "11,23"], 900,
                                says(r"Best inter \+ intra +-[78]\.\d+ kcal/mol", "ERROR"), folder=folder)}


def pytest(folder, tests, limit=3600):
    """A Python package's own tests, run in its source."""
    return Application([PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests], limit, pytest_has_no_failure,
                       needs=("python:pytest", "python:pyopencl"), folder=folder, environment={"PYTHONPATH": str(folder)})


def pyclesperanto(folder):
    """The source of pyclesperanto_prototype, with its submodule of kernels."""
    return {"tests": pytest(folder, ["tests"])}


def memtest(folder):
    """The folder with memtestCL."""
    return {"memtest": Application([folder / "memtestCL", "1", "1"], 900, says("Final error count: 0 errors", "[1-9] failed"),
                                   folder=folder)}


def ggml(folder):
    """Its build folder with the backend for OpenCL (GGML_OPENCL=ON, GGML_OPENCL_USE_ADRENO_KERNELS=OFF). The backend takes
    only devices whose names it knows, and one of its kernels counts on sub-groups of 64."""
    return {"operators": Application([folder / "bin/test-backend-ops", "test", "-b", "OpenCL"], 14400,
                                     says("[1-9][0-9]*/[0-9]+ tests passed", "FAIL"), folder=folder,
                                     environment={"KIESEL_DEVICE": str(HERE / "presented.toml")})}


def tinygrad(folder):
    """Its source, with its tests of operators beside PyTorch."""
    application = pytest(folder, ["--noconftest", "test/backend/test_ops.py"], 14400)
    application.needs = ("python:pytest", "python:torch", "python:numpy")
    application.environment |= {"DEV": "CL", "CACHELEVEL": "0"}
    return {"operators": application}


CHECKOUTS = {"vortex": vortex, "rodinia": rodinia, "babelstream": babelstream, "john": john, "shoc": shoc,
             "autodock": autodock, "pyclesperanto": pyclesperanto, "memtestcl": memtest, "ggml": ggml, "tinygrad": tinygrad}


def given(text):
    """NAME=FOLDER of the command line."""
    name, _, folder = text.partition("=")
    if name not in CHECKOUTS or not pathlib.Path(folder).is_dir():
        raise ValueError(f"'{text}' is not one of {', '.join(CHECKOUTS)}, '=' and a folder")
    return name, pathlib.Path(folder).resolve()


def rows(options):
    """Those of a checkout that was not given are there, too, and say what they lack."""
    folders, table = dict(options.checkout), {}
    for name, make in CHECKOUTS.items():
        for program, application in make(folders.get(name, pathlib.Path(name))).items():
            if name not in folders:
                application.lacks = f"--checkout {name}=FOLDER"
            table[f"{name}-{program}"] = application
    return table
