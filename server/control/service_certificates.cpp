// SPDX-License-Identifier: Apache-2.0
// Operations on certificates: list, import, have one signed, remove, renew.
#include "server/control/service.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arc {

namespace {

/// "*.example.org" becomes "example.org".
std::string identifierOf(std::string name)
{
    if (name.starts_with("*."))
        name.erase(0, 2);
    return makeIdentifier(name, Document {});
}

/// In the place of the one of the same name, or as another.
Document withCertificate(Document document, const CertificateConfig &fresh)
{
    auto &all = document.certificates;
    const auto same = [&](const CertificateConfig &each) {
        return each.id == fresh.id;
    };
    if (auto at = std::find_if(all.begin(), all.end(), same); at != all.end())
        *at = fresh;
    else
        all.push_back(fresh);
    return document;
}

} // namespace

void ControlService::certificates(const Caller &, api::Nothing,
                                  Callback<api::CertificateViews> done)
{
    EngineHost::LocalAuthority authority = m_host.localAuthority();
    done(api::CertificateViews {.revision = m_revision,
                                .localCa = std::move(authority.rootPath),
                                .localHost = std::move(authority.hostName),
                                .certificates = m_host.certificates()});
}

void ControlService::importCertificate(const Caller &caller, api::NewCertificate what,
                                       Callback<api::Changed> done)
{
    auto name = m_host.keepKey(what.chain, what.key, what.passphrase);
    if (!name)
        return done(std::move(name).error());
    const std::string id = what.id.empty() ? identifierOf(std::move(*name)) : what.id;
    change({.caller = caller,
            .expected = what.revision,
            .mutate = [fresh = CertificateConfig {.id = id, .chain = std::move(what.chain)}](
                          const Document &current) -> Result<Document> {
                return withCertificate(current, fresh);
            },
            .done = std::move(done)});
}

void ControlService::makeCertificate(const Caller &caller, api::NewLocalCertificate what,
                                     Callback<api::Changed> done)
{
    if (what.names.empty())
        return done(Error {ErrorCode::Invalid, "names: name at least one host"});
    const std::string id = what.id.empty() ? identifierOf(what.names.front()) : what.id;
    change({.caller = caller,
            .expected = what.revision,
            .mutate = [fresh = CertificateConfig {.id = id, .names = std::move(what.names)}](
                          const Document &current) -> Result<Document> {
                const CertificateConfig *taken = current.findCertificate(fresh.id);
                if (taken && taken->names.empty())
                    return Error {ErrorCode::Conflict,
                                  fmt::format("an imported certificate is called {}; choose "
                                              "another name",
                                              fresh.id)};
                return withCertificate(current, fresh);
            },
            .done = std::move(done)});
}

void ControlService::removeCertificate(const Caller &caller, api::CertificateRemoval what,
                                       Callback<api::Changed> done)
{
    for (const api::CertificateView &each : m_host.certificates()) {
        if (each.id != what.id || !each.isConfigured || each.usedBy.empty() || what.force)
            continue;
        return done(Error {ErrorCode::Conflict,
                           fmt::format("certificate {} is used by {}; import another for the same "
                                       "names, or stop what uses it, and remove it then",
                                       each.id, fmt::join(each.usedBy, ", "))});
    }
    change({.caller = caller,
            .mutate = [id = what.id](const Document &current) -> Result<Document> {
                Document next = current;
                const auto removed =
                    std::erase_if(next.certificates,
                                  [&](const CertificateConfig &each) { return each.id == id; });
                if (!removed)
                    return Error {ErrorCode::NotFound,
                                  fmt::format("the configuration has no certificate {}", id)};
                return next;
            },
            .done = std::move(done)});
}

void ControlService::renewCertificates(const Caller &, api::CertificateChoice what,
                                       Callback<api::CertificateRenewals> done)
{
    auto renewed = m_host.renewCertificates(what.id);
    if (renewed.empty() && !what.id.empty())
        return done(
            Error {ErrorCode::NotFound, fmt::format("there is no certificate {}", what.id)});
    done(api::CertificateRenewals {.certificates = std::move(renewed)});
}

void ControlService::localRoot(const Caller &, api::Nothing, Callback<api::Text> done)
{
    EngineHost::LocalAuthority authority = m_host.localAuthority();
    if (authority.rootPem.empty())
        return done(Error {ErrorCode::NotFound,
                           "there is no local CA yet: it is made when a listener with TLS needs "
                           "a certificate"});
    done(api::Text {.text = std::move(authority.rootPem)});
}

} // namespace arc
