// SPDX-License-Identifier: Apache-2.0
// Operations on certificates: list, import, remove, renew.
#include "server/control/service.h"

#include <algorithm>

#include <fmt/format.h>

namespace arc {

namespace {

/// "*.example.org" becomes "example.org".
std::string identifierOf(std::string name)
{
    if (name.starts_with("*."))
        name.erase(0, 2);
    return makeIdentifier(name, Document {});
}

} // namespace

void ControlService::certificates(const Caller &, api::Nothing,
                                  Callback<api::CertificateViews> done)
{
    done(api::CertificateViews {.revision = m_revision,
                                .localCa = m_host.localCaPath(),
                                .certificates = m_host.certificates()});
}

void ControlService::importCertificate(const Caller &caller, api::NewCertificate what,
                                       Callback<api::Changed> done)
{
    auto name = m_host.keepKey(what.chain, what.key);
    if (!name)
        return done(std::move(name).error());
    const std::string id = what.id.empty() ? identifierOf(std::move(*name)) : what.id;
    change({.caller = caller,
            .expected = what.revision,
            .mutate = [fresh = CertificateConfig {.id = id, .chain = std::move(what.chain)}](
                          const Document &current) -> Result<Document> {
                Document next = current;
                const auto same = [&](const CertificateConfig &each) {
                    return each.id == fresh.id;
                };
                auto &all = next.certificates;
                if (auto at = std::find_if(all.begin(), all.end(), same); at != all.end())
                    *at = fresh;
                else
                    all.push_back(fresh);
                return next;
            },
            .done = std::move(done)});
}

void ControlService::removeCertificate(const Caller &caller, api::Id what,
                                       Callback<api::Changed> done)
{
    change({.caller = caller,
            .mutate = [id = what.id](const Document &current) -> Result<Document> {
                Document next = current;
                const auto removed =
                    std::erase_if(next.certificates,
                                  [&](const CertificateConfig &each) { return each.id == id; });
                if (!removed)
                    return Error {ErrorCode::NotFound,
                                  fmt::format("there is no imported certificate {}", id)};
                return next;
            },
            .done = std::move(done)});
}

void ControlService::renewCertificates(const Caller &, api::Nothing, Callback<api::Nothing> done)
{
    m_host.renewLocalCertificates();
    done(api::Nothing {});
}

} // namespace arc
