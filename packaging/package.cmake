# What `cmake --install` puts where, and the Debian package that CPack makes of it.

install(TARGETS kiesel_icd LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} NAMELINK_SKIP)
install(TARGETS kiesel kiesel-compiler RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY conformance/expectations DESTINATION ${CMAKE_INSTALL_DATADIR}/kiesel)
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

# Loaders look in /etc/OpenCL/vendors only, whatever the prefix; the file names the library by its full path.
set(KIESEL_ICD_DIR "/etc/OpenCL/vendors" CACHE PATH "Folder of the loader's ICD files")
install(CODE "set(libdir \"${CMAKE_INSTALL_LIBDIR}\")\nset(icd_dir \"${KIESEL_ICD_DIR}\")" COMPONENT Unspecified)
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
set(CPACK_PACKAGE_CONTACT "Kiesel developers <kiesel@kiesel.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "OpenCL driver (ICD) for RISC-V GPUs with a device model")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ocl-icd-libopencl1 | libopencl1")
set(CPACK_DEBIAN_PACKAGE_PROVIDES "opencl-icd")
include(CPack)

if(KIESEL_BUILD_TESTS)
  add_test(NAME package
           COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/check_package.py --build ${CMAKE_BINARY_DIR})
  set_tests_properties(package PROPERTIES TIMEOUT 600)
endif()
