// SPDX-License-Identifier: Apache-2.0
#include "server/tls/ticket_keys.h"

#include <algorithm>
#include <cstring>

#include <openssl/crypto.h>
#include <openssl/rand.h>

namespace arc {

Result<std::shared_ptr<const TicketKeys>> TicketKeys::make(const TicketKeys *before)
{
    std::shared_ptr<TicketKeys> made(new TicketKeys);
    Key &fresh = made->m_keys[0];
    if (RAND_bytes(fresh.name.data(), fresh.name.size()) != 1
        || RAND_priv_bytes(fresh.cipher.data(), fresh.cipher.size()) != 1
        || RAND_priv_bytes(fresh.mac.data(), fresh.mac.size()) != 1)
        return Error {ErrorCode::Internal, "no random bytes for session tickets"};
    made->m_count = 1;
    for (; before && made->m_count < kKeysMax && made->m_count <= before->m_count; ++made->m_count)
        made->m_keys[made->m_count] = before->m_keys[made->m_count - 1];
    return std::shared_ptr<const TicketKeys>(std::move(made));
}

TicketKeys::~TicketKeys()
{
    OPENSSL_cleanse(m_keys.data(), sizeof m_keys);
}

const TicketKeys::Key *TicketKeys::find(const unsigned char *name) const noexcept
{
    for (size_t i = 0; i < m_count; ++i) {
        if (std::memcmp(m_keys[i].name.data(), name, kNameBytes) == 0)
            return &m_keys[i];
    }
    return nullptr;
}

} // namespace arc
