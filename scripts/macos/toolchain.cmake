# CMake's view of a Mac whose compiler is ./clang.
set(CMAKE_SYSTEM_NAME Darwin)
set(CMAKE_SYSTEM_PROCESSOR arm64)
set(CMAKE_C_COMPILER "${CMAKE_CURRENT_LIST_DIR}/clang")
set(CMAKE_CXX_COMPILER "${CMAKE_CURRENT_LIST_DIR}/clang++")
# Sought, and never called: no library is installed.
set(CMAKE_INSTALL_NAME_TOOL true)
