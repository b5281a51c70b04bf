// SPDX-License-Identifier: Apache-2.0
#include "server/tls/openssl_ptr.h"

#include <array>

#include <fmt/format.h>
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

std::string sha256Hex(std::string_view bytes)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest {};
    unsigned length = 0;
    EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr);
    std::string text;
    for (unsigned i = 0; i < length; ++i)
        text += fmt::format("{:02x}", digest[i]);
    return text;
}

std::string fingerprintOf(const X509 *certificate)
{
    unsigned char *encoded = nullptr;
    const int size = i2d_X509(certificate, &encoded);
    std::string text;
    if (size > 0)
        text = sha256Hex({reinterpret_cast<const char *>(encoded), static_cast<size_t>(size)});
    OPENSSL_free(encoded);
    return text;
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
