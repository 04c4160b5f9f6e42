// From the settings' certificates to a TLS context; without any, from the self-signed pair.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/settings.h"
#include "tls/context.h"

namespace postern::app {

// Of configured files, read by `read` (empty: by this process). One line names the file that is
// unreadable or does not fit.
[[nodiscard]] Result<std::shared_ptr<const tls::TlsContext>> load_configured(
    const config::Settings& settings, const tls::TlsContext* previous, const Clock& clock,
    const tls::ReadFile& read = {});
// The files of tls.certificates.
[[nodiscard]] std::vector<std::string> certificate_files(const config::Settings& settings);
// Of the pair in <data_dir>/tls, made when it is missing. After the data directory is locked.
[[nodiscard]] Result<std::shared_ptr<const tls::TlsContext>> load_self_signed(
    const config::Settings& settings, const tls::TlsContext* previous, const Clock& clock);

}  // namespace postern::app
