// SPDX-License-Identifier: Apache-2.0
// Verbs about certificates: cert list|import|create|remove|renew|root.
#include "app/ctl/ctl_verbs.h"

#include "app/ctl/text_table.h"
#include "app/input_file.h"
#include "server/base/text.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arc {

namespace {

std::string endOf(const api::CertificateView &certificate)
{
    if (!certificate.notAfterUnix)
        return "unknown";
    const double left =
        static_cast<double>(certificate.notAfterUnix) - static_cast<double>(unixNowMs()) / 1000;
    return left < 0 ? std::string("ended") : "in " + formatDuration(left);
}

void sayChanged(CtlSession &session, const api::Changed &changed)
{
    session.say(fmt::format("{} (revision {})", changed.summary, changed.revision));
}

} // namespace

int ctlCertList(CtlSession &session)
{
    return session.show(&Control::certificates, {}, [&](const api::CertificateViews &views) {
        TextTable table({"NAME", "SOURCE", "ENDS", "KEY", "USED BY", "GOOD FOR"});
        for (const api::CertificateView &one : views.certificates)
            table.add({one.id, one.source, endOf(one), one.keyType,
                       oneLine(fmt::format("{}", fmt::join(one.usedBy, ", "))),
                       oneLine(fmt::format("{}", fmt::join(one.names, ", ")))});
        if (table.empty())
            session.say("No certificates: no listener speaks TLS.");
        else
            session.print(table.text());
        for (const api::CertificateView &one : views.certificates)
            if (!one.fault.empty())
                session.say(fmt::format("{} is not served: {}", one.id, one.fault));
        if (!views.localCa.empty())
            session.say("Root of the local CA, for browsers to trust: " + views.localCa);
    });
}

int ctlCertImport(CtlSession &session, const CtlNewCertificate &what)
{
    auto chain = readPem(what.chainFile);
    if (!chain)
        return session.fail(std::move(chain).error().within("--cert"));
    auto key = readPem(what.keyFile);
    if (!key)
        return session.fail(std::move(key).error().within("--key"));
    Result<std::string> passphrase = std::string();
    if (!what.passphraseFile.empty())
        passphrase = readPem(what.passphraseFile);
    if (!passphrase)
        return session.fail(std::move(passphrase).error().within("--passphrase-file"));
    passphrase->erase(std::min(passphrase->find_first_of("\r\n"), passphrase->size()));
    return session.show(&Control::importCertificate,
                        {.id = what.name,
                         .chain = std::move(*chain),
                         .key = std::move(*key),
                         .passphrase = std::move(*passphrase)},
                        [&](const api::Changed &changed) { sayChanged(session, changed); });
}

int ctlCertCreate(CtlSession &session, const CtlNewCertificate &what)
{
    return session.show(&Control::makeCertificate, {.id = what.name, .names = what.hosts},
                        [&](const api::Changed &changed) { sayChanged(session, changed); });
}

int ctlCertRemove(CtlSession &session, const std::string &name, bool force)
{
    return session.show(&Control::removeCertificate, {.id = name, .force = force},
                        [&](const api::Changed &changed) { sayChanged(session, changed); });
}

int ctlCertRenew(CtlSession &session, const std::string &name)
{
    const auto answer = session.ask(&Control::renewCertificates, {.id = name});
    if (!answer)
        return session.fail(answer.error());
    if (session.json())
        session.printJson(*answer);
    // Imported ones are nobody's failure, unless they were what was asked for.
    bool isAnyRenewed = false;
    bool hasFailed = false;
    for (const api::CertificateRenewal &each : answer->certificates) {
        isAnyRenewed |= each.isRenewed;
        hasFailed |= !each.isRenewed && (each.source == "local" || !name.empty());
        session.say(each.isRenewed
                        ? fmt::format("{}: renewed, good until {}", each.id,
                                      formatTimestamp(each.notAfterUnix * 1000).substr(0, 10))
                        : fmt::format("{}: not renewed: {}", each.id, each.why));
    }
    if (answer->certificates.empty())
        session.say("There is no certificate to renew: no listener speaks TLS.");
    return isAnyRenewed && !hasFailed ? 0 : 1;
}

int ctlCertRoot(CtlSession &session)
{
    return session.show(&Control::localRoot, {},
                        [&](const api::Text &root) { session.print(root.text); });
}

} // namespace arc
