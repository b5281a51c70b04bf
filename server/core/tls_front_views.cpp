// SPDX-License-Identifier: Apache-2.0
// What TlsFront tells of certificates: who uses which, and which of them end.
#include "server/base/text.h"
#include "server/core/tls_front.h"
#include "server/tls/certificate.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace arc {

namespace {

constexpr int64_t kDaySeconds = 86400;

} // namespace

std::vector<std::string> TlsFront::warnings() const
{
    std::vector<std::string> all = m_plan.warnings;
    std::set<std::string> said;
    if (!m_plan.config)
        return all;
    for (const auto &endpoint : m_plan.config->endpoints) {
        const TlsIdentity &used = *endpoint->identity;
        const int64_t left = used.notAfterUnix - unixNowMs() / 1000;
        // The local CA's say no end here: they are renewed by themselves.
        if (!used.notAfterUnix || left > kWarnDays * kDaySeconds || !said.insert(used.id).second)
            continue;
        const std::string end = formatTimestamp(used.notAfterUnix * 1000).substr(0, 10);
        all.push_back(fmt::format("certificate {}: it {} on {}; import a newer one", used.id,
                                  left < 0 ? "ended" : "ends", end));
    }
    return all;
}

std::vector<std::string> TlsFront::usersOf(const TlsIdentity &identity) const
{
    std::vector<std::string> sites;
    if (!m_plan.config)
        return sites;
    for (const auto &endpoint : m_plan.config->endpoints) {
        const bool isUser = endpoint->identity->chainPem == identity.chainPem;
        if (isUser && !endpoint->site.empty()
            && std::find(sites.begin(), sites.end(), endpoint->site) == sites.end())
            sites.push_back(endpoint->site);
    }
    return sites;
}

std::vector<api::CertificateView> TlsFront::certificates(const Document &document)
{
    std::vector<api::CertificateView> views;
    const auto add = [&](const TlsIdentity &identity, const char *source) {
        auto facts = readCertificate(identity.chainPem);
        if (!facts)
            return;
        views.push_back({.id = identity.id,
                         .source = source,
                         .names = facts->names,
                         .subject = facts->subject,
                         .issuer = facts->issuer,
                         .keyType = facts->keyType,
                         .fingerprint = facts->fingerprint,
                         .notBeforeUnix = facts->notBeforeUnix,
                         .notAfterUnix = facts->notAfterUnix,
                         .usedBy = usersOf(identity)});
    };
    for (const CertificateConfig &certificate : document.certificates) {
        TlsIdentity shown;
        shown.id = certificate.id;
        shown.chainPem = certificate.chain;
        add(shown, "import");
    }
    for (const auto &[names, leaf] : m_leaves) {
        if (leaf.identity)
            add(*leaf.identity, "local");
    }
    return views;
}

} // namespace arc
