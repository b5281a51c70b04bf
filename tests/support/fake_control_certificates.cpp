// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_control.h"

#include <algorithm>

namespace arc::test {

namespace {

constexpr int64_t kDaySeconds = 86400;

} // namespace

Result<api::CertificateViews> FakeControl::certificatesNow(const api::Nothing &)
{
    api::CertificateViews views {.revision = revision(),
                                 .localCa = "/var/lib/arcology/ca/root.pem"};
    const int64_t today = now() / 1000;
    for (const CertificateConfig &certificate : document().certificates)
        views.certificates.push_back({.id = certificate.id,
                                      .source = "import",
                                      .names = {certificate.id},
                                      .subject = certificate.id,
                                      .issuer = "Example CA",
                                      .keyType = "EC P-256",
                                      .notBeforeUnix = today - 10 * kDaySeconds,
                                      .notAfterUnix = today + 80 * kDaySeconds});
    views.certificates.push_back({.id = "local",
                                  .source = "local",
                                  .names = {"localhost", "127.0.0.1", "::1"},
                                  .subject = "localhost",
                                  .issuer = "Sites of this computer",
                                  .keyType = "EC P-256",
                                  .notBeforeUnix = today - kDaySeconds,
                                  .notAfterUnix = today + 89 * kDaySeconds,
                                  .usedBy = {"shop", "docs"}});
    return views;
}

Result<api::Changed> FakeControl::importCertificateNow(const api::NewCertificate &what)
{
    if (what.key.empty())
        return Error {ErrorCode::Invalid, "key: there is no private key in it"};
    Document next = document();
    std::erase_if(next.certificates,
                  [&](const CertificateConfig &each) { return each.id == what.id; });
    next.certificates.push_back({.id = what.id, .chain = what.chain});
    return commit(what.revision, std::move(next));
}

Result<api::Changed> FakeControl::removeCertificateNow(const api::Id &what)
{
    Document next = document();
    const auto removed = std::erase_if(
        next.certificates, [&](const CertificateConfig &each) { return each.id == what.id; });
    if (!removed)
        return Error {ErrorCode::NotFound, "there is no imported certificate " + what.id};
    return commit(0, std::move(next));
}

Result<api::Nothing> FakeControl::renewCertificatesNow(const api::Nothing &)
{
    return api::Nothing {};
}

} // namespace arc::test
