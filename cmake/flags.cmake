# One interface target carries every flag, so that no room exports flags of its own.
add_library(postern_flags INTERFACE)
target_include_directories(postern_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(postern_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wold-style-cast -Wnon-virtual-dtor
  -Wimplicit-fallthrough -Wthread-safety
  # A designated initializer that leaves members at their defaults is what the style asks for.
  -Wno-missing-designated-field-initializers
  -fno-omit-frame-pointer
  # Without a time stamp in it the precompiled header can come from a compiler cache.
  "SHELL:-Xclang -fno-pch-timestamp")
target_link_options(postern_flags INTERFACE -fuse-ld=lld-19)
if(POSTERN_WERROR)
  target_compile_options(postern_flags INTERFACE -Werror)
endif()
if(POSTERN_SANITIZE)
  target_compile_options(postern_flags INTERFACE -fsanitize=${POSTERN_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(postern_flags INTERFACE -fsanitize=${POSTERN_SANITIZE})
endif()
if(POSTERN_HARDEN)
  target_compile_options(postern_flags INTERFACE
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -D_GLIBCXX_ASSERTIONS -fstack-protector-strong)
  target_link_options(postern_flags INTERFACE -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
endif()
