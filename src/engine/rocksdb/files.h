// The few system calls the engine makes on files, with whole transfers and errors as Results.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/fd.h"
#include "base/result.h"

namespace postern::engine {

// open(2) with O_CLOEXEC; new files get mode 0600. kNotFound for ENOENT.
[[nodiscard]] Result<Fd> open_file(const std::filesystem::path& path, int flags);
[[nodiscard]] Result<void> write_all(const Fd& file, std::string_view bytes, std::uint64_t offset,
                                     const std::filesystem::path& path);
// Up to `length` bytes; shorter only at the end of the file.
[[nodiscard]] Result<std::string> read_some(const Fd& file, std::uint64_t offset,
                                            std::size_t length, const std::filesystem::path& path);
// The same from the page cache only: nullopt where it would block (or cannot be known).
[[nodiscard]] std::optional<std::string> read_cached(const Fd& file, std::uint64_t offset,
                                                     std::size_t length);
[[nodiscard]] Result<void> sync_data(const Fd& file, const std::filesystem::path& path);
// Makes names created in or renamed into the directory durable.
[[nodiscard]] Result<void> sync_directory(const std::filesystem::path& path);
[[nodiscard]] Result<std::uint64_t> file_size(const Fd& file, const std::filesystem::path& path);
// Replaces `path` atomically and durably.
[[nodiscard]] Result<void> replace_file(const std::filesystem::path& path, std::string_view bytes);
[[nodiscard]] Result<std::string> read_whole(const std::filesystem::path& path);

}  // namespace postern::engine
