# Targets of one folder: kiesel_library(name SOURCES.. LINK..), kiesel_test(name SOURCES.. LINK..).
# A target may include only the folders of what it links: the arrows of docs/architecture.md.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
# Release keeps assertions: a broken invariant must stop a test, not pass silently.
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
set(CMAKE_C_FLAGS_RELEASE "-O2")
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

# For sources that every launch goes through: g++ copies and clears structures of some hundred bytes by x86's string
# instructions, which take longer to begin than the C library's functions take in all.
include(CheckCXXCompilerFlag)
check_cxx_compiler_flag(-mstringop-strategy=libcall KIESEL_STRING_CALLS)
function(kiesel_quick_sources)
  if(KIESEL_STRING_CALLS)
    set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS -mstringop-strategy=libcall)
  endif()
endfunction()

add_library(kiesel_flags INTERFACE)
target_compile_options(kiesel_flags INTERFACE -Wall -Wextra -Werror -fno-strict-aliasing)
target_include_directories(kiesel_flags INTERFACE "${CMAKE_SOURCE_DIR}")

# Everything is instrumented alike, also code that does not link kiesel_flags; a report ends the process, so a test fails.
if(KIESEL_SANITIZE)
  add_compile_options(-fsanitize=${KIESEL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=${KIESEL_SANITIZE})
  # g++'s instrumentation hides from its warnings what is initialised where.
  add_compile_options(-Wno-error=maybe-uninitialized)
endif()

function(kiesel_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC kiesel_flags ${arg_LINK})
endfunction()

function(kiesel_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE kiesel_flags ${arg_LINK})
endfunction()

# A Catch2 program, one CTest entry. Extra CTest properties may be set by the caller.
function(kiesel_test name)
  if(NOT KIESEL_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  find_package(Catch2 2 REQUIRED)
  if(NOT TARGET kiesel_test_main)
    add_library(kiesel_test_main STATIC "${CMAKE_SOURCE_DIR}/support/test/main.cpp")
    target_link_libraries(kiesel_test_main PUBLIC Catch2::Catch2)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE kiesel_flags kiesel_test_main ${arg_LINK})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600)
endfunction()

# A test's second CTest entry, on translated code from the first work-group on.
function(kiesel_test_translated name)
  if(NOT KIESEL_BUILD_TESTS)
    return()
  endif()
  add_test(NAME ${name}_translated COMMAND ${name})
  set_tests_properties(${name}_translated PROPERTIES TIMEOUT 900 ENVIRONMENT KIESEL_ENGINE=translator)
endfunction()

# A test's entry, <name>_<suffix>, on another device. The test's arguments may follow.
function(kiesel_test_on device name suffix)
  if(NOT KIESEL_BUILD_TESTS)
    return()
  endif()
  add_test(NAME ${name}_${suffix} COMMAND ${name} ${ARGN})
  set_tests_properties(${name}_${suffix} PROPERTIES TIMEOUT 600 ENVIRONMENT "KIESEL_DEVICE=${device}")
endfunction()
