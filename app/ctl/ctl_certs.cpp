// SPDX-License-Identifier: Apache-2.0
// Verbs about certificates: cert list|import|remove|renew.
#include "app/ctl/ctl_verbs.h"

#include "app/ctl/text_table.h"
#include "app/pem_file.h"
#include "server/base/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arc {

namespace {

std::string endOf(const api::CertificateView &certificate)
{
    const double left =
        static_cast<double>(certificate.notAfterUnix) - static_cast<double>(unixNowMs()) / 1000;
    return left < 0 ? std::string("ended") : "in " + formatDuration(left);
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
    return session.show(&Control::importCertificate,
                        {.id = what.name, .chain = std::move(*chain), .key = std::move(*key)},
                        [&](const api::Changed &changed) {
                            session.say(
                                fmt::format("{} (revision {})", changed.summary, changed.revision));
                        });
}

int ctlCertRemove(CtlSession &session, const std::string &name)
{
    return session.show(
        &Control::removeCertificate, {.id = name}, [&](const api::Changed &changed) {
            session.say(fmt::format("{} (revision {})", changed.summary, changed.revision));
        });
}

int ctlCertRenew(CtlSession &session)
{
    return session.show(&Control::renewCertificates, {}, [&](const api::Nothing &) {
        session.say("The local CA's certificates were signed anew.");
    });
}

} // namespace arc
