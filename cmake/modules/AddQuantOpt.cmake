# Finds LLVM/MLIR and wraps its CMake functions, so that a leaf CMakeLists.txt is
# a list of sources and this file is the only one that decides how MLIR is linked.

# Debian installs LLVM's packages outside CMake's search path.
if(NOT MLIR_DIR AND EXISTS /usr/lib/llvm-22/lib/cmake/mlir)
  set(MLIR_DIR /usr/lib/llvm-22/lib/cmake/mlir CACHE PATH "MLIRConfig.cmake's folder")
endif()
find_package(MLIR REQUIRED CONFIG)
list(APPEND CMAKE_MODULE_PATH ${MLIR_CMAKE_DIR} ${LLVM_CMAKE_DIR})
# HandleLLVMOptions appends the packages' own flags; keep ours alone in charge.
set(LLVM_ENABLE_WARNINGS ON)
include(TableGen)
include(AddLLVM)
include(AddMLIR)

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
# Installed tools find libMLIR.so where the build found it.
set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)

include_directories(${CMAKE_SOURCE_DIR}/include ${CMAKE_BINARY_DIR}/include)
include_directories(SYSTEM ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})

# LLVM_DEFINITIONS repeats _GLIBCXX_USE_CXX11_ABI with junk behind it: the
# compiler's default is right, so that definition is dropped.
separate_arguments(QUANTOPT_LLVM_DEFINITIONS NATIVE_COMMAND "${LLVM_DEFINITIONS}")
list(FILTER QUANTOPT_LLVM_DEFINITIONS EXCLUDE REGEX "_GLIBCXX_USE_CXX11_ABI")
add_definitions(${QUANTOPT_LLVM_DEFINITIONS})

add_compile_options(-fno-exceptions -fvisibility-inlines-hidden -Wall -Wextra
                    -Wno-unused-parameter -Wcast-qual -Wimplicit-fallthrough
                    -Wnon-virtual-dtor -Wsuggest-override -ffp-contract=off)
if(NOT LLVM_ENABLE_RTTI)
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fno-rtti>)
endif()
if(QUANTOPT_WERROR)
  add_compile_options(-Werror)
endif()
if(QUANTOPT_SANITIZE)
  add_compile_options(-fsanitize=${QUANTOPT_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize=vptr,function)
  add_link_options(-fsanitize=${QUANTOPT_SANITIZE})
endif()
find_program(QUANTOPT_LLD NAMES ld.lld-22 ld.lld HINTS ${LLVM_TOOLS_BINARY_DIR})
if(QUANTOPT_LLD)
  add_link_options(--ld-path=${QUANTOPT_LLD})
endif()

# The one shared library that everything links: mixing it with LLVM's static
# archives registers command-line options twice and aborts at start-up.
set(QUANTOPT_MLIR_LIBS MLIR LLVM)

# The headers that nearly every translation unit with IR includes, compiled once.
set(QUANTOPT_PCH_HEADERS
  <mlir/Dialect/Arith/IR/Arith.h>
  <mlir/Dialect/Func/IR/FuncOps.h>
  <mlir/Dialect/Linalg/IR/Linalg.h>
  <mlir/Dialect/Quant/IR/QuantTypes.h>
  <mlir/Dialect/Tensor/IR/Tensor.h>
  <mlir/IR/Builders.h>
  <mlir/IR/BuiltinOps.h>
  <mlir/IR/Matchers.h>
  <mlir/IR/PatternMatch.h>
  <mlir/Pass/Pass.h>
  <mlir/Pass/PassManager.h>)

# add_quantopt_library(NAME sources... [NO_IR] [LINK libs...] [DEPENDS tablegen targets...])
# NO_IR: a library of plain C++ over libLLVM's Support; it does not see MLIR.
function(add_quantopt_library name)
  cmake_parse_arguments(ARG "NO_IR" "" "LINK;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
  if(ARG_NO_IR)
    target_link_libraries(${name} PUBLIC LLVM)
  else()
    target_link_libraries(${name} PUBLIC ${QUANTOPT_MLIR_LIBS})
    quantopt_use_pch(${name})
  endif()
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  set_property(GLOBAL APPEND PROPERTY QUANTOPT_LIBRARIES ${name})
endfunction()

# The first library that asks builds the precompiled header; the others reuse it.
function(quantopt_use_pch name)
  get_property(owner GLOBAL PROPERTY QUANTOPT_PCH_OWNER)
  if(owner)
    target_precompile_headers(${name} REUSE_FROM ${owner})
  else()
    target_precompile_headers(${name} PRIVATE ${QUANTOPT_PCH_HEADERS})
    set_property(GLOBAL PROPERTY QUANTOPT_PCH_OWNER ${name})
  endif()
endfunction()

# add_quantopt_tool(NAME sources... [LINK libs...])
function(add_quantopt_tool name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} ${QUANTOPT_MLIR_LIBS})
  set_property(GLOBAL APPEND PROPERTY QUANTOPT_TOOLS ${name})
endfunction()

# quantopt_tablegen(TARGET file.td (output-file generator-options...)...) in the
# folder of the .td; outputs are separated by the word GEN.
function(quantopt_tablegen target td)
  set(LLVM_TARGET_DEFINITIONS ${td})
  set(rest ${ARGN} GEN)
  set(current "")
  foreach(word IN LISTS rest)
    if(word STREQUAL "GEN")
      if(current)
        mlir_tablegen(${current})
      endif()
      set(current "")
    else()
      list(APPEND current ${word})
    endif()
  endforeach()
  add_public_tablegen_target(${target})
endfunction()
