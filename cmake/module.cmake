# module(NAME room SOURCES a.cc ... USES room ... LINKS lib ... TESTS a_test.cc ... TEST_USES room ...)
#
# A room is one static library with the rooms it may use. Three targets come of it:
#   postern_<room>            the library
#   postern_<room>_test       its unit tests (GoogleTest), registered with ctest as <room>
#   postern_<room>_link       an empty program that links the whole archive with the declared rooms
#                             only: an undeclared arrow is an undefined symbol, and the build fails.
function(module)
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;USES;LINKS;TESTS;TEST_USES;TEST_LINKS" ${ARGN})
  string(REPLACE "/" "_" id ${ARG_NAME})
  set(lib postern_${id})
  add_library(${lib} STATIC ${ARG_SOURCES})
  set(rooms "")
  foreach(room ${ARG_USES})
    string(REPLACE "/" "_" room ${room})
    list(APPEND rooms postern_${room})
  endforeach()
  target_link_libraries(${lib} PUBLIC postern_flags ${rooms} PRIVATE ${ARG_LINKS})
  if(id STREQUAL "base")
    target_precompile_headers(${lib} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch.h)
  else()
    target_precompile_headers(${lib} REUSE_FROM postern_base)
  endif()
  if(NOT POSTERN_TESTS OR (POSTERN_TEST_ROOMS AND NOT id IN_LIST POSTERN_TEST_ROOMS))
    return()
  endif()

  if(NOT EXISTS ${CMAKE_BINARY_DIR}/empty_main.cc)
    file(WRITE ${CMAKE_BINARY_DIR}/empty_main.cc "int main() { return 0; }\n")
  endif()
  add_executable(${lib}_link ${CMAKE_BINARY_DIR}/empty_main.cc)
  target_link_libraries(${lib}_link PRIVATE postern_flags
    -Wl,--whole-archive ${lib} -Wl,--no-whole-archive ${ARG_LINKS})
  add_test(NAME ${POSTERN_TEST_PREFIX}link.${id} COMMAND ${lib}_link)

  if(ARG_TESTS)
    set(test_rooms "")
    foreach(room ${ARG_TEST_USES})
      string(REPLACE "/" "_" room ${room})
      list(APPEND test_rooms postern_${room})
    endforeach()
    add_executable(${lib}_test ${ARG_TESTS})
    target_precompile_headers(${lib}_test REUSE_FROM postern_base)
    target_link_libraries(${lib}_test PRIVATE ${lib} ${test_rooms} ${ARG_TEST_LINKS} GTest::gmock GTest::gtest_main)
    add_test(NAME ${POSTERN_TEST_PREFIX}${id} COMMAND ${lib}_test)
    set_tests_properties(${POSTERN_TEST_PREFIX}${id} PROPERTIES LABELS unit TIMEOUT 300)
  endif()
endfunction()
