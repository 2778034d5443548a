"""The rows of what Debian 12 packages, and of PyOpenCL's own tests."""
from application import HERE, PYTHON, Application, script
from judges import (clblast_has_no_failure, clinfo_is_whole, clpeak_is_whole, pytest_has_no_failure, says, says_all_right,
                    sgemm_is_right)

# Scripts of this folder that print "all right": limit in seconds, part of ./check, what must be installed.
SCRIPTS = {
    "pyopencl": ("pyopencl_script.py", 120, True, ["python:pyopencl"]),
    "opencv-tapi": ("opencv_tapi.py", 300, False, ["python:cv2"]),
    "opencv-dnn": ("opencv_dnn.py", 300, False, ["python:cv2"]),
    "clfft": ("fft_script.py", 300, False, ["python:gpyfft"]),
    "ffmpeg": ("ffmpeg_filters.py", 600, False, ["ffmpeg"]),
    "hashcat": ("hashcat_attack.py", 900, False, ["hashcat"]),
    "gegl": ("gegl_operations.py", 900, False, ["gegl", "python:PIL"]),
    "darktable": ("darktable_export.py", 1800, False, ["darktable-cli", "python:PIL"]),
    "leela-zero": ("leela_zero.py", 1800, False, ["/usr/games/leelaz"]),
    "ufo-filters": ("ufo_filters.py", 600, False, ["ufo-launch", "python:tifffile", "python:scipy"]),
    "x264": ("x264_lookahead.py", 600, False, ["x264", "ffmpeg"]),
    "mandelbulber": ("mandelbulber_image.py", 1800, False, ["mandelbulber2", "python:PIL"]),
    "nengo-ocl": ("nengo_network.py", 300, False, ["python:nengo_ocl"]),
    "hcxkeys": ("wpa_keys.py", 120, False, ["wlangenpmkocl"]),
}
CLBLAST = {"xaxpy": (120, True), "xgemv": (120, True), "xger": (600, False), "xgemm": (1800, False)}
PYOPENCL_TESTS = ("test_wrapper", "test_clmath", "test_clrandom", "test_array", "test_algorithm")

# Of StarPU's examples those that have OpenCL kernels; a worker for OpenCL is the only one, so that no task runs elsewhere.
STARPU = {
    "block": "TEST PASSED", "incrementer": r"array -> 5\.0+, 0\.0+, 0\.0+, 5\.0+", "matvecmult": "TEST PASSED",
    "variable": "result is correct", "vector_scal": "Computation is correct",
}


def starpu(name, right):
    folder = "/usr/lib/x86_64-linux-gnu/starpu/examples"
    return Application([f"{folder}/{name}"], 120, says(right), folder=None,
                       environment={"STARPU_NCPU": "0", "STARPU_NCUDA": "0", "STARPU_OPENCL_ON_CPUS": "1",
                                    "STARPU_WORKERS_NOBIND": "1"})


def pyopencl_test(name, folder):
    return Application([PYTHON, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", f"{name}.py"], 3600,
                       pytest_has_no_failure, needs=("python:pytest", "python:pyopencl"), folder=folder,
                       lacks=None if folder else "its tests: --pyopencl-tests")


def rows(options):
    table = {
        "clinfo": Application(["clinfo"], 20, clinfo_is_whole, quick=True, launches=False),
        "clinfo-raw": Application(["clinfo", "--raw"], 20, clinfo_is_whole, quick=True, launches=False),
        "clblast-sgemm": Application([options.build / "bin/clblast_sgemm", "64", "100", "256"], 300, sgemm_is_right,
                                     quick=True),
        "clpeak": Application(["clpeak"], 1800, clpeak_is_whole),
        "erlang-cl": Application(["escript", HERE / "erlang_squares.escript"], 60, says_all_right),
    }
    table |= {name: script(file, limit, says_all_right, quick=quick, needs=needs)
              for name, (file, limit, quick, needs) in SCRIPTS.items()}
    table |= {"clblast-" + name: Application(["clblast_test_" + name], limit, clblast_has_no_failure, quick=quick)
              for name, (limit, quick) in CLBLAST.items()}
    table |= {"starpu-" + name: starpu(name, right) for name, right in STARPU.items()}
    table |= {"pyopencl-" + name: pyopencl_test(name, options.pyopencl_tests) for name in PYOPENCL_TESTS}
    return table
