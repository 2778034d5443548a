# What `cmake --install` puts where, and the Debian package that CPack makes of it.

install(TARGETS kiesel_icd kiesel-capture kiesel-check kiesel-profile LIBRARY DESTINATION ${KIESEL_LIBRARY_DIR} NAMELINK_SKIP)
install(TARGETS kiesel kiesel-compiler RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS kiesel-device-host RUNTIME DESTINATION ${KIESEL_LIBRARY_DIR})
install(TARGETS kiesel-vortex LIBRARY DESTINATION ${KIESEL_LIBRARY_DIR})
install(FILES device/plugin/kiesel_device.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/kiesel)
install(DIRECTORY conformance/expectations DESTINATION ${CMAKE_INSTALL_DATADIR}/kiesel)
install(DIRECTORY workloads DESTINATION ${CMAKE_INSTALL_DATADIR}/kiesel
        FILES_MATCHING PATTERN "*.py" PATTERN "*.toml" PATTERN "__pycache__" EXCLUDE)

# Pages in the folders that their links mean, and the terms of the licence in Debian's form.
install(FILES README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md packaging/copyright
        DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md" PATTERN "*.svg")

# Made when everything is built: manual pages, which the programs print from the tables of their commands and options,
# and the change log in Debian's form.
set(KIESEL_CONTACT "Kiesel developers <kiesel@kiesel.invalid>")
set(made_folder "${CMAKE_BINARY_DIR}/pages")
file(MAKE_DIRECTORY "${made_folder}")
function(kiesel_page name destination)
  cmake_parse_arguments(arg "" "" "COMMAND;DEPENDS" ${ARGN})
  add_custom_command(OUTPUT "${made_folder}/${name}" "${made_folder}/${name}.gz"
                     COMMAND ${arg_COMMAND} > "${made_folder}/${name}"
                     COMMAND gzip -9nc "${made_folder}/${name}" > "${made_folder}/${name}.gz"
                     DEPENDS ${arg_DEPENDS} VERBATIM)
  set_property(GLOBAL APPEND PROPERTY KIESEL_PAGES "${made_folder}/${name}.gz")
  install(FILES "${made_folder}/${name}.gz" DESTINATION ${destination})
endfunction()
kiesel_page(kiesel.1 ${CMAKE_INSTALL_MANDIR}/man1
            COMMAND kiesel --manual DEPENDS kiesel)
kiesel_page(kiesel-compiler.1 ${CMAKE_INSTALL_MANDIR}/man1
            COMMAND kiesel-compiler --manual DEPENDS kiesel-compiler)
kiesel_page(kiesel-options.5 ${CMAKE_INSTALL_MANDIR}/man5
            COMMAND kiesel info --options-manual DEPENDS kiesel)
kiesel_page(changelog ${CMAKE_INSTALL_DOCDIR}
            COMMAND ${CMAKE_CURRENT_LIST_DIR}/debian_changelog.py ${CMAKE_SOURCE_DIR}/CHANGELOG.md
                    --version ${PROJECT_VERSION} --maintainer ${KIESEL_CONTACT}
            DEPENDS ${CMAKE_CURRENT_LIST_DIR}/debian_changelog.py ${CMAKE_SOURCE_DIR}/CHANGELOG.md)
get_property(made_pages GLOBAL PROPERTY KIESEL_PAGES)
add_custom_target(kiesel_pages ALL DEPENDS ${made_pages})

# Completion: each shell looks for a file of the command's name.
set(completion ${CMAKE_CURRENT_LIST_DIR}/completion)
foreach(program kiesel kiesel-compiler)
  install(FILES ${completion}/kiesel.bash RENAME ${program}
          DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${completion}/kiesel.fish RENAME ${program}.fish
          DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endforeach()
install(FILES ${completion}/_kiesel DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)

# Loaders look in /etc/OpenCL/vendors only, whatever the prefix; the file names the library by its full path.
set(KIESEL_ICD_DIR "/etc/OpenCL/vendors" CACHE PATH "Folder of the loader's ICD files")
install(CODE "set(libdir \"${KIESEL_LIBRARY_DIR}\")\nset(icd_dir \"${KIESEL_ICD_DIR}\")" COMPONENT Unspecified)
install(CODE [[
  if(NOT CMAKE_INSTALL_PREFIX MATCHES "^/usr(/local)?$")
    set(icd_dir "${CMAKE_INSTALL_PREFIX}${icd_dir}")
  endif()
  set(icd_file "$ENV{DESTDIR}${icd_dir}/kiesel.icd")
  file(WRITE "${icd_file}" "${CMAKE_INSTALL_PREFIX}/${libdir}/libkiesel.so\n")
  message(STATUS "Installing: ${icd_file}")
]])

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_CONTACT "${KIESEL_CONTACT}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "OpenCL driver (ICD) for RISC-V GPUs with a device model")
set(CPACK_PACKAGE_DESCRIPTION
"Kiesel lets OpenCL programs run on RISC-V GPUs with the SIMT instructions of
Vortex. The package has the driver, its compiler in a process of its own, and a
model of such a device in software, on which kernels run as machine code.
.
The program kiesel compiles kernels, shows their code, checks the installation
and runs conformance suites.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ocl-icd-libopencl1 | libopencl1")
set(CPACK_DEBIAN_PACKAGE_PROVIDES "opencl-icd")
file(WRITE "${made_folder}/conffiles" "${KIESEL_ICD_DIR}/kiesel.icd\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${made_folder}/conffiles")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)

if(KIESEL_BUILD_TESTS)
  add_test(NAME package
           COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/check_package.py --build ${CMAKE_BINARY_DIR})
  set_tests_properties(package PROPERTIES TIMEOUT 600)
endif()
