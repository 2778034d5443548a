#include "tools/kiesel/manual.hpp"

namespace kiesel::tools {
namespace {

constexpr command_line::Section kSections[] = {
    {"description",
     "Kiesel is an OpenCL driver (ICD) for RISC-V GPUs. OpenCL programs find it through the ICD loader and "
     "need nothing\nelse; their kernels run on a model of such a device on this computer.\n\n"
     "The program kiesel shows what the driver offers, compiles kernels without an application, finds what "
     "is "
     "wrong with an\ninstallation, and runs the suites that judge the driver.\n\n"
     "The commands compile and disasm are kiesel-compiler's and take its options.\n"},
    {"environment",
     "Every option of kiesel-options(5) is an environment variable too. OCL_ICD_VENDORS and "
     "OCL_ICD_FILENAMES are the\nloaders' variables: where they look for drivers.\n"},
    {"files",
     "    /etc/OpenCL/vendors/kiesel.icd   tells loaders where the driver's library is\n"
     "    ~/.config/kiesel.toml            options\n"
     "    ~/.cache/kiesel                  built programs and translated kernels\n"
     "    /usr/share/kiesel/expectations   what does not pass in the conformance suite, and why\n"
     "    /usr/share/kiesel/workloads      the suite of kiesel score\n"
     "    /usr/share/doc/kiesel            the project's pages\n"},
    {"exit status",
     "0 when all is well; 1 when a kernel does not build, a result is not as expected or doctor finds an "
     "error; 2 or more\nwhen the command line is wrong or the command could not do its work.\n"},
    {"examples",
     "    kiesel doctor\n    kiesel compile -o saxpy.elf saxpy.cl -cl-std=CL3.0\n    kiesel disasm "
     "saxpy.elf\n"
     "    kiesel conformance --cts ~/OpenCL-CTS/build --quick\n"
     "    kiesel capture -o w.kcap -- ./app\n    kiesel replay w.kcap --device kiesel-4\n"
     "    kiesel sweep plan.toml -o results --watch\n"
     "    kiesel score rv-gpu-mid mine.toml --size medium\n"
     "    kiesel validate evaluation/validate/reference\n"
     "    kiesel profile -o report/ -- ./app\n    kiesel compare before/ after/\n"},
    {"see also", "kiesel-compiler(1), kiesel-options(5), clinfo(1)\n"},
};

}  // namespace

std::span<const command_line::Section> manual_sections() { return kSections; }

}  // namespace kiesel::tools
