# Installs tools, libraries, headers and the package that find_package(QuantOpt) reads.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

get_property(libraries GLOBAL PROPERTY QUANTOPT_LIBRARIES)
get_property(tools GLOBAL PROPERTY QUANTOPT_TOOLS)
install(TARGETS ${libraries} ${tools} EXPORT QuantOptTargets
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/quantopt ${CMAKE_BINARY_DIR}/include/quantopt
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.h" PATTERN "*.td" PATTERN "*.inc"
  PATTERN "CMakeFiles" EXCLUDE)

set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/QuantOpt)
configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/QuantOptConfig.cmake.in
  ${CMAKE_BINARY_DIR}/QuantOptConfig.cmake INSTALL_DESTINATION ${config_dir}
  PATH_VARS CMAKE_INSTALL_BINDIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/QuantOptConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(EXPORT QuantOptTargets NAMESPACE QuantOpt:: DESTINATION ${config_dir})
install(FILES ${CMAKE_BINARY_DIR}/QuantOptConfig.cmake
  ${CMAKE_BINARY_DIR}/QuantOptConfigVersion.cmake DESTINATION ${config_dir})
