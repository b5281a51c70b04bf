// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_control.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arc::test {

namespace {

constexpr int64_t kDaySeconds = 86400;
constexpr const char *kImportedWhy = "it was imported: import a newer one under the same name";

api::CertificateView signedView(std::string id, std::vector<std::string> names, int64_t today)
{
    api::CertificateView view;
    view.id = std::move(id);
    view.subject = names.front();
    view.names = std::move(names);
    view.keyType = "EC P-256";
    view.notBeforeUnix = today - kDaySeconds;
    view.notAfterUnix = today + 89 * kDaySeconds;
    return view;
}

} // namespace

Result<api::CertificateViews> FakeControl::certificatesNow(const api::Nothing &)
{
    api::CertificateViews views {.revision = revision()};
    const int64_t today = now() / 1000;
    for (const CertificateConfig &certificate : document().certificates) {
        const bool isLocal = !certificate.names.empty();
        api::CertificateView view = signedView(
            certificate.id, isLocal ? certificate.names : std::vector<std::string> {certificate.id},
            today);
        view.source = isLocal ? "local" : "import";
        view.issuer = isLocal ? "Sites of this computer" : "Example CA";
        view.fingerprint = std::string(64, 'b');
        view.isConfigured = true;
        if (const auto used = certificateUsers.find(certificate.id); used != certificateUsers.end())
            view.usedBy = used->second;
        view.chain = {
            {view.subject, view.issuer, view.keyType, view.fingerprint, view.notAfterUnix}};
        views.certificates.push_back(std::move(view));
    }
    for (const api::CertificateView &more : moreCertificates)
        views.certificates.push_back(more);
    if (!hasLocalCa)
        return views;
    views.localCa = "/var/lib/arcology/ca/root.pem";
    views.localHost = "box.example";
    api::CertificateView own = signedView("local", {"localhost", "127.0.0.1", "::1"}, today);
    own.source = "local";
    own.issuer = "Sites of this computer";
    own.fingerprint = std::string(64, 'a');
    own.usedBy = {"shop", "docs"};
    own.listeners = {"https"};
    own.chain = {
        {"localhost", "Sites of this computer", "EC P-256", own.fingerprint, own.notAfterUnix},
        {"Sites of this computer", "Root of this computer", "EC P-256", std::string(64, 'c'),
         today + 3000 * kDaySeconds}};
    views.certificates.push_back(std::move(own));
    return views;
}

Result<api::Changed> FakeControl::importCertificateNow(const api::NewCertificate &what)
{
    if (what.key.empty())
        return Error {ErrorCode::Invalid, "key: there is no private key in it"};
    if (what.key.find("ENCRYPTED") != std::string::npos && what.passphrase != "open sesame")
        return Error {ErrorCode::Invalid, "key: the passphrase does not open the private key"};
    Document next = document();
    const std::string id = what.id.empty() ? "imported.example" : what.id;
    std::erase_if(next.certificates, [&](const CertificateConfig &each) { return each.id == id; });
    next.certificates.push_back({.id = id, .chain = what.chain});
    return commit(what.revision, std::move(next));
}

Result<api::Changed> FakeControl::makeCertificateNow(const api::NewLocalCertificate &what)
{
    for (const std::string &name : what.names)
        if (!name.ends_with("localhost"))
            return Error {
                ErrorCode::Invalid,
                fmt::format("certificate {0}: the local CA does not sign for {0}, only for "
                            "localhost, names below it and loopback addresses; import a "
                            "certificate",
                            name)};
    Document next = document();
    next.certificates.push_back(
        {.id = what.id.empty() ? what.names.front() : what.id, .names = what.names});
    return commit(what.revision, std::move(next));
}

Result<api::Changed> FakeControl::removeCertificateNow(const api::CertificateRemoval &what)
{
    const auto used = certificateUsers.find(what.id);
    if (used != certificateUsers.end() && !what.force)
        return Error {
            ErrorCode::Conflict,
            fmt::format("certificate {} is used by {}", what.id, fmt::join(used->second, ", "))};
    Document next = document();
    const auto removed = std::erase_if(
        next.certificates, [&](const CertificateConfig &each) { return each.id == what.id; });
    if (!removed)
        return Error {ErrorCode::NotFound, "the configuration has no certificate " + what.id};
    certificateUsers.erase(what.id);
    return commit(0, std::move(next));
}

Result<api::CertificateRenewals>
FakeControl::renewCertificatesNow(const api::CertificateChoice &what)
{
    api::CertificateRenewals renewals;
    const Result<api::CertificateViews> all = certificatesNow({});
    for (const api::CertificateView &view : all->certificates) {
        if (!what.id.empty() && view.id != what.id)
            continue;
        const bool isLocal = view.source == "local";
        renewals.certificates.push_back({.id = view.id,
                                         .source = view.source,
                                         .names = view.names,
                                         .isRenewed = isLocal && renewalProblem.empty(),
                                         .why = isLocal ? renewalProblem : kImportedWhy,
                                         .notAfterUnix = now() / 1000 + 90 * kDaySeconds});
    }
    if (renewals.certificates.empty() && !what.id.empty())
        return Error {ErrorCode::NotFound, "there is no certificate " + what.id};
    return renewals;
}

Result<api::Text> FakeControl::localRootNow(const api::Nothing &)
{
    if (!hasLocalCa)
        return Error {ErrorCode::NotFound, "there is no local CA yet"};
    return api::Text {"-----BEGIN CERTIFICATE-----\ncm9vdA==\n-----END CERTIFICATE-----\n"};
}

} // namespace arc::test
