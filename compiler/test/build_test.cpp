#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "compiler/program/program.hpp"
#include "compiler/test/compiler_fixture.hpp"
#include "support/elf.hpp"

using namespace kiesel;
using namespace kiesel::compiler;
using Catch::Contains;

namespace {

Program read(const Reply& reply) {
  INFO(reply.log);
  REQUIRE(reply.outcome == Outcome::kSuccess);
  auto program = read_program(reply.binary);
  REQUIRE(program.ok());
  return std::move(*program);
}

Reply compile_one(std::string_view source, std::string_view options = {}) {
  auto request = test::make_request(source, options);
  request.operation = Operation::kCompile;
  return test::run(request);
}

Reply link(std::vector<std::vector<std::byte>> inputs, std::string_view options = {}) {
  auto request = test::make_request("", options);
  request.operation = Operation::kLink;
  request.inputs = std::move(inputs);
  return test::run(request);
}

// A folder for one test.
struct Folder {
  std::filesystem::path path;
  Folder() : path(std::filesystem::temp_directory_path() / ("kiesel-test-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  void write(const char* name, const char* text) const { std::ofstream(path / name) << text; }
};

}  // namespace

TEST_CASE("a syntax error has file, line, column and a caret") {
  const auto reply = test::build("kernel void k(global int* a) {\n  a[0] = 1 +;\n}\n");
  CHECK(reply.outcome == Outcome::kFailed);
  CHECK_THAT(reply.log, Contains("<source>:2:13: error: expected expression"));
  CHECK_THAT(reply.log, Contains("  a[0] = 1 +;\n            ^"));
}

TEST_CASE("a program that breaks off in the middle has Clang's errors") {
  const auto reply = test::build(
      "uint f(global const uint* in, uint a, uint b) {\n"
      "  if (((uint)((uint2)(a, b) < (uint2)(b, a)).in[0] > a && ((int)a < (int)b || b < 3))) {\n");
  CHECK(reply.outcome == Outcome::kFailed);
  CHECK_THAT(reply.log, Contains("error: expected"));
}

TEST_CASE("a local variable of centuries of memory is an error, one that no device has builds") {
  const auto build = [](const char* size) {
    return test::build(std::string("kernel void k(global char* a) { local char big[") + size +
                       "]; big[a[1]] = a[0]; a[2] = big[a[3]]; }");
  };
  const auto reply = build("1UL << 58");
  CHECK(reply.outcome == Outcome::kFailed);
  CHECK_THAT(reply.log, Contains("variable 'k.big' has 288230376151711744 bytes"));
  CHECK(build("1 << 28").outcome == Outcome::kSuccess);
}

TEST_CASE("literals lie in memory that nobody can write") {
  const auto reply = test::build(
      "kernel void k(global double* a) { int i = get_global_id(0); a[i] = a[i] * 1.2345 + 6.789; }");
  REQUIRE(reply.outcome == Outcome::kSuccess);
  const auto elf = ElfView::parse(reply.binary);
  REQUIRE(elf.ok());
  const double literal_value = 1.2345;
  const auto literal = std::as_bytes(std::span(&literal_value, 1));
  unsigned found = 0;
  for (const auto& segment : elf->segments()) {
    const auto bytes = elf->segment_bytes(segment);
    if (segment.p_type != PT_LOAD ||
        std::search(bytes.begin(), bytes.end(), literal.begin(), literal.end()) == bytes.end())
      continue;
    ++found;
    CHECK((segment.p_flags & PF_W) == 0);
  }
  CHECK(found == 1);
}

TEST_CASE("warnings are told on success, and obey -w and -Werror") {
  const char* source =
      "kernel void k(global int* a) { int unused = a[0]; unsigned u = -1 < 2u; a[0] = 1 == 1; \"x\"; }";
  const auto reply = test::build(source);
  CHECK(reply.outcome == Outcome::kSuccess);
  CHECK_THAT(reply.log, Contains("warning"));
  CHECK(test::build(source, "-w").log.empty());
  CHECK(test::build(source, "-Werror").outcome == Outcome::kFailed);
}

TEST_CASE("a kernel may require sub-groups of the device's sizes, and of no others") {
  const auto requires_size = [](std::uint32_t lanes) {
    return test::build("__attribute__((intel_reqd_sub_group_size(" + std::to_string(lanes) +
                       "))) kernel void k(global int* a) { a[0] = 1; }");
  };
  const std::uint32_t lanes = test::make_request("").target.lanes;
  for (const std::uint32_t size : {8U, 16U, lanes}) CHECK(requires_size(size).outcome == Outcome::kSuccess);
  for (const std::uint32_t size : {4U, 24U, 2 * lanes})
    CHECK_THAT(requires_size(size).log,
               Contains("<source>:1:16: error: kernel 'k' requires sub-groups of " + std::to_string(size) +
                        " work-items: this device's may have 8, 16, 32"));
}

TEST_CASE("a pragma may name each extension that the device has, and is warned of any other") {
  const auto enable = [](const std::string& extension) {
    auto request = test::make_request(
        "#pragma OPENCL EXTENSION " + extension + " : enable\nkernel void k(global int* a) { a[0] = 1; }",
        "-Werror");
    request.extensions = "cl_khr_subgroups cl_khr_subgroup_ballot cl_khr_fp64 cl_ext_float_atomics";
    return test::run(request);
  };
  for (const char* extension :
       {"cl_khr_subgroups", "cl_khr_subgroup_ballot", "cl_khr_fp64", "cl_ext_float_atomics"})
    CHECK(enable(extension).log.empty());
  for (const char* extension : {"cl_khr_subgroup", "cl_nv_foo"})
    CHECK_THAT(enable(extension).log, Contains(extension));
}

TEST_CASE("sub-group functions of every type are in every version of the language") {
  std::string source =
      "#pragma OPENCL EXTENSION cl_khr_subgroups : enable\n#pragma OPENCL EXTENSION cl_khr_fp16 : enable\n"
      "kernel void k(global uint* a) { sub_group_barrier(CLK_LOCAL_MEM_FENCE); a[0] = get_sub_group_size() + "
      "get_max_sub_group_size() + get_num_sub_groups() + get_sub_group_id() + get_sub_group_local_id() + "
      "sub_group_all(a[1]) + sub_group_any(a[2]); }\n";
  for (const std::string type :
       {"char", "uchar", "short", "ushort", "int", "uint", "long", "ulong", "half", "float", "double"}) {
    source += "kernel void k_" + type + "(global " + type + "* a) { " + type + " x = a[0];\n";
    for (const std::string function : {"reduce", "scan_inclusive", "scan_exclusive"})
      for (const std::string operation : {"add", "min", "max"})
        source += "x += sub_group_" + function + "_" + operation + "(x);\n";
    source += "a[0] = sub_group_broadcast(x, 0); }\n";
  }
  for (const char* options : {"", "-cl-std=CL1.1", "-cl-std=CL1.2", "-cl-std=CL2.0", "-cl-std=CL3.0"}) {
    INFO(options);
    CHECK(test::build(source, options).log.empty());
  }
}

TEST_CASE("an undefined function is named as the user wrote it") {
  const auto reply = test::build(
      "float f(float x); float __attribute__((overloadable)) g(int x);"
      "kernel void k(global float* a) { a[0] = f(a[0]) + g(1); }");
  CHECK(reply.outcome == Outcome::kFailed);
  CHECK_THAT(reply.log, Contains("undefined function 'f'") && Contains("'g(int)'"));
}

TEST_CASE("a kernel with atomics is an error on a device without, that says what is missing") {
  auto request = test::make_request(
      "kernel void fine(global int* a) { a[0] = 1; }\n"
      "kernel void count(global int* a) {\n  atomic_inc(a); }",
      "-g");
  request.target.atomics = request.target.cas = false;
  const auto reply = test::run(request);
  CHECK(reply.outcome == Outcome::kFailed);
  CHECK(
      reply.log ==
      "error: function count, an atomic operation in line 3 needs the extension A, which the device lacks\n");
}

TEST_CASE("a kernel with local atomics is an error on a device whose atomics do not reach local memory") {
  const auto log = [](const std::string& body, const std::string& options = "") {
    isa::Target target;
    target.global_atomics = true;
    auto request = test::make_request("kernel void count(global int* a) {\n  local int l[4];\n" + body + " }",
                                      "-g " + options);
    request.target = target;
    request.extensions = test::features_of(target);
    return test::run(request).log;
  };
  const std::string start = "error: function count, an atomic operation in line 3 ";
  const std::string end = " local memory, which the device's atomics do not reach\n";
  const std::string generic = "int* p = a[1] ? (int*)a : (int*)";
  CHECK(log("atomic_inc(a);").empty());
  CHECK(log("atomic_inc(l); a[0] = l[0];") == start + "is in" + end);
  CHECK_THAT(log("atomic_cmpxchg(l, 1, 2); a[0] = l[0];"), Contains(" is in" + end));
  for (const std::string options : {"-cl-std=CL3.0", "-cl-std=CL3.0 -cl-opt-disable"}) {
    const std::string add =
        "; atomic_fetch_add_explicit((volatile atomic_int*)p, 1, memory_order_relaxed, "
        "memory_scope_work_group); a[0] = l[1];";
    CHECK(log(generic + "l" + add, options) == start + "may mean" + end);
    CHECK(log(generic + "(a + 2)" + add, options).empty());
    CHECK(log("printf(\"%d\", a[0]);", options).empty());
  }
}

TEST_CASE("an undefined variable is named") {
  const auto reply =
      test::build("extern constant int table[4]; kernel void k(global int* a) { a[0] = table[a[1]]; }");
  CHECK(reply.outcome == Outcome::kFailed);
  CHECK_THAT(reply.log, Contains("undefined variable 'table'"));
}

TEST_CASE("recursion is an error that names the function") {
  const auto reply = test::build(
      "int odd(int x); int even(int x) { return x ? odd(x - 1) * x : 1; } int odd(int x) { return x ? even(x "
      "- 1) * x : 0; }"
      "kernel void k(global int* a) { a[0] = even(a[1]); }");
  CHECK(reply.outcome == Outcome::kFailed);
  CHECK_THAT(reply.log, Contains("recursion") && Contains("even"));
}

TEST_CASE("what OpenCL C leaves out is an error that says what") {
  struct Row {
    const char *source, *told;
  };
  const Row rows[] = {
      {"int f(int x) { return x; } kernel void k(global int* a) { int (*p)(int) = f; a[0] = p(a[1]); }",
       "pointers to functions are not allowed"},
      {"struct s { int x : 3; }; kernel void k(global int* a) { struct s v = {a[0]}; a[1] = v.x; }",
       "bit-fields are not supported"},
      {"kernel void k(global int* a, int n) { int v[n]; v[a[0]] = 1; a[1] = v[a[2]]; }",
       "variable length arrays are not supported"},
      {"int f(int n, ...) { return n; } kernel void k(global int* a) { a[0] = f(1, 2); }",
       "variadic arguments are not allowed"},
      {"kernel void k(global int* a) { __asm__(\"nop\"); a[0] = 1; }",
       "<source>:1:32: error: inline assembly is not supported"},
      {"__asm__(\"nop\"); kernel void k(global int* a) { a[0] = 1; }", "inline assembly is not supported"},
      {"struct s { int x; }; kernel void k(global struct s* a) { printf(\"%d\", a[0]); }",
       "<source>:1:71: error: a struct as an argument of printf is not supported"},
      {"typedef int v __attribute__((ext_vector_type(5))); kernel void k(global v* a) { a[0] += a[1]; }",
       "error: a vector of 5 elements is not supported"},
      {"typedef float v __attribute__((ext_vector_type(32))); void f(v x) {} kernel void k() {}",
       "error: a vector of 32 elements is not supported"},
      {"kernel void k(global int* a) { _BitInt(37) x = a[0]; a[1] = (int)(x * x); }",
       "<source>:1:44: error: an integer of 37 bits is not supported"},
      {"kernel void k(global float* a) { long double x = a[0]; a[1] = (float)x; }",
       "<source>:1:46: error: long double is not supported"},
      {"kernel void k(global long* a) { a[0] = (long)&&here; here: a[1] = 1; }",
       "error: the address of a label is not supported"},
      {"kernel void k(global int* a, int n) { a[0] = (long)__builtin_alloca(n); }",
       "error: '__builtin_alloca' is not supported"},
      {"kernel void k(global int4* a) { a[0].x = __builtin_reduce_max(a[1]); }",
       "error: '__builtin_reduce_max' is not supported"},
      {"void* r() { return 0; } int f(int) __attribute__((ifunc(\"r\"))); kernel void k(global int* a) { "
       "f(0); }",
       "<source>:1:29: error: a function chosen at load time is not supported"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.source);
    const auto reply = test::build(row.source);
    CHECK(reply.outcome == Outcome::kFailed);
    CHECK_THAT(reply.log, Contains(row.told));
  }
}

TEST_CASE("Clang's builtins and literals that OpenCL C has no word for build where they mean something") {
  for (const char* body :
       {"f[0] = 1.0L; a[0] = sizeof(long double);", "a[0] = __builtin_popcount(a[1]);",
        "_BitInt(32) x = a[0]; a[1] = (int)(x * x);", "a[0] = ({ int x = a[1]; x * 2; });"}) {
    const auto reply =
        test::build(std::string("kernel void k(global int* a, global float* f) { ") + body + " }");
    INFO(body << reply.log);
    CHECK(reply.outcome == Outcome::kSuccess);
  }
}

TEST_CASE("private variables that code cannot address are an error that names the function") {
  const auto build = [](const char* bytes) {
    return test::build(
        "kernel void k(global char* a, int n) { volatile char b[SIZE], c[SIZE]; b[n] = 1; c[n] = 2; "
        "a[0] = b[a[1]] + c[a[2]]; }",
        std::string("-DSIZE=") + bytes);
  };
  const auto reply = build("3000000000");
  CHECK(reply.outcome == Outcome::kFailed);
  CHECK_THAT(reply.log, Contains("function 'k' has") && Contains("bytes of private variables"));
  CHECK(build("500000000").outcome == Outcome::kSuccess);
}

TEST_CASE("an option that does not exist fails with its name") {
  const auto reply = test::build("kernel void k() {}", "-cl-nonsense");
  CHECK(reply.outcome == Outcome::kInvalidOptions);
  CHECK_THAT(reply.log, Contains("-cl-nonsense"));
  CHECK(test::build("kernel void k() {}", "-cl-std=CL3.2").outcome == Outcome::kInvalidOptions);
}

TEST_CASE("predefined macros say what the language is") {
  const char* source = R"(
#if __OPENCL_VERSION__ != 310 || __OPENCL_C_VERSION__ != VERSION
#error version
#endif
#if defined(__SPIR__) || defined(__SPIR64__)
#error promises
#endif
#ifndef __ENDIAN_LITTLE__
#error endian
#endif
kernel void k() {})";
  for (const char* options :
       {"-DVERSION=120", "-DVERSION=100 -cl-std=CL1.0", "-DVERSION=110 -cl-std=CL1.1",
        "-DVERSION=120 -cl-std=CL1.2", "-DVERSION=300 -cl-std=CL3.0", "-DVERSION=310 -cl-std=CL3.1"}) {
    const auto reply = test::build(source, options);
    INFO(options << "\n" << reply.log);
    CHECK(reply.outcome == Outcome::kSuccess);
  }
}

TEST_CASE("macros of features and extensions are those of the device") {
  const auto features = " " + test::features_of({});
  std::string source = "kernel void k() {}\n";
  for (const std::string name : {"__opencl_c_3d_image_writes",
                                 "__opencl_c_atomic_order_acq_rel",
                                 "__opencl_c_atomic_order_seq_cst",
                                 "__opencl_c_atomic_scope_all_devices",
                                 "__opencl_c_atomic_scope_device",
                                 "__opencl_c_device_enqueue",
                                 "__opencl_c_fp64",
                                 "__opencl_c_generic_address_space",
                                 "__opencl_c_images",
                                 "__opencl_c_int64",
                                 "__opencl_c_integer_dot_product_input_4x8bit",
                                 "__opencl_c_integer_dot_product_input_4x8bit_packed",
                                 "__opencl_c_pipes",
                                 "__opencl_c_program_scope_global_variables",
                                 "__opencl_c_read_write_images",
                                 "__opencl_c_subgroups",
                                 "__opencl_c_work_group_collective_functions",
                                 "cl_khr_3d_image_writes",
                                 "cl_khr_byte_addressable_store",
                                 "cl_khr_fp16",
                                 "cl_khr_fp64",
                                 "cl_khr_global_int32_base_atomics",
                                 "cl_khr_int64_base_atomics",
                                 "cl_khr_integer_dot_product",
                                 "cl_khr_subgroups",
                                 "cl_khr_subgroup_ballot",
                                 "cl_khr_gl_sharing"}) {
    const bool has = features.find(" " + name + " ") != features.npos;
    source += "#if" + std::string(has ? "n" : "") + "def " + name + "\n#error " + name + "\n#endif\n";
  }
  source += "#if " + std::string(features.find(" __opencl_c_images ") == features.npos ? "" : "!") +
            "defined(__IMAGE_SUPPORT__)\n#error __IMAGE_SUPPORT__\n#endif\n";
  const auto reply = test::build(source, "-cl-std=CL3.0");
  INFO(reply.log);
  CHECK(reply.outcome == Outcome::kSuccess);
}

TEST_CASE("without the extension double is an error") {
  auto request = test::make_request("kernel void k(global double* a) { a[0] = 1.0; }");
  CHECK(test::run(request).outcome == Outcome::kSuccess);
  request.extensions = "cl_khr_byte_addressable_store";
  CHECK(test::run(request).outcome == Outcome::kFailed);
}

TEST_CASE("every option of the specification builds a program") {
  for (const char* option :
       {"-cl-single-precision-constant", "-cl-denorms-are-zero", "-cl-fp32-correctly-rounded-divide-sqrt",
        "-cl-opt-disable", "-cl-strict-aliasing", "-cl-uniform-work-group-size", "-cl-no-subgroup-ifp",
        "-cl-mad-enable", "-cl-no-signed-zeros", "-cl-unsafe-math-optimizations", "-cl-finite-math-only",
        "-cl-fast-relaxed-math", "-w", "-Werror", "-cl-kernel-arg-info", "-g", "-I /tmp", "-D A=1"})
    for (const char* version : {"", " -cl-std=CL1.0", " -cl-std=CL3.0"}) {
      const auto reply = test::build("kernel void k(global float* a) { a[0] = sin(a[1]) / 3.0f; }",
                                     std::string(option) + version);
      INFO(option << version << "\n" << reply.log);
      CHECK(reply.outcome == Outcome::kSuccess);
      CHECK(reply.log.empty());
    }
}

TEST_CASE("relative folders start where the application is") {
  const Folder folder;
  std::filesystem::create_directories(folder.path / "sub");
  folder.write("sub/here.h", "#define HERE 1\n");
  const auto before = std::filesystem::current_path();
  REQUIRE(test::build("kernel void k() {}").outcome == Outcome::kSuccess);  // the compiler runs already
  std::filesystem::current_path(folder.path);
  const auto reply =
      test::build("#include <here.h>\n#if !HERE\n#error\n#endif\nkernel void k() {}", "-I sub");
  std::filesystem::current_path(before);
  INFO(reply.log);
  CHECK(reply.outcome == Outcome::kSuccess);
}

TEST_CASE("headers come from the request first, then from folders") {
  const Folder folder;
  folder.write("value.h", "#define VALUE 1\n");
  folder.write("other.h", "#define OTHER 5\n");
  const auto option = "-I \"" + folder.path.string() + "\"";
  auto request = test::make_request(
      "#include <value.h>\n#include \"sub/inner.h\"\n#include \"other.h\"\n"
      "#if VALUE != 2 || INNER != 3 || OTHER != 5\n#error wrong header\n#endif\nkernel void k() {}",
      option);
  request.operation = Operation::kCompile;
  request.headers = {{"value.h", "#define VALUE 2\n"},
                     {"sub/inner.h", "#include \"more.h\"\n"},
                     {"sub/more.h", "#define INNER 3\n"}};
  const auto reply = test::run(request);
  INFO(reply.log);
  CHECK(reply.outcome == Outcome::kSuccess);
  std::vector<Dependency> files;
  std::ranges::copy_if(reply.dependencies, std::back_inserter(files), &Dependency::is_file);
  REQUIRE(files.size() == 1);
  CHECK(files[0].path == (folder.path / "other.h").string());
  CHECK(files[0].hash != 0);
}

TEST_CASE("a program compiled in parts is linked") {
  const auto kernel =
      compile_one("int f(int x); kernel void k(global int* a) { a[0] = f(a[1]); }", "-cl-kernel-arg-info");
  const auto function = compile_one("int f(int x) { return x + 1; }", "-cl-kernel-arg-info");
  const auto part = read(kernel);
  CHECK_FALSE(part.has_code);
  CHECK_FALSE(part.is_library);
  read(function);

  const auto program = read(link({kernel.binary, function.binary}));
  CHECK(program.has_code);
  CHECK(program.has_argument_info);
  REQUIRE(program.kernels.size() == 1);
  CHECK(program.kernels[0].name == "k");

  const auto missing = link({kernel.binary});
  CHECK(missing.outcome == Outcome::kFailed);
  CHECK_THAT(missing.log, Contains("'f'") || Contains("\"f\""));
}

TEST_CASE("what two programs define cannot be linked") {
  const auto function = compile_one("int f(int x) { return x; } static int g(int x) { return x; }");
  const auto same = compile_one(
      "int f(int x) { return x + 1; } static int g(int x) { return x; } constant int table[2] = {1, 2};");
  const auto table = compile_one(
      "constant int table[2] = {1, 2}; static int g(int x) { return x; }"
      "kernel void k(global int* a) { a[0] = g(table[a[0]]); }");
  const auto doubled = link({function.binary, same.binary});
  CHECK(doubled.outcome == Outcome::kFailed);
  CHECK_THAT(doubled.log, Contains("'f'") && Contains("more than one") && !Contains("'g'"));
  CHECK_THAT(link({same.binary, table.binary}, "-create-library").log, Contains("'table'"));
  CHECK_THAT(link({table.binary, table.binary}).log, Contains("'k'"));
  CHECK(link({function.binary, table.binary}).outcome == Outcome::kSuccess);
}

TEST_CASE("thousands of functions take time by their number, not by its square") {
  std::string source;
  for (int i = 0; i < 1500; ++i)
    source += "kernel void k" + std::to_string(i) +
              "(global int* a, int n) { for (int i = 0; i < n; ++i) a[i] = i; }\n";
  auto request = test::make_request(source);
  request.operation = Operation::kCompile;
  const auto reply = test::run(request);
  read(reply);
  std::uint64_t check = 0, sum = 0;
  for (const auto& phase : reply.phases) {
    sum += phase.cpu_ns;
    if (phase.name == "check SPIR-V") check = phase.cpu_ns;
  }
  REQUIRE(check > 0);
  CHECK(check < sum / 2);
}

TEST_CASE("a library is linked and then used") {
  const auto inner = compile_one("int g(int x) { return x * 3; }");
  const auto outer = compile_one("int g(int x); int f(int x) { return g(x) + 1; }");
  const auto library = link({inner.binary, outer.binary}, "-create-library");
  const auto described = read(library);
  CHECK(described.is_library);
  CHECK_FALSE(described.has_code);
  const auto kernel = compile_one("int f(int x); kernel void k(global int* a) { a[0] = f(a[1]); }");
  CHECK(read(link({kernel.binary, library.binary})).has_code);
}

TEST_CASE("a binary builds again, also from the SPIR-V inside") {
  const auto first = test::build("kernel void k(global float* a) { a[0] *= 2; }", "-cl-fast-relaxed-math");
  const auto program = read(first);
  auto request = test::make_request("");
  request.inputs.push_back(first.binary);
  request.target.lanes = 8;
  const auto again = read(test::run(request));
  CHECK(again.options == program.options);
  CHECK(again.target.lanes == 8);
  const auto words = read_spirv(first.binary);
  REQUIRE(words.ok());
  const auto bytes = std::as_bytes(std::span(*words));
  request.inputs[0].assign(bytes.begin(), bytes.end());
  CHECK(read(test::run(request)).kernels.size() == 1);
}

TEST_CASE("SPIR-V that is not valid is refused, never crashed on") {
  const auto words = read_spirv(test::build("kernel void k(global float* a) { a[0] *= 2; }").binary);
  REQUIRE(words.ok());
  for (std::size_t i = 1; i < words->size(); i += 3) {
    auto mutant = *words;
    mutant[i] ^= 0x10;
    const auto bytes = std::as_bytes(std::span(mutant));
    auto request = test::make_request("");
    request.build_seconds = 5;
    request.inputs.emplace_back(bytes.begin(), bytes.end());
    const auto reply = test::run(request);
    INFO("word " << i << ": " << reply.log);
    CHECK((reply.outcome == Outcome::kSuccess || !reply.log.empty()));
    CHECK(reply.log.find("died") == std::string::npos);
  }
}

TEST_CASE("a dump folder gets every stage") {
  const Folder folder;
  auto request =
      test::make_request("#include \"../a/b.h\"\nkernel void k(global float* a) { a[0] *= N; }", "-DX=1");
  request.headers.push_back({"../a/b.h", "#define N 2"});
  request.dump = (folder.path / "builds").string();
  read(test::run(request));
  std::size_t builds = 0;
  for (const auto& build : std::filesystem::directory_iterator(request.dump)) {
    ++builds;
    for (const char* name :
         {"source.cl", "options.txt", "headers/a/b.h", "0-from-source.ll", "program.spv", "1-from-spirv.ll",
          "2-linked.ll", "3-optimised.ll", "4-simt.ll", "5-code.s", "program.elf"})
      CHECK(std::filesystem::file_size(build.path() / name) > 0);
    CHECK(std::filesystem::exists(build.path() / "build.log"));
  }
  CHECK(builds == 1);
  CHECK(!std::filesystem::exists(folder.path / "a"));
}

TEST_CASE("the program is a RISC-V shared file with start-up code and one symbol per kernel") {
  const auto reply = test::build(
      "kernel void one(global int* a) { a[0] = 1; } kernel void two(global int* a) { a[0] = 2; }");
  read(reply);
  const auto elf = ElfView::parse(reply.binary);
  REQUIRE(elf.ok());
  CHECK(elf->header().e_machine == EM_RISCV);
  const auto* start = elf->symbol("_start");
  REQUIRE(start);
  CHECK(elf->header().e_entry == start->value);
  for (const char* name : {"one", "two"}) {
    const auto* symbol = elf->symbol(name);
    REQUIRE(symbol);
    CHECK(symbol->type == STT_FUNC);
  }
}

TEST_CASE("C++ for OpenCL compiles, and tells of variables that only code can initialise") {
  for (const char* options : {"-cl-std=CLC++", "-cl-std=CLC++1.0", "-cl-std=CLC++2021"}) {
    const auto reply = test::build(
        "namespace n { template <int N> struct Row { int v[N]; constexpr int sum() const { int s = 0;"
        "  for (int x : v) s += x; return s; } }; }"
        "constant n::Row<3> row{{1, 2, 3}}; static_assert(__OPENCL_CPP_VERSION__ >= 100);"
        "template <class F> int twice(F f) { return f(1) + f(2); }"
        "kernel void k(global int* out) { int base = row.v[0]; *out = twice([&](int x) { return base + x; "
        "}); }",
        options);
    CHECK(read(reply).kernels.at(0).name == "k");
  }
  const auto reply = test::build(
      "int start(); global int first = start(); global int fine = 3;"
      "int start() { return get_global_id(0); } kernel void k(global int* out) { *out = first + fine; }",
      "-cl-std=CLC++2021");
  CHECK(reply.outcome == Outcome::kFailed);
  CHECK_THAT(reply.log, Contains("error: variable 'first' needs code") && !Contains("'fine'"));
  const auto inside = test::build(
      "struct S { int x; S() { x = get_global_id(0); } };"
      "kernel void k(global int* out) { static S once; *out = once.x; }",
      "-cl-std=CLC++2021");
  CHECK_THAT(inside.log, Contains("once' needs code"));
}

TEST_CASE("linked programs share the variables of work-item functions") {
  const auto first = compile_one("int one(void) { return get_global_id(0) + get_local_id(1); }");
  const auto second =
      compile_one("int one(void); int two(void) { return get_global_id(1) + get_local_id(0) + one(); }");
  const auto third = compile_one(
      "int two(void); kernel void k(global int* o) { o[get_global_id(0)] = two() + get_global_size(0); }");
  CHECK(read(link({first.binary, second.binary, third.binary})).kernels.size() == 1);
  const auto library = link({first.binary, second.binary}, "-create-library");
  CHECK(read(link({third.binary, library.binary})).kernels.size() == 1);
}

// The call of the function for large angles stands on one side of a branch; what follows rounds as before.
TEST_CASE("arithmetic behind a call stays uniform, so that its branches need no guard") {
  const auto reply = test::build(R"(
    kernel void k(global float* a, float x) {
      int i = get_global_id(0);
      if (a[i] > x) x = sin(x) * a[i] + pow(x, 0.5f);
      if (a[i] > x) x = sin(x) * a[i] + pow(x, 1.5f);
      a[i] = x;
    })");
  REQUIRE(reply.outcome == Outcome::kSuccess);
  CHECK(std::ranges::none_of(reply.phases,
                             [](const Phase& phase) { return phase.name == "SIMT lowering again"; }));
}
