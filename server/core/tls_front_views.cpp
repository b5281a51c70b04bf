// SPDX-License-Identifier: Apache-2.0
// What TlsFront tells of certificates: who uses which, which of them end, and what renewing did.
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

TlsFront::Users TlsFront::usersOf(const TlsIdentity &identity) const
{
    Users users;
    if (!m_plan.config)
        return users;
    const auto note = [](std::vector<std::string> &names, const std::string &name) {
        if (std::find(names.begin(), names.end(), name) == names.end())
            names.push_back(name);
    };
    for (const auto &endpoint : m_plan.config->endpoints) {
        if (endpoint->identity->chainPem != identity.chainPem)
            continue;
        if (!endpoint->site.empty())
            note(users.sites, endpoint->site);
        else if (endpoint->hosts.empty())
            for (const std::string &listener : endpoint->listeners)
                note(users.listeners, listener);
    }
    return users;
}

api::CertificateView TlsFront::viewOf(const TlsIdentity &identity, const char *source) const
{
    api::CertificateView view {.id = identity.id, .source = source};
    for (CertificateFacts &each : describeChain(identity.chainPem))
        view.chain.push_back({.subject = std::move(each.subject),
                              .issuer = std::move(each.issuer),
                              .keyType = std::move(each.keyType),
                              .fingerprint = std::move(each.fingerprint),
                              .notAfterUnix = each.notAfterUnix});
    const auto facts = readCertificate(identity.chainPem);
    if (!facts) { // told by what its chain says, as far as it says anything
        view.fault = facts.error().message();
        return view;
    }
    view.names = facts->names;
    view.subject = facts->subject;
    view.issuer = facts->issuer;
    view.keyType = facts->keyType;
    view.fingerprint = facts->fingerprint;
    view.notBeforeUnix = facts->notBeforeUnix;
    view.notAfterUnix = facts->notAfterUnix;
    Users users = usersOf(identity);
    view.usedBy = std::move(users.sites);
    view.listeners = std::move(users.listeners);
    return view;
}

std::vector<api::CertificateView> TlsFront::certificates(const Document &document) const
{
    std::vector<api::CertificateView> views;
    for (const CertificateConfig &certificate : document.certificates) {
        const auto leaf = m_leaves.find({certificate.id, certificate.names});
        TlsIdentity shown;
        shown.id = certificate.id;
        shown.chainPem =
            leaf == m_leaves.end() ? certificate.chain : leaf->second.identity->chainPem;
        const bool isLocal = !certificate.names.empty();
        api::CertificateView &view =
            views.emplace_back(viewOf(shown, isLocal ? "local" : "import"));
        view.isConfigured = true;
        if (view.names.empty())
            view.names = certificate.names;
        if (const auto fault = m_plan.faults.find(certificate.id); fault != m_plan.faults.end())
            view.fault = fault->second;
    }
    for (const auto &[key, leaf] : m_leaves) {
        if (!document.findCertificate(key.first))
            views.push_back(viewOf(*leaf.identity, "local"));
    }
    return views;
}

EngineHost::LocalAuthority TlsFront::localAuthority() const
{
    if (!m_ca)
        return {};
    return {.rootPath = m_ca->rootPath(), .rootPem = m_ca->rootPem(), .hostName = m_ca->hostName()};
}

std::vector<api::CertificateRenewal> TlsFront::renew(const Document &document, std::string_view id)
{
    const auto isMeant = [id](const std::string &name) {
        return id.empty() || name == id;
    };
    std::vector<api::CertificateRenewal> all;
    for (const CertificateConfig &certificate : document.certificates) {
        if (!certificate.names.empty() || !isMeant(certificate.id))
            continue;
        const auto facts = readCertificate(certificate.chain);
        all.push_back({.id = certificate.id,
                       .source = "import",
                       .names = facts ? facts->names : std::vector<std::string>(),
                       .why = "it was imported: get a newer one where it came from, and import it "
                              "under the same name",
                       .notAfterUnix = facts ? facts->notAfterUnix : 0});
    }
    const size_t importedCount = all.size();
    const Leaves before = m_leaves;
    for (auto &[key, leaf] : m_leaves) {
        if (!isMeant(key.first))
            continue;
        api::CertificateRenewal &told = all.emplace_back(
            api::CertificateRenewal {.id = key.first, .source = "local", .names = key.second});
        told.notAfterUnix = leaf.notAfterUnix;
        if (auto fresh = sign(key)) {
            leaf = std::move(*fresh);
            told.isRenewed = true;
            told.notAfterUnix = leaf.notAfterUnix;
        } else {
            told.why = fresh.error().message();
        }
    }
    const bool isAny =
        std::any_of(all.begin(), all.end(), [](const auto &each) { return each.isRenewed; });
    const Result<void> rebuilt = isAny ? m_parts.rebuild() : Result<void>();
    if (rebuilt)
        return all;
    m_leaves = before;
    for (size_t i = importedCount; i < all.size(); ++i) {
        all[i].isRenewed = false;
        all[i].why = rebuilt.error().message();
        all[i].notAfterUnix = before.at({all[i].id, all[i].names}).notAfterUnix;
    }
    return all;
}

} // namespace arc
