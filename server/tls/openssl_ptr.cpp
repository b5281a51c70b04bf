// SPDX-License-Identifier: Apache-2.0
#include "server/tls/openssl_ptr.h"

#include <openssl/err.h>

namespace arc {

std::string takeOpenSslText(BIO *memory)
{
    char *data = nullptr;
    const long size = BIO_get_mem_data(memory, &data);
    return size > 0 ? std::string(data, static_cast<size_t>(size)) : std::string();
}

std::string takeOpenSslError()
{
    const unsigned long code = ERR_peek_last_error();
    const char *reason = code ? ERR_reason_error_string(code) : nullptr;
    ERR_clear_error();
    return reason ? reason : "no reason given";
}

BioPtr bioOver(std::string_view text)
{
    return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

int refusePassphrase(char *, int, int, void *) noexcept
{
    return -1;
}

} // namespace arc
